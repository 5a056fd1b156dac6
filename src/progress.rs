//! How far a run has come, for whoever waits for it.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looking for files.
    Walk,
    /// Reading files and following what they hold.
    Read,
    /// Judging calls and prompts.
    Judge,
}

/// Counted by all threads of a run; approximate while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicU8,
    done: AtomicUsize,
    total: AtomicUsize,
}

impl Progress {
    /// So many steps of a phase lie ahead.
    pub fn begin(&self, phase: Phase, steps: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(steps, Ordering::Relaxed);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// One step is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// The phase, how many of its steps are done, and how many there are.
    pub fn now(&self) -> (Phase, usize, usize) {
        let phase = match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Walk,
            1 => Phase::Read,
            _ => Phase::Judge,
        };
        (phase, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}
