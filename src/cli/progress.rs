//! A bar for those who wait: on a terminal, after a second, and gone when the work is done.

use std::io::{self, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{Phase, Progress};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const FRAME: Duration = Duration::from_millis(100);

/// Held by whoever draws the line of the bar or takes it away.
static LINE: Mutex<()> = Mutex::new(());

/// Takes the bar away, and keeps it away for as long as what is given back lives.
pub fn erase() -> MutexGuard<'static, ()> {
    let held = hold();
    // A terminal that is gone needs no erasing.
    let _ = io::stderr().write_all(b"\r\x1b[2K");
    held
}

fn hold() -> MutexGuard<'static, ()> {
    // Nothing is guarded but the order of what is printed.
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shown until it is dropped.
pub struct Bar {
    /// `None` where nobody watches.
    watch: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bar {
    pub fn start(progress: Arc<Progress>, is_watched: bool) -> Self {
        let watch = is_watched.then(|| {
            let (stop, stopped) = mpsc::channel();
            let drawing = thread::spawn(move || {
                if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                draw(&bar, &progress);
                while stopped.recv_timeout(FRAME) == Err(RecvTimeoutError::Timeout) {
                    draw(&bar, &progress);
                }
                let _held = hold();
                bar.finish_and_clear();
            });
            (stop, drawing)
        });
        Bar { watch }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((stop, drawing)) = self.watch.take() {
            drop(stop);
            // The line must be gone before anything else is printed.
            let _ = drawing.join();
        }
    }
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    let (phase, done, total) = progress.now();
    let (template, message) = match phase {
        Phase::Walk => ("{spinner} {msg} {elapsed}", "looking for files"),
        Phase::Read => ("{bar:30} {pos}/{len} {msg} {elapsed}", "files read"),
        Phase::Judge => ("{bar:30} {pos}/{len} {msg} {elapsed}", "calls and prompts judged"),
    };
    let _held = hold();
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(message);
    bar.set_length(total as u64);
    bar.set_position(done as u64);
    bar.tick();
}
