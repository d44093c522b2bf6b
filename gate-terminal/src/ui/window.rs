//! The window around the screens: it fetches the newest snapshot, records and picture, draws, and hands on what was asked for.
//!
//! It never waits. What it is given to look with takes a lock for as long as it takes to clone a pointer; what it is given to
//! tell with drops the command when the gate is overwhelmed, and the guard presses again.

use std::{sync::Arc, time::Duration};

use egui::{Ui, ViewportBuilder, ViewportCommand, vec2};

use super::{
    command::Command,
    enrol_view::EnrolView,
    enrolment::{EnrolAsk, Enrolment},
    kiosk::Kiosk,
    records::{Ask, Records},
    screens::{HEIGHT, Scene, Screens, WIDTH, Wish},
    snapshot::{Picture, Snapshot},
    stopped_view, theme,
    wedge::Wedge,
    words::Language,
};

/// Text is never scaled beyond what a 4K screen needs, nor below what can be read at arm's length.
const SCALE: std::ops::RangeInclusive<f32> = 0.7..=3.0;

/// Where the window looks and whom it tells.
pub struct Surroundings {
    pub snapshot: Box<dyn Fn() -> Arc<Snapshot>>,
    pub picture: Box<dyn Fn() -> Option<Arc<Picture>>>,
    pub tell: Box<dyn Fn(Command)>,
    /// The officer thread's newest.
    pub records: Box<dyn Fn() -> Arc<Records>>,
    pub ask: Box<dyn Fn(Ask)>,
    /// Whether the process is to end.
    pub ending: Box<dyn Fn() -> bool>,
    /// Called once with the way to wake the window.
    pub started: Box<dyn FnOnce(Wake)>,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Surroundings")
    }
}

/// The same of a terminal that is being enrolled.
pub struct EnrolSurroundings {
    pub enrolment: Box<dyn Fn() -> Arc<Enrolment>>,
    pub ask: Box<dyn Fn(EnrolAsk)>,
    /// Whether the window is to close: it is done, or the process ends.
    pub ending: Box<dyn Fn() -> bool>,
    pub started: Box<dyn FnOnce(Wake)>,
}

impl std::fmt::Debug for EnrolSurroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolSurroundings")
    }
}

/// The same of one that cannot begin.
pub struct StoppedSurroundings {
    pub why: String,
    /// Whether the window is to close: it is tried again, or the process ends.
    pub ending: Box<dyn Fn() -> bool>,
    pub started: Box<dyn FnOnce(Wake)>,
}

impl std::fmt::Debug for StoppedSurroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoppedSurroundings")
    }
}

/// Asks for one more drawing; may be called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Runs until the window is closed. Must be called on the main thread.
pub fn run(language: Language, surroundings: Surroundings) -> Result<(), eframe::Error> {
    let Surroundings { snapshot, picture, tell, records, ask, ending, started } = surroundings;
    let view = Screens::new(language);
    open(language, started, Window { view, snapshot, picture, tell, records, ask, ending, kiosk: Kiosk::default() })
}

/// The enrolment wizard, until it is done or closed. Must be called on the main thread.
pub fn enrol(language: Language, surroundings: EnrolSurroundings) -> Result<(), eframe::Error> {
    let EnrolSurroundings { enrolment, ask, ending, started } = surroundings;
    open(language, started, Wizard { view: EnrolView::new(language), enrolment, ask, ending })
}

/// Why the gate does not begin, until that is to be tried again or it is closed. Must be called on the main thread.
pub fn stopped(language: Language, surroundings: StoppedSurroundings) -> Result<(), eframe::Error> {
    let StoppedSurroundings { why, ending, started } = surroundings;
    open(language, started, Stopped { why, language, ending })
}

fn open(
    language: Language,
    started: Box<dyn FnOnce(Wake)>,
    window: impl eframe::App + 'static,
) -> Result<(), eframe::Error> {
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title(language.words().title)
            .with_app_id("campus-gate-terminal")
            .with_inner_size(vec2(WIDTH, HEIGHT))
            // As large as the title bar and the desktop's panels leave it, or they would cover the status bar of a small screen.
            .with_maximized(true)
            .with_min_inner_size(vec2(WIDTH, HEIGHT) * *SCALE.start()),
        ..Default::default()
    };
    eframe::run_native(
        "campus-gate-terminal",
        options,
        Box::new(move |creation| {
            theme::install(&creation.egui_ctx);
            creation.egui_ctx.add_plugin(Wedge::default());
            let ctx = creation.egui_ctx.clone();
            // Some window managers overlook the wish of a window that they do not know yet.
            ctx.send_viewport_cmd(ViewportCommand::Maximized(true));
            started(Arc::new(move || ctx.request_repaint()));
            Ok(Box::new(window))
        }),
    )
}

struct Window {
    view: Screens,
    snapshot: Box<dyn Fn() -> Arc<Snapshot>>,
    picture: Box<dyn Fn() -> Option<Arc<Picture>>>,
    tell: Box<dyn Fn(Command)>,
    records: Box<dyn Fn() -> Arc<Records>>,
    ask: Box<dyn Fn(Ask)>,
    ending: Box<dyn Fn() -> bool>,
    kiosk: Kiosk,
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if (self.ending)() {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            return;
        }
        scale_to_window(ui);
        let (snapshot, records, picture) = ((self.snapshot)(), (self.records)(), (self.picture)());
        let closing = self.kiosk.keep(ui, records.settings.kiosk);
        let mut wishes = if closing { self.view.go_to_settings(ui) } else { Vec::new() };
        let scene = Scene { snapshot: &snapshot, records: &records, picture: picture.as_deref() };
        wishes.extend(self.view.show(ui, scene));
        for wish in wishes {
            match wish {
                Wish::Command(command) => (self.tell)(command),
                Wish::Ask(ask) => (self.ask)(ask),
            }
        }
    }
}

struct Wizard {
    view: EnrolView,
    enrolment: Box<dyn Fn() -> Arc<Enrolment>>,
    ask: Box<dyn Fn(EnrolAsk)>,
    ending: Box<dyn Fn() -> bool>,
}

impl eframe::App for Wizard {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if (self.ending)() {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            return;
        }
        scale_to_window(ui);
        if let Some(ask) = self.view.show(ui, &(self.enrolment)()) {
            (self.ask)(ask);
        }
    }
}

struct Stopped {
    why: String,
    language: Language,
    ending: Box<dyn Fn() -> bool>,
}

impl eframe::App for Stopped {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if (self.ending)() {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            return;
        }
        scale_to_window(ui);
        stopped_view::show(ui, &self.why, self.language);
        ui.ctx().request_repaint_after(Duration::from_secs(1));
    }
}

/// The same layout on every monitor, as large as it fits.
fn scale_to_window(ui: &Ui) {
    let held = ui.ctx().zoom_factor();
    let window = ui.ctx().content_rect().size() * held;
    let scale = fitting_scale(window);
    if (scale - held).abs() > 0.01 {
        ui.ctx().set_zoom_factor(scale);
    }
}

/// In steps, or rounding would chase itself from frame to frame.
#[must_use]
pub(super) fn fitting_scale(window: egui::Vec2) -> f32 {
    let fits = (window.x / WIDTH).min(window.y / HEIGHT).clamp(*SCALE.start(), *SCALE.end());
    (fits * 20.0).floor() / 20.0
}
