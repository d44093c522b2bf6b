//! The health page: one line a fact, a sign where a fact is worrying.

use egui::{Rect, Ui, pos2, vec2};
use shared::sync::beacon::Freshness;

use super::{
    records::{Health, StoreCheck},
    shapes::{self, Sign},
    snapshot::{Link, Snapshot},
    theme::{self, Type},
    words::{self, Language, health},
};

const ROW_HEIGHT: f32 = 37.0;
const NAME_SHARE: f32 = 0.44;

/// Below this a log can soon no longer be written.
const LITTLE_DISK_BYTES: u64 = 1 << 30;

/// A gate's clock may be off by this before passes near midnight suffer.
const MUCH_OFFSET_MS: u64 = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    Mind,
    Bad,
    Plain,
}

pub(super) fn show(ui: &Ui, place: Rect, snapshot: &Snapshot, health: &Health, language: Language) {
    let palette = theme::of(ui);
    theme::card(ui, place);
    let inner = place.shrink(14.0);
    let (title, rest) = inner.split_top_bottom_at_y(inner.top() + 36.0);
    theme::told(ui, title, words::Settings::of(language).health, Type::new(24.0, palette.ink).bold());
    for (index, (name, value, state)) in facts(snapshot, health, language).into_iter().enumerate() {
        let top = rest.top() + index as f32 * ROW_HEIGHT;
        let row = Rect::from_min_size(pos2(rest.left(), top), vec2(rest.width(), ROW_HEIGHT));
        let (of_name, of_value) = row.split_left_right_at_fraction(NAME_SHARE);
        let sign = match state {
            State::Good => Some((Sign::Tick, palette.good)),
            State::Mind => Some((Sign::Triangle, palette.mind)),
            State::Bad => Some((Sign::Cross, palette.bad)),
            State::Plain => None,
        };
        if let Some((sign, ink)) = sign {
            shapes::draw(ui.painter(), sign, of_name.left_center() + vec2(10.0, 0.0), 9.0, ink, palette.card);
        }
        theme::write(ui, of_name.with_min_x(of_name.left() + 28.0), name, Type::new(18.0, palette.faint));
        let response = theme::told(ui, of_value, &value, Type::new(20.0, palette.ink).rows(2));
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, format!("{name} {value}")));
    }
}

fn facts(snapshot: &Snapshot, health: &Health, language: Language) -> Vec<(&'static str, String, State)> {
    let words = words::Health::of(language);
    let unknown = || words.unknown.to_owned();
    let number = |value: Option<u64>| value.map_or_else(unknown, |value| value.to_string());
    let worse_if = |worse: bool, state: State| if worse { state } else { State::Good };
    let disk = health.disk_free_bytes;
    let (store, store_state) = match &health.store {
        StoreCheck::NotYet => (words.store_not_yet.to_owned(), State::Plain),
        StoreCheck::Sound { at } => {
            let age = health::ago(language, *at, snapshot.now);
            (format!("{}　{age}", words.store_sound), State::Good)
        }
        StoreCheck::Broken { what } => (format!("{}{what}", words.store_broken), State::Bad),
    };
    let camera = &health.camera;
    let status = &snapshot.status;
    let of_link = match status.link {
        Link::NotYet => (language.words().link_not_yet, State::Mind),
        Link::Up => (language.words().link_up, State::Good),
        Link::Down => (language.words().link_down, State::Mind),
        Link::Refused => (language.words().link_refused, State::Bad),
    };
    let news = status.news_as_of.map_or_else(unknown, |as_of| health::ago(language, as_of, snapshot.now));
    let of_news = match status.freshness {
        Freshness::Fresh => State::Good,
        Freshness::Stale => State::Mind,
        Freshness::Expired => State::Bad,
    };
    let receipt = health.receipt_at.map_or_else(unknown, |at| health::ago(language, at, snapshot.now));
    let written = health.database_bytes.map(|bytes| bytes.saturating_add(health.wal_bytes.unwrap_or_default()));
    let entries = match written {
        Some(bytes) => format!("{}　{}", number(health.entries_kept), health::bytes(bytes)),
        None => number(health.entries_kept),
    };
    let offset = health.clock_offset_ms;
    let rate = camera.read_rate_percent;
    vec![
        (
            words.disk,
            disk.map_or_else(unknown, health::bytes),
            match disk {
                Some(bytes) => worse_if(bytes < LITTLE_DISK_BYTES, State::Bad),
                None => State::Plain,
            },
        ),
        (words.store, store, store_state),
        (words.frames, camera.frames_per_s.to_string(), worse_if(camera.frames_per_s == 0, State::Bad)),
        (words.reads, camera.reads_per_minute.to_string(), State::Plain),
        (
            words.rate,
            rate.map_or_else(unknown, |rate| format!("{rate}%")),
            match rate {
                Some(rate) => worse_if(rate < 50, State::Mind),
                None => State::Plain,
            },
        ),
        (words.restarts, camera.restarts.to_string(), State::Plain),
        (words.link, of_link.0.to_owned(), of_link.1),
        (words.news, news, of_news),
        (words.receipt, receipt, State::Plain),
        (words.unsent, status.unsent.to_string(), worse_if(status.unsent > 500, State::Mind)),
        (
            words.clock,
            offset.map_or_else(unknown, |ms| health::offset(language, ms)),
            match offset {
                Some(ms) => worse_if(ms.unsigned_abs() > MUCH_OFFSET_MS, State::Mind),
                None => State::Plain,
            },
        ),
        (words.entries, entries, State::Plain),
        (words.passes, number(health.passes_kept), State::Plain),
        (words.memory, health.memory_bytes.map_or_else(unknown, health::bytes), State::Plain),
        (
            words.running,
            health.running_since.map_or_else(unknown, |at| health::ago(language, at, snapshot.now)),
            State::Plain,
        ),
        (words.version, health.version.clone(), State::Plain),
    ]
}
