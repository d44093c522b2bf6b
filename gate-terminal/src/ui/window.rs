//! The window around the scan view: it fetches the newest snapshot and picture, draws, and hands on what the guard asked for.
//!
//! It never waits. What it is given to look with takes a lock for as long as it takes to clone a pointer; what it is given to
//! tell with drops the command when the gate is overwhelmed, and the guard presses again.

use std::sync::Arc;

use egui::{Ui, ViewportBuilder, vec2};

use super::{
    command::Command,
    records::{Ask, Records},
    scan_view::{HEIGHT, ScanView, WIDTH},
    snapshot::{Picture, Snapshot},
    theme,
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

/// Asks for one more drawing; may be called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Runs until the window is closed. Must be called on the main thread.
pub fn run(language: Language, surroundings: Surroundings) -> Result<(), eframe::Error> {
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title(language.words().title)
            .with_app_id("campus-gate-terminal")
            .with_inner_size(vec2(WIDTH, HEIGHT))
            .with_min_inner_size(vec2(WIDTH, HEIGHT) * *SCALE.start()),
        ..Default::default()
    };
    eframe::run_native(
        "campus-gate-terminal",
        options,
        Box::new(move |creation| {
            theme::install(&creation.egui_ctx);
            let Surroundings { snapshot, picture, tell, ending, started, .. } = surroundings;
            let ctx = creation.egui_ctx.clone();
            started(Arc::new(move || ctx.request_repaint()));
            Ok(Box::new(Window { view: ScanView::new(language), snapshot, picture, tell, ending }))
        }),
    )
}

struct Window {
    view: ScanView,
    snapshot: Box<dyn Fn() -> Arc<Snapshot>>,
    picture: Box<dyn Fn() -> Option<Arc<Picture>>>,
    tell: Box<dyn Fn(Command)>,
    ending: Box<dyn Fn() -> bool>,
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if (self.ending)() {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
            return;
        }
        scale_to_window(ui);
        let (snapshot, picture) = ((self.snapshot)(), (self.picture)());
        if let Some(command) = self.view.show(ui, &snapshot, picture.as_deref()) {
            (self.tell)(command);
        }
    }
}

/// The same layout on every monitor, as large as it fits.
fn scale_to_window(ui: &Ui) {
    let held = ui.ctx().zoom_factor();
    let window = ui.ctx().content_rect().size() * held;
    let fits = (window.x / WIDTH).min(window.y / HEIGHT).clamp(*SCALE.start(), *SCALE.end());
    // In steps, or rounding would chase itself from frame to frame.
    let scale = (fits * 20.0).floor() / 20.0;
    if (scale - held).abs() > 0.01 {
        ui.ctx().set_zoom_factor(scale);
    }
}
