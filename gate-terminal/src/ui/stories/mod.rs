//! The window looked at without a display: each screen by its words, each key by what it asks for.
//!
//! The harness panics on a character without a glyph, so each of these also proves that no empty box is shown.

mod enrolment;
mod find;
mod locking;
mod officers;
mod portraits;
mod scan;
mod scanner;
mod settling;
mod walk_in;

use egui_kittest::{Harness, kittest::Queryable as _};

use super::{
    command::Command,
    made,
    records::{Ask, Records},
    screens::{HEIGHT, Scene, Screens, WIDTH, Wish},
    snapshot::{Picture, Snapshot},
    theme,
    wedge::Wedge,
    words::Language,
};

/// A window, what it is given to draw, and what it asked for.
pub(super) struct Desk {
    pub screens: Screens,
    pub snapshot: Snapshot,
    pub records: Records,
    pub picture: Option<Picture>,
    pub asked: Vec<Command>,
    pub officers_asked: Vec<Ask>,
}

impl Desk {
    fn of(snapshot: Snapshot) -> Self {
        Self {
            screens: Screens::new(Language::Zh),
            snapshot,
            records: Records::default(),
            picture: None,
            asked: Vec::new(),
            officers_asked: Vec::new(),
        }
    }

    fn draw(ui: &mut egui::Ui, desk: &mut Self) {
        let scene = Scene { snapshot: &desk.snapshot, records: &desk.records, picture: desk.picture.as_ref() };
        for wish in desk.screens.show(ui, scene) {
            match wish {
                Wish::Command(command) => desk.asked.push(command),
                Wish::Ask(ask) => desk.officers_asked.push(ask),
            }
        }
    }
}

fn install(ctx: &egui::Context) {
    theme::install(ctx);
    ctx.add_plugin(Wedge::default());
}

fn desk(snapshot: Snapshot) -> Harness<'static, Desk> {
    desk_with(Desk::of(snapshot))
}

fn desk_with(desk: Desk) -> Harness<'static, Desk> {
    let builder = Harness::builder().with_size([WIDTH, HEIGHT]).with_context_setup(install);
    let mut harness = builder.build_ui_state(Desk::draw, desk);
    settle(&mut harness);
    harness
}

/// Past the half second in which keys do not count yet.
fn settle(harness: &mut Harness<'_, Desk>) {
    harness.run_steps(4);
}

/// As a hand does: the key is down for a drawing of a quarter second.
fn press(harness: &mut Harness<'_, Desk>, key: egui::Key) {
    harness.key_press(key);
    harness.run_steps(3);
}

/// Letters as they arrive from a keyboard or an input method.
fn write(harness: &mut Harness<'_, Desk>, text: &str) {
    for letter in text.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run_steps(3);
    }
}

/// Whether `text` stands in a field.
fn stands(harness: &Harness<'_, Desk>, text: &str) -> bool {
    harness.query_all_by_value(text).next().is_some()
}

fn asked(harness: &mut Harness<'_, Desk>) -> Vec<Command> {
    std::mem::take(&mut harness.state_mut().asked)
}

fn officers_asked(harness: &mut Harness<'_, Desk>) -> Vec<Ask> {
    std::mem::take(&mut harness.state_mut().officers_asked)
}
