//! A bar for those who wait: on a terminal, after a second, and gone when the work is done.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{Phase, Progress};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const FRAME: Duration = Duration::from_millis(100);

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
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(message);
    bar.set_length(total as u64);
    bar.set_position(done as u64);
    bar.tick();
}
