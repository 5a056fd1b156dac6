//! Ctrl-C: a file that is being written is written to its end, and the process ends.

use super::progress;
use crate::atomic;

/// What shells report of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// From now on, an end that is asked for waits for the file that is being written. `erase`: a line of progress may stand on the
/// terminal.
pub fn finish_writing_first(erase: bool) {
    // Where no handler can be set, the system ends the process: no file is half written then either, but a temporary one may stay.
    let _ = ctrlc::set_handler(move || {
        let _whole = atomic::between_writes();
        // Held to the end: the thread that draws would draw the line again between the erasing and the end.
        let _away = erase.then(progress::erase);
        #[allow(clippy::exit)] // nothing else ends the process from the thread of a signal
        std::process::exit(INTERRUPTED);
    });
}
