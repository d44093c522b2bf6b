//! All screens of the window: which of them is drawn, and what brings another one.
//!
//! Whoever the guard chose from a list is shown once the gate shows them: it may have another visitor to deal with first, and then
//! the choice counts for nothing. A new visitor brings the scan screen back at once, since a queue is waiting, unless somebody is typing: then a band across
//! the screen says that somebody scanned. What a scanner types goes to the gate from any screen, except that the walk-in form
//! takes the number of a card.

use egui::{Key, Rect, Ui, vec2};
use shared::ids::PassId;

use super::{
    actions,
    command::Command,
    find_view::FindView,
    header::{self, Tab},
    locking::Locking,
    log_view::LogView,
    records::{Ask, Records},
    scan_view::{Pressed, ScanView},
    settings_view::SettingsView,
    snapshot::{CaseNumber, Panel, Picture, Snapshot, WalkInStanding},
    status_bar,
    theme::{self, Type},
    verdict_panel,
    walk_in_view::WalkInView,
    wedge::Wedge,
    words::Language,
};

/// What everything is laid out for; larger and smaller windows scale it.
pub const WIDTH: f32 = 1280.0;
pub const HEIGHT: f32 = 800.0;

/// Digits of an identity card.
const CARD_DIGITS: usize = 18;

/// Whoever is to hear of it: the gate, or the officer thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Command(Command),
    Ask(Ask),
}

/// What there is to draw.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub snapshot: &'a Snapshot,
    pub records: &'a Records,
    pub picture: Option<&'a Picture>,
}

#[derive(Debug, Default)]
pub struct Screens {
    language: Language,
    /// As the officer thread said it last: a change there counts, a guard's own switch stays until then.
    language_set: Option<Language>,
    tab: Tab,
    scan: ScanView,
    find: FindView,
    walk_in: WalkInView,
    log: LogView,
    settings: SettingsView,
    /// The visitor the screen was last brought back for.
    seen: Option<CaseNumber>,
    /// Somebody scanned while something was typed.
    unseen: bool,
    /// Whom the guard chose, until the gate shows them.
    chosen: Option<PassId>,
    garbled: bool,
    locking: Locking,
}

impl Screens {
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self { language, ..Self::default() }
    }

    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    pub fn show(&mut self, ui: &mut Ui, scene: Scene<'_>) -> Vec<Wish> {
        let Scene { snapshot, records, .. } = scene;
        self.follow_settings(ui, records, snapshot);
        let mut wishes = self.take_scans(ui);
        if let Some(paper) = self.walk_in.go_on_with_paper(ui, records, self.tab == Tab::WalkIn) {
            wishes.push(Wish::Ask(paper));
            self.locking.close_behind();
        }
        self.follow_sightings(ui, snapshot, &mut wishes);
        theme::give_focus(ui);
        let window = ui.ctx().content_rect();
        ui.painter().rect_filled(window, 0, theme::of(ui).paper);
        let (band, rest) = window.split_top_bottom_at_y(window.top() + header::HEIGHT);
        let (body, bar) = rest.split_top_bottom_at_y(rest.bottom() - status_bar::HEIGHT);
        let approved = |standing: &WalkInStanding| matches!(standing, WalkInStanding::Approved { .. });
        let approved = snapshot.walk_ins.iter().filter(|walk_in| approved(&walk_in.standing)).count();
        let clicked = header::show(ui, band, self.tab, approved, snapshot, self.language);
        // The body first: on the scan screen Esc is the panel's, and elsewhere it is asked for below.
        let before = self.tab;
        self.show_body(ui, body, scene, &mut wishes);
        status_bar::show(ui, bar, &snapshot.status, snapshot.now, self.language);
        self.show_bands(ui, bar, snapshot);
        let struck = Tab::ALL.into_iter().filter(|tab| *tab != Tab::Scan).find(|tab| actions::struck(ui, tab.key()));
        let escaped = before != Tab::Scan && self.tab == before && actions::struck(ui, Tab::Scan.key());
        let alarmed = before != Tab::Log && !self.scan.is_asking() && actions::struck(ui, Key::F9);
        if alarmed {
            // In an emergency one key from any screen; where the list lies is said on the log's.
            self.go(ui, Tab::Log, &mut wishes);
            self.log.await_roll_call(ui, records);
            wishes.push(Wish::Ask(Ask::RollCall));
        } else if let Some(tab) = clicked.or(struck)
            && !self.scan.is_asking()
        {
            self.go(ui, tab, &mut wishes);
        } else if escaped && !self.step_back(ui, records) {
            self.go(ui, Tab::Scan, &mut wishes);
        }
        wishes.extend(self.locking.follow(ui, records.lock.is_open(), self.tab.is_guards()).map(Wish::Ask));
        wishes
    }

    /// Where an officer can end the program.
    pub fn go_to_settings(&mut self, ui: &Ui) -> Vec<Wish> {
        let mut wishes = Vec::new();
        self.go(ui, Tab::Settings, &mut wishes);
        wishes
    }

    fn show_body(&mut self, ui: &mut Ui, body: Rect, scene: Scene<'_>, wishes: &mut Vec<Wish>) {
        let Scene { snapshot, records, picture } = scene;
        let language = self.language;
        match self.tab {
            Tab::Scan => match self.scan.show(ui, body, snapshot, picture, language) {
                Some(Pressed::Command(command)) => wishes.push(Wish::Command(command)),
                Some(Pressed::OtherLanguage) => {
                    self.language = language.other();
                    ui.ctx().request_repaint();
                }
                None => {}
            },
            Tab::Find => {
                let asked = self.find.show(ui, body, snapshot, language);
                self.note_choice(asked.as_ref(), snapshot);
                wishes.extend(asked.map(Wish::Command));
            }
            Tab::WalkIn => {
                let asked = self.walk_in.show(ui, body, snapshot, records, language);
                for wish in &asked {
                    if let Wish::Command(command) = wish {
                        self.note_choice(Some(command), snapshot);
                    }
                }
                wishes.extend(asked);
            }
            Tab::Log => wishes.extend(self.log.show(ui, body, snapshot, records, language)),
            Tab::Settings => wishes.extend(self.settings.show(ui, body, snapshot, picture, records, language)),
        }
    }

    fn go(&mut self, ui: &Ui, tab: Tab, wishes: &mut Vec<Wish>) {
        self.chosen = None;
        if self.tab == tab {
            return;
        }
        match self.tab {
            Tab::Scan => {}
            Tab::Find => {
                if self.find.clear() {
                    wishes.push(Wish::Command(Command::Find(String::new())));
                }
            }
            // What was written stays: a visitor who scans meanwhile must not cost it.
            Tab::WalkIn => self.walk_in.go_away(),
            Tab::Log => wishes.extend(self.log.leave()),
            Tab::Settings => self.settings.leave(),
        }
        // What had the keyboard is gone.
        if let Some(focused) = ui.memory(|memory| memory.focused()) {
            ui.memory_mut(|memory| memory.surrender_focus(focused));
        }
        self.tab = tab;
        if tab == Tab::Scan {
            self.unseen = false;
        }
        ui.ctx().request_repaint();
    }

    fn step_back(&mut self, ui: &Ui, records: &Records) -> bool {
        match self.tab {
            Tab::WalkIn => self.walk_in.step_back(ui, records),
            Tab::Settings => self.settings.step_back(),
            Tab::Scan | Tab::Find | Tab::Log => false,
        }
    }

    fn follow_settings(&mut self, ui: &Ui, records: &Records, snapshot: &Snapshot) {
        let set = records.settings.language;
        if self.language_set.is_some_and(|last| last != set) {
            self.language = set;
        }
        self.language_set = Some(set);
        let wanted = theme::at(records.settings.theme, snapshot.now);
        if ui.ctx().theme() != wanted {
            ui.ctx().set_theme(wanted);
            ui.ctx().request_repaint();
        }
    }

    fn take_scans(&mut self, ui: &Ui) -> Vec<Wish> {
        let heard = ui.ctx().with_plugin(|wedge: &mut Wedge| (wedge.take_scans(), wedge.take_garbled()));
        let Some((scans, garbled)) = heard else { return Vec::new() };
        self.garbled = garbled || self.garbled && scans.is_empty();
        let mut wishes = Vec::new();
        for text in scans {
            if self.tab == Tab::WalkIn && text.len() == CARD_DIGITS {
                self.walk_in.take_card(&text);
            } else {
                wishes.push(Wish::Command(Command::Scanned(text)));
            }
        }
        wishes
    }

    fn note_choice(&mut self, asked: Option<&Command>, snapshot: &Snapshot) {
        if let Some(Command::Choose(pass)) = asked {
            self.chosen = Some(*pass);
            // Seen before or not, that one has to be dealt with first.
            self.unseen |= snapshot.busy;
        } else if let Some(Command::Find(_)) = asked {
            self.chosen = None;
        }
    }

    fn follow_sightings(&mut self, ui: &Ui, snapshot: &Snapshot, wishes: &mut Vec<Wish>) {
        let Panel::Shown(shown) = &snapshot.panel else {
            self.unseen &= matches!(snapshot.panel, Panel::Checking);
            return;
        };
        let new = self.seen.replace(shown.case) != Some(shown.case);
        if self.chosen.is_some() && self.chosen == shown.chosen() {
            self.go(ui, Tab::Scan, wishes);
            return;
        }
        if !new {
            return;
        }
        if self.tab == Tab::Scan {
            return;
        }
        let typing = match self.tab {
            Tab::Scan => false,
            Tab::Find => self.find.is_typing(),
            Tab::WalkIn => self.walk_in.is_typing(),
            Tab::Log => self.log.is_typing(),
            Tab::Settings => self.settings.is_typing(),
        };
        if typing {
            self.unseen = true;
            return;
        }
        match self.tab {
            Tab::Log => wishes.extend(self.log.leave()),
            Tab::Settings => self.settings.leave(),
            Tab::Scan | Tab::Find | Tab::WalkIn => {}
        }
        self.tab = Tab::Scan;
    }

    /// Over the status bar, so that nothing is hidden that somebody is typing in.
    fn show_bands(&self, ui: &Ui, bar: Rect, snapshot: &Snapshot) {
        let words = self.language.words();
        let band = bar.shrink2(vec2(12.0, 4.0));
        if self.garbled {
            theme::notice(ui, band, words.scanner_in_ime, theme::AMBER);
        } else if let (true, Panel::Shown(shown)) = (self.unseen && self.tab != Tab::Scan, &snapshot.panel) {
            let face = verdict_panel::face(snapshot, self.language);
            let name = shown.name().unwrap_or_default();
            ui.painter().rect_filled(band, theme::CORNER, face.ground);
            let first = self.chosen.is_some() && snapshot.busy;
            let what = if first { words.somebody_first } else { words.somebody_new };
            let said = format!("{}　{}　{what}", face.word, super::rare::spelled(ui, name));
            let ink = theme::ink_on(face.ground);
            theme::told(ui, band.shrink2(vec2(16.0, 4.0)), &said, Type::new(26.0, ink).bold());
        }
    }
}
