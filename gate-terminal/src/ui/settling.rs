//! What has only just come onto the screen: a press meant for what stood there before must not meet it.
//!
//! One rule for all that is pressed for one person: the keys that decide, the count of a party, the rows of those found. A key
//! counts when it went down after its subject had been there for half a second; what can be clicked is no button before.

use egui::{Key, Ui};

use super::wedge::Wedge;

/// Shorter than a decision takes, longer than a key already on its way down.
const SETTLED_AFTER_S: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Settling<T> {
    subject: Option<T>,
    since_s: f64,
}

impl<T> Default for Settling<T> {
    fn default() -> Self {
        Self { subject: None, since_s: 0.0 }
    }
}

impl<T: PartialEq> Settling<T> {
    /// What is drawn now; `true` when something else was drawn last.
    pub(super) fn follow(&mut self, ui: &Ui, subject: Option<T>) -> bool {
        let changed = self.subject != subject;
        if changed {
            self.subject = subject;
            self.since_s = now_s(ui);
        }
        changed
    }

    pub(super) const fn subject(&self) -> Option<&T> {
        self.subject.as_ref()
    }

    /// Whether it may be pressed. If not yet, the window is drawn again when it may.
    pub(super) fn is_over(&self, ui: &Ui) -> bool {
        let left_s = self.since_s + SETTLED_AFTER_S - now_s(ui);
        if left_s > 0.0 {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(left_s));
        }
        left_s <= 0.0
    }

    /// Whether it was over when the key went down that counts with this drawing: a hand's are held back for a moment.
    pub(super) fn was_over_at(&self, ui: &Ui, key: Key) -> bool {
        let held_s = ui.ctx().with_plugin(|wedge: &mut Wedge| wedge.held_s(key)).unwrap_or(0.0);
        now_s(ui) - held_s >= self.since_s + SETTLED_AFTER_S
    }
}

fn now_s(ui: &Ui) -> f64 {
    ui.input(|input| input.time)
}
