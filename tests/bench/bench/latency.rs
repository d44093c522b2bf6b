//! `bench latency`: from a frame's codes to the verdict on the screen, its entry on the disk.
//!
//! The first part is measured on the gate thread's own channel: from the codes being handed over, as the camera thread
//! does, to the snapshot that shows the verdict, before which its entry was written with `synchronous=FULL`. The second is the
//! whole window's layout and tessellation for that snapshot, without a graphics card: what a card or its software then does
//! with the triangles, and waiting for the monitor, is not in it.

use std::{io::Write, path::PathBuf};

use egui::{Context, Pos2, RawInput, Rect, vec2};
use gate_terminal::{
    gate::Event,
    ui::{
        records::Records,
        screens::{HEIGHT, Scene, Screens, WIDTH},
        snapshot::{Panel, Snapshot},
        theme,
        words::Language,
    },
};
use gatehouse::{
    Trouble,
    machine::now,
    office::{Office, pass_id},
};
use shared::{entry::Outcome, ids::PassId};

use crate::{spread::Spread, terminal::Terminal};

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Passes on the terminal
    #[arg(long, default_value_t = 100_000)]
    passes: u64,
    /// How many visitors come, one after the other
    #[arg(long, default_value_t = 2_000)]
    visitors: u64,
    /// Where the terminal's folder is made for the time; by default the system's place for such
    #[arg(long)]
    within: Option<PathBuf>,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { passes, visitors, .. } = *wanted;
    let within = wanted.within.clone().unwrap_or_else(std::env::temp_dir);
    writeln!(out, "From codes to the verdict drawn: {visitors} visitors, {passes} passes on the terminal, in ms")?;
    let office = Office::today();
    let terminal = Terminal::with(&office, passes, &within)?;
    writeln!(out, "store: {} (synchronous=FULL)", terminal.folder.path().display())?;
    let mut window = Window::open();
    let (mut recorded, mut drawn, mut both) = (Spread::default(), Spread::default(), Spread::default());
    for number in 0..visitors {
        let (text, pass) = (office.pass(number)?, pass_id(number));
        let since = now();
        terminal.gate.events().send(Event::Codes(vec![text])).map_err(|_| Trouble::Waited("the gate".to_owned()))?;
        let snapshot = terminal.until("a verdict", |snapshot| is_admitted(snapshot, pass))?;
        let published = since.elapsed();
        let triangles = window.draw(&snapshot);
        let done = since.elapsed();
        if triangles == 0 {
            return Err(Trouble::NotHeld("the window is empty".to_owned()));
        }
        recorded.note(published);
        drawn.note(done.saturating_sub(published));
        both.note(done);
    }
    writeln!(out, "                                    {}", Spread::HEADING)?;
    writeln!(out, "verdict published, entry durable    {recorded}")?;
    writeln!(out, "window laid out and tessellated     {drawn}")?;
    writeln!(out, "both                                {both}   (p99 of at most 50 is wanted)")?;
    Ok(())
}

fn is_admitted(snapshot: &Snapshot, pass: PassId) -> bool {
    let Panel::Shown(shown) = &snapshot.panel else { return false };
    shown.outcome == Some(Outcome::Passed) && shown.claims.as_ref().is_some_and(|claims| claims.pass == pass)
}

/// The terminal's screens without a monitor behind them.
struct Window {
    context: Context,
    screens: Screens,
}

impl Window {
    fn open() -> Self {
        let context = Context::default();
        theme::install(&context);
        Self { context, screens: Screens::new(Language::Zh) }
    }

    /// How many meshes it takes.
    fn draw(&mut self, snapshot: &Snapshot) -> usize {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(WIDTH, HEIGHT));
        let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        let records = Records::default();
        let output = self.context.run_ui(input, |ui| {
            // What a guard would ask for: nobody presses anything here.
            drop(self.screens.show(ui, Scene { snapshot, records: &records, picture: None }));
        });
        // What a window would upload to its graphics card.
        let meshes = self.context.tessellate(output.shapes.clone(), output.pixels_per_point).len();
        output.drop_without_applying_deltas();
        meshes
    }
}
