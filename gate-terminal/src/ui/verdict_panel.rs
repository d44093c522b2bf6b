//! The right side: the verdict in one word, why in one sentence, and who stands there.
//!
//! Each thing has its fixed place, so that the guard's eye finds the name where the last name was. The last four of the document
//! are as large as the name: comparing them with the card is what stops a forwarded picture.

use chrono::TimeDelta;
use egui::{Color32, Rect, Ui, pos2, vec2};
use shared::{
    entry::{Direction, Outcome},
    identity::{LastFour, PersonName},
    pass::{Flags, PartySize},
    sync::change::PassRecord,
    time::CampusDay,
    verdict::Verdict,
};

use super::{
    rare,
    shapes::{self, Sign},
    snapshot::{Camera, Panel, Shown, Snapshot},
    theme::{self, Type},
    words::{self, Language, reason::Teller},
};

const BANNER_HEIGHT: f32 = 208.0;
const NOTES_WIDTH: f32 = 176.0;
const NAME_HEIGHT: f32 = 108.0;
const ROW_HEIGHT: f32 = 41.0;
const PARTY_HEIGHT: f32 = 50.0;
/// The rows between the name and the party: host, reason, time.
const ROWS_ABOVE_PARTY: f32 = 3.0;
/// The keys that correct the count stand right of it.
const COUNTER_WIDTH: f32 = 148.0;
const GAP: f32 = 8.0;
/// Who comes this much before the time is not told apart from who is punctual.
const PUNCTUAL: TimeDelta = TimeDelta::minutes(30);

/// Colour, sign, word and sentence, which always say the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    pub ground: Color32,
    pub sign: Sign,
    pub word: &'static str,
    pub sentence: String,
}

pub(super) fn show(ui: &Ui, place: Rect, snapshot: &Snapshot, language: Language) {
    let face = face(snapshot, language);
    match &snapshot.panel {
        Panel::Waiting | Panel::Checking => show_banner(ui, banner(place), &face, 0.0),
        Panel::Shown(shown) => {
            show_banner(ui, banner(place), &face, NOTES_WIDTH);
            show_notes(ui, banner(place), shown, snapshot, language);
            show_visitor(ui, below_banner(place), shown, language);
        }
    }
}

#[must_use]
pub(super) fn below_banner(place: Rect) -> Rect {
    Rect::from_min_max(pos2(place.left(), place.top() + BANNER_HEIGHT + GAP), place.max)
}

fn banner(place: Rect) -> Rect {
    Rect::from_min_size(place.min, vec2(place.width(), BANNER_HEIGHT))
}

#[must_use]
pub(super) fn face(snapshot: &Snapshot, language: Language) -> Face {
    let words = language.words();
    match &snapshot.panel {
        Panel::Waiting => waiting(snapshot, language),
        Panel::Checking => Face {
            ground: theme::NEUTRAL,
            sign: Sign::Dots,
            word: words.checking,
            sentence: words.checking_below.to_owned(),
        },
        Panel::Shown(shown) => face_of(shown, snapshot, language),
    }
}

/// Nobody is asked to hold a code before a camera that does not see.
fn waiting(snapshot: &Snapshot, language: Language) -> Face {
    let words = language.words();
    let blind =
        |word| Face { ground: theme::AMBER, sign: Sign::Triangle, word, sentence: words.use_other_ways.to_owned() };
    match snapshot.status.camera {
        Camera::Running | Camera::Starting => Face {
            ground: theme::NEUTRAL,
            sign: Sign::Corners,
            word: words.waiting,
            sentence: (if snapshot.code_stays { words.take_away } else { words.waiting_below }).to_owned(),
        },
        Camera::Lost(_) => blind(words.blind),
        Camera::Off => blind(words.no_camera),
    }
}

fn face_of(shown: &Shown, snapshot: &Snapshot, language: Language) -> Face {
    let words = language.words();
    let teller = Teller {
        language,
        places: snapshot.places.as_deref(),
        now: snapshot.now,
        direction: snapshot.direction,
        day: shown.day(),
    };
    let said = |ground, sign, word| Face { ground, sign, word, sentence: teller.verdict(&shown.verdict) };
    match (&shown.outcome, &shown.verdict) {
        (Some(Outcome::LetIn { reason }), _) => Face {
            ground: theme::GREEN,
            sign: Sign::Tick,
            word: words.admit,
            sentence: format!("{}{}", words.let_in_by_guard, words::guard_reason(language, reason)),
        },
        (Some(Outcome::SentAway { reason }), _) => Face {
            ground: theme::RED,
            sign: Sign::Cross,
            word: words.sent_away,
            sentence: format!("{}{}", words.sent_away_by_guard, words::guard_reason(language, reason)),
        },
        // A correction is an entry of its own and never on a panel.
        (Some(Outcome::Unanswered | Outcome::Corrected { .. }), _) => Face {
            ground: theme::RED,
            sign: Sign::Cross,
            word: words.unanswered,
            sentence: words.nobody_answered.to_owned(),
        },
        // An admission that is not on the record is not one, whatever else the snapshot says.
        (Some(Outcome::Passed), Verdict::Admit) => said(theme::GREEN, Sign::Tick, words.admit),
        (None, Verdict::Admit) => Face {
            ground: theme::NEUTRAL,
            sign: Sign::Dots,
            word: words.checking,
            sentence: words.checking_below.to_owned(),
        },
        (Some(Outcome::Passed | Outcome::Refused) | None, Verdict::Ask(_)) => {
            said(theme::AMBER, Sign::Triangle, words.ask)
        }
        (Some(Outcome::Refused), Verdict::Admit)
        | (Some(Outcome::Passed | Outcome::Refused) | None, Verdict::Refuse(_)) => {
            said(theme::RED, Sign::Cross, words.refuse)
        }
    }
}

fn show_banner(ui: &Ui, place: Rect, face: &Face, kept_free: f32) {
    let ink = theme::ink_on(face.ground);
    ui.painter().rect_filled(place, theme::CORNER, face.ground);
    let radius = 54.0;
    let centre = pos2(place.left() + 26.0 + radius, place.top() + 18.0 + radius);
    shapes::draw(ui.painter(), face.sign, centre, radius, ink, face.ground);
    let word = Rect::from_min_max(
        pos2(centre.x + radius + 26.0, place.top() + 2.0),
        pos2(place.right() - 16.0 - kept_free, place.top() + 138.0),
    );
    theme::told(ui, word, face.word, Type::new(104.0, ink).bold());
    let sentence = Rect::from_min_max(pos2(place.left() + 26.0, word.bottom() - 4.0), place.max - vec2(16.0, 4.0));
    theme::told(ui, sentence, &face.sentence, Type::new(34.0, ink).rows(2));
}

/// What to do beside looking, beside the big word.
fn show_notes(ui: &Ui, banner: Rect, shown: &Shown, snapshot: &Snapshot, language: Language) {
    let words = language.words();
    let flags = shown.claims.as_ref().map_or(Flags::NONE, |claims| claims.flags);
    let plates = shown.record.as_ref().is_some_and(|record| !record.plates.is_empty());
    let mut top = banner.top() + 12.0;
    for (asked, note) in [
        (is_off_hours(shown, snapshot), words.off_hours),
        (shown.by_hand || flags.has(Flags::CHECK_CARD), words.check_card),
        (flags.has(Flags::ESCORT), words.escort),
        (flags.has(Flags::VEHICLE) || plates, words.by_vehicle),
    ] {
        if !asked {
            continue;
        }
        let chip = Rect::from_min_size(pos2(banner.right() - NOTES_WIDTH, top), vec2(NOTES_WIDTH - 12.0, 38.0));
        ui.painter().rect_filled(chip, theme::CORNER, egui::Color32::WHITE);
        let ink = theme::ink_on(egui::Color32::WHITE);
        theme::told(ui, chip.shrink2(vec2(8.0, 2.0)), note, Type::new(24.0, ink).centred());
        top = chip.bottom() + 4.0;
    }
}

/// On its day, but not when the visit was booked for: whether that matters is the guard's to say.
fn is_off_hours(shown: &Shown, snapshot: &Snapshot) -> bool {
    let Some(record) = &shown.record else { return false };
    let today = CampusDay::of(snapshot.now) == record.day;
    let early = record.visit_from.since(snapshot.now) > PUNCTUAL;
    today && snapshot.direction == Direction::In && (early || snapshot.now >= record.visit_until)
}

fn show_visitor(ui: &Ui, place: Rect, shown: &Shown, language: Language) {
    let words = language.words();
    let palette = theme::of(ui);
    theme::card(ui, place);
    let (Some(name), Some(last_four), Some(booked)) = (shown.name(), shown.last_four(), shown.booked()) else {
        theme::told(ui, place.shrink(24.0), words.no_details, Type::new(26.0, palette.faint).centred());
        return;
    };
    let mut rows = Rows { left: place.shrink2(vec2(20.0, 8.0)) };
    show_name(ui, rows.next(NAME_HEIGHT), name, last_four, shown.record.as_deref(), language);
    let Some(record) = shown.record.as_deref() else {
        let above_party = rows.next(ROW_HEIGHT * ROWS_ABOVE_PARTY);
        theme::told(ui, above_party, words.not_on_list, Type::new(24.0, palette.faint));
        show_party(ui, rows.next(PARTY_HEIGHT), shown, booked, language);
        return;
    };
    let host = format!("{}　{}", rare::spelled(ui, record.host.as_str()), record.department);
    field(ui, rows.next(ROW_HEIGHT), words.host, &host);
    field(ui, rows.next(ROW_HEIGHT), words.reason, &record.reason);
    let time = format!("{}–{}", record.visit_from.campus_clock(), record.day.clock(record.visit_until));
    let (time_place, phone_place) = rows.next(ROW_HEIGHT).split_left_right_at_fraction(0.5);
    field(ui, time_place, words.visit_time, &time);
    field(ui, phone_place, words.phone, &record.phone_tail);
    show_party(ui, rows.next(PARTY_HEIGHT), shown, booked, language);
    if !record.plates.is_empty() {
        field(ui, rows.next(ROW_HEIGHT), words.plates, &record.plates.join("　"));
    }
}

fn show_name(ui: &Ui, place: Rect, name: &str, last_four: &LastFour, record: Option<&PassRecord>, language: Language) {
    let words = language.words();
    let palette = theme::of(ui);
    let (of_name, of_card) = place.split_left_right_at_x(place.right() - 196.0);
    theme::told(ui, of_name, &rare::spelled(ui, name), Type::new(64.0, palette.ink).rows(2).bold());
    let (label, digits) = of_card.split_top_bottom_at_y(of_card.top() + 26.0);
    let document = record.map_or(words.last_four, |record| words::document(language, record.document));
    theme::write(ui, label, document, Type::new(18.0, palette.faint).right());
    theme::told(ui, digits, &last_four.to_string(), Type::new(62.0, palette.ink).right().bold());
}

/// How many go through, and with whom; when the guard counted otherwise, the number that was booked stands beside it.
fn show_party(ui: &Ui, place: Rect, shown: &Shown, booked: PartySize, language: Language) {
    let (words, palette) = (language.words(), theme::of(ui));
    let (of_name, of_value) = place.split_left_right_at_x(place.left() + 116.0);
    theme::write(ui, of_name, words.party, Type::new(20.0, palette.faint));
    let (count, with) = of_value.split_left_right_at_x(of_value.left() + 56.0);
    let booked = booked.get();
    let differs = shown.count != booked;
    let ink = if differs { palette.mind } else { palette.ink };
    theme::told(ui, count, &shown.count.to_string(), Type::new(38.0, ink).bold());
    let mut said = Vec::new();
    if differs {
        said.push(format!("{} {booked}", words.booked));
    }
    if let Some(record) = shown.record.as_deref().filter(|record| !record.companions.is_empty()) {
        let names = record.companions.iter().map(PersonName::as_str).map(|name| rare::spelled(ui, name));
        let names: Vec<_> = names.collect();
        said.push(format!("{} {}", words.companions, names.join(language.pick("、", ", "))));
    }
    if !said.is_empty() {
        let with = with.with_max_x(with.right() - COUNTER_WIDTH);
        theme::told(ui, with, &said.join("　"), Type::new(26.0, palette.ink).rows(2));
    }
}

/// Where the guard corrects the count.
#[must_use]
pub(super) fn counter(place: Rect) -> Rect {
    let sheet = below_banner(place).shrink2(vec2(20.0, 8.0));
    let top = sheet.top() + NAME_HEIGHT + ROW_HEIGHT * ROWS_ABOVE_PARTY;
    Rect::from_min_max(
        pos2(sheet.right() - COUNTER_WIDTH + 12.0, top + 2.0),
        pos2(sheet.right(), top + PARTY_HEIGHT - 2.0),
    )
}

fn field(ui: &Ui, place: Rect, name: &str, value: &str) {
    let (of_name, of_value) = place.split_left_right_at_x(place.left() + 116.0);
    let palette = theme::of(ui);
    theme::write(ui, of_name.with_max_x(of_name.right() - 10.0), name, Type::new(20.0, palette.faint));
    theme::told(ui, of_value.shrink2(vec2(0.0, 2.0)), value, Type::new(28.0, palette.ink).rows(2));
}

/// Rows from top to bottom, each of a fixed height.
struct Rows {
    left: Rect,
}

impl Rows {
    fn next(&mut self, height: f32) -> Rect {
        let (row, left) = self.left.split_top_bottom_at_y(self.left.top() + height);
        self.left = left;
        row
    }
}
