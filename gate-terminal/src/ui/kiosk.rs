//! A window that fills the screen and is closed by an officer only.

use egui::{Ui, ViewportCommand};

#[derive(Debug, Default)]
pub(super) struct Kiosk {
    full: bool,
}

impl Kiosk {
    /// Keeps the window as `wanted`; `true` when somebody tried to close it and must be led to the PIN.
    pub(super) fn keep(&mut self, ui: &Ui, wanted: bool) -> bool {
        if self.full != wanted {
            self.full = wanted;
            ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(wanted));
        }
        let closing = wanted && ui.input(|input| input.viewport().close_requested());
        if closing {
            ui.ctx().send_viewport_cmd(ViewportCommand::CancelClose);
        }
        closing
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::*;

    struct Seen {
        kiosk: Kiosk,
        wanted: bool,
        tried: bool,
    }

    /// The commands of one drawing in which somebody tries to close the window.
    fn closed(wanted: bool) -> (bool, Vec<ViewportCommand>) {
        let seen = Seen { kiosk: Kiosk::default(), wanted, tried: false };
        let mut harness =
            Harness::new_ui_state(|ui, seen: &mut Seen| seen.tried |= seen.kiosk.keep(ui, seen.wanted), seen);
        let root = harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        root.events.push(egui::ViewportEvent::Close);
        harness.step();
        let output = &harness.output().viewport_output[&egui::ViewportId::ROOT];
        (harness.state().tried, output.commands.clone())
    }

    #[test]
    fn a_kiosk_is_not_closed_and_any_other_window_is() {
        let (tried, commands) = closed(true);
        assert!(tried && commands.contains(&ViewportCommand::CancelClose), "{commands:?}");
        let (tried, commands) = closed(false);
        assert!(!tried && !commands.contains(&ViewportCommand::CancelClose), "{commands:?}");
    }
}
