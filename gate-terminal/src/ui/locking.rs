//! The officers' lock closes behind whoever opened it: whoever stands at a guard's screen next need not be the officer.
//!
//! What is looked at is where the screen is while the lock is open, not how it was left: the lock opens when a PIN has been
//! hashed, and by then the officer may have gone. An ask that the officer thread did not take is said again.

use egui::Ui;

use super::records::Ask;

/// The officer thread may be busy with an export, and its few places are not for this alone: F9 needs one in an emergency.
const AGAIN_AFTER_S: f64 = 5.0;

#[derive(Debug, Default)]
pub(super) struct Locking {
    asked_s: Option<f64>,
    for_one: bool,
}

impl Locking {
    /// It was opened for one thing only, which has been asked for: it closes wherever the screen is.
    pub(super) const fn close_behind(&mut self) {
        self.for_one = true;
    }

    /// With each drawing.
    pub(super) fn follow(&mut self, ui: &Ui, open: bool, at_guards_screen: bool) -> Option<Ask> {
        self.for_one &= open;
        if !open || !(at_guards_screen || self.for_one) {
            self.asked_s = None;
            return None;
        }
        let now_s = ui.input(|input| input.time);
        if self.asked_s.is_some_and(|asked_s| now_s - asked_s < AGAIN_AFTER_S) {
            return None;
        }
        self.asked_s = Some(now_s);
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(AGAIN_AFTER_S));
        Some(Ask::Lock)
    }
}
