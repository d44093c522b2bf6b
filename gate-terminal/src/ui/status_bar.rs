//! The bar below: can this terminal be relied on right now?
//!
//! Seven cells in fixed places, each a sign, a word and a value. Everything is told in words too: a yellow dot alone means
//! nothing to a guard on the first day.

use egui::{Rect, Stroke, Ui, pos2, vec2};
use shared::{sync::beacon::Freshness, time::Moment};

use super::{
    shapes::{self, Sign},
    snapshot::{Alarm, Camera, CameraLoss, Link, Status},
    theme::{self, Type},
    words::{Language, Words},
};

pub(super) const HEIGHT: f32 = 68.0;

pub(super) fn show(ui: &Ui, place: Rect, status: &Status, now: Moment, language: Language) {
    let words = language.words();
    let palette = theme::of(ui);
    ui.painter().rect_filled(place, 0, palette.card);
    ui.painter().hline(place.x_range(), place.top(), Stroke::new(1.0, palette.line));
    let cells = [
        (2.0, words.camera, camera(status.camera, words)),
        (2.0, words.link, link(status.link, words)),
        (2.4, words.news, news(status, now, language)),
        (1.1, words.clock, clock(status.clock_trusted, words)),
        (0.9, words.unsent, (State::Plain, status.unsent.to_string())),
        (1.1, words.entered_today, (State::Plain, status.entered_today.to_string())),
        (0.8, words.inside_now, (State::Plain, status.inside_now.to_string())),
    ];
    let shares: f32 = cells.iter().map(|(share, ..)| share).sum();
    let mut left = place.left();
    for (share, name, (state, value)) in cells {
        let width = place.width() * share / shares;
        let cell = Rect::from_min_size(pos2(left, place.top()), vec2(width, place.height()));
        show_cell(ui, cell, name, state, &value);
        left += width;
    }
}

/// What the guard's superior must hear of.
#[must_use]
pub(super) const fn alarm(alarm: Alarm, words: &Words) -> &'static str {
    match alarm {
        Alarm::Unproven => words.alarm_unproven,
        Alarm::CursorAhead => words.alarm_cursor_ahead,
        Alarm::EntriesDiffer => words.alarm_entries_differ,
        Alarm::NotAccepted => words.alarm_not_accepted,
        Alarm::ClockWrong => words.alarm_clock_wrong,
        Alarm::TooOld => words.alarm_too_old,
        Alarm::NotRecording => words.alarm_not_recording,
    }
}

#[derive(Clone, Copy)]
enum State {
    Good,
    Mind,
    Bad,
    Plain,
}

fn show_cell(ui: &Ui, cell: Rect, name: &str, state: State, value: &str) {
    let palette = theme::of(ui);
    let centre = pos2(cell.left() + 26.0, cell.center().y);
    let mut text = cell;
    match state {
        State::Good => shapes::draw(ui.painter(), Sign::Tick, centre, 12.0, palette.good, palette.card),
        State::Mind => shapes::draw(ui.painter(), Sign::Triangle, centre, 12.0, palette.mind, palette.card),
        State::Bad => shapes::draw(ui.painter(), Sign::Cross, centre, 12.0, palette.bad, palette.card),
        State::Plain => {}
    }
    *text.left_mut() += match state {
        State::Good | State::Mind | State::Bad => 46.0,
        State::Plain => 14.0,
    };
    *text.right_mut() -= 6.0;
    let (above, below) = text.shrink2(vec2(0.0, 6.0)).split_top_bottom_at_fraction(0.42);
    theme::write(ui, above, name, Type::new(16.0, palette.faint));
    theme::write(ui, below, value, Type::new(22.0, palette.ink));
    // Told as one sentence, so that "网络 正常" and "摄像头 正常" are two things.
    let response = ui.interact(cell, egui::Id::unique(("status", name)), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, format!("{name} {value}")));
}

fn camera(camera: Camera, words: &Words) -> (State, String) {
    let (state, said) = match camera {
        Camera::Off => (State::Bad, words.camera_off),
        Camera::Starting => (State::Mind, words.camera_starting),
        Camera::Running => (State::Good, words.camera_running),
        Camera::Lost(loss) => (State::Bad, lost(loss, words)),
    };
    (state, said.to_owned())
}

const fn lost(loss: CameraLoss, words: &Words) -> &'static str {
    match loss {
        CameraLoss::NotFound => words.camera_not_found,
        CameraLoss::Busy => words.camera_busy,
        CameraLoss::NotAllowed => words.camera_not_allowed,
        CameraLoss::Unusable => words.camera_unusable,
        CameraLoss::Stalled => words.camera_stalled,
        CameraLoss::Unplugged => words.camera_unplugged,
        CameraLoss::ReaderCrashed => words.camera_reader_crashed,
    }
}

fn link(link: Link, words: &Words) -> (State, String) {
    let (state, said) = match link {
        Link::NotYet => (State::Mind, words.link_not_yet),
        Link::Up => (State::Good, words.link_up),
        Link::Down => (State::Mind, words.link_down),
        Link::Refused => (State::Bad, words.link_refused),
    };
    (state, said.to_owned())
}

fn clock(trusted: bool, words: &Words) -> (State, String) {
    if trusted { (State::Good, words.clock_trusted.to_owned()) } else { (State::Bad, words.clock_untrusted.to_owned()) }
}

fn news(status: &Status, now: Moment, language: Language) -> (State, String) {
    let words = language.words();
    let Some(as_of) = status.news_as_of else { return (State::Bad, words.news_none.to_owned()) };
    let minutes = now.since(as_of).num_minutes();
    let age = match (language, minutes) {
        (_, ..1) => words.news_just_now.to_owned(),
        (Language::Zh, ..60) => format!("{minutes} 分钟前"),
        (Language::En, ..60) => format!("{minutes} min ago"),
        (Language::Zh, _) => format!("{} 小时前", minutes / 60),
        (Language::En, _) => format!("{} h ago", minutes / 60),
    };
    let comma = match language {
        Language::Zh => "，",
        Language::En => ", ",
    };
    match status.freshness {
        Freshness::Fresh => (State::Good, age),
        Freshness::Stale => (State::Mind, format!("{age}{comma}{}", words.news_stale)),
        Freshness::Expired => (State::Bad, format!("{age}{comma}{}", words.news_expired)),
    }
}
