//! When a key was pressed, as far as a window can know: some time between two of its drawings.
//!
//! A window that waits for a key is woken by it and the moment is good. A window that is drawing slowly is not, and then only
//! the earliest and the latest moment are certain. To tell the two apart the window goes on drawing while keys come.

/// A drawing that took longer says nothing about the pace of its keys.
pub(super) const DRAWING_MS: u64 = 60;

/// One drawing of the window. The keys it brings were pressed since the one before began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawing {
    pub before_ms: u64,
    pub at_ms: u64,
}

impl Drawing {
    #[must_use]
    pub const fn next(self, at_ms: u64) -> Self {
        Self { before_ms: self.at_ms, at_ms }
    }

    pub(super) const fn took_ms(self) -> u64 {
        self.at_ms.saturating_sub(self.before_ms)
    }

    pub(super) const fn is_late(self) -> bool {
        self.took_ms() > DRAWING_MS
    }

    /// Not before then were its keys pressed.
    pub(super) const fn earliest_ms(self) -> u64 {
        if self.is_late() { self.before_ms } else { self.at_ms }
    }
}
