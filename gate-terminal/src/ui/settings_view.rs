//! The settings screen, behind the officers' PIN: what can be set, the camera's picture, and the health of the machine.
//!
//! A change is asked for at once and shown when the officer thread has kept it.

use egui::{Rect, Ui, pos2, vec2};

use super::{
    health_view,
    pin_view::{PinView, Purpose},
    preview::Preview,
    records::{Ask, CameraChoice, Records, ThemeChoice, Tone},
    screens::Wish,
    snapshot::{Picture, Snapshot, Way},
    theme::{self, Type},
    words::{self, Language, log, settings},
};

const MARGIN: f32 = 14.0;
const BOX_HEIGHT: f32 = 62.0;
const GAP: f32 = 10.0;

/// How long a second press may follow the first.
const SURE_S: f64 = 3.0;

#[derive(Debug, Default)]
pub(super) struct SettingsView {
    preview: Preview,
    pin: PinView,
    changing_pin: bool,
    /// The end was asked for once, and until then may be asked for again.
    ending_until_s: Option<f64>,
    answered: Option<u64>,
}

impl SettingsView {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        body: Rect,
        snapshot: &Snapshot,
        picture: Option<&Picture>,
        records: &Records,
        language: Language,
    ) -> Option<Wish> {
        let newest = records.answer.as_ref().map_or(0, |answer| answer.number);
        let answered = *self.answered.get_or_insert(newest);
        if !records.lock.is_open() {
            self.changing_pin = false;
            let purpose = Purpose::Open(words::Log::of(language).locked);
            return self.pin.show(ui, body, records, snapshot.now, purpose, language).map(Wish::Ask);
        }
        if self.changing_pin {
            let asked = self.pin.show(ui, body, records, snapshot.now, Purpose::Change, language)?;
            self.changing_pin = false;
            return Some(Wish::Ask(asked));
        }
        let inner = body.shrink(MARGIN);
        let third = (inner.width() - 2.0 * MARGIN) / 3.0;
        let column = |index: f32| {
            Rect::from_min_size(pos2(inner.left() + index * (third + MARGIN), inner.top()), vec2(third, inner.height()))
        };
        let asked = self.show_choices(ui, column(0.0), snapshot.way, records, language);
        self.show_camera(ui, column(1.0), snapshot, picture, records, language);
        health_view::show(ui, column(2.0), snapshot, &records.health, language);
        if let Some(answer) = records.answer.as_ref().filter(|answer| answer.number > answered) {
            let line = column(1.0);
            let line = line.with_min_y(line.bottom() - 76.0);
            theme::notice(ui, line, &log::answer(language, &answer.said), theme::NEUTRAL);
        }
        asked.map(Wish::Ask)
    }

    pub(super) fn is_typing(&self) -> bool {
        self.pin.is_typing()
    }

    pub(super) fn leave(&mut self) {
        self.pin.clear();
        *self =
            Self { preview: std::mem::take(&mut self.preview), pin: std::mem::take(&mut self.pin), ..Self::default() };
    }

    /// Back from changing the PIN; `false` when there was nothing to go back from.
    pub(super) fn step_back(&mut self) -> bool {
        self.pin.clear();
        std::mem::replace(&mut self.changing_pin, false)
    }

    fn show_choices(&mut self, ui: &Ui, place: Rect, way: Way, records: &Records, language: Language) -> Option<Ask> {
        let (words, palette) = (words::Settings::of(language), theme::of(ui));
        let mut top = place.top();
        let mut next = |height: f32| {
            let row = Rect::from_min_size(pos2(place.left(), top), vec2(place.width(), height));
            top += height + GAP;
            row
        };
        let held = &records.settings;
        let mut wanted = held.clone();
        let cameras = cameras(records);
        if let Some(step) = theme::chooser(ui, next(BOX_HEIGHT), words.camera, &camera_name(records, words)) {
            let choices: Vec<&CameraChoice> = cameras.iter().collect();
            theme::stepped(&choices, &held.camera, step).clone_into(&mut wanted.camera);
        }
        let of_way = |way: Way| language.words().way(way);
        let ways = settings::kept_and_now(language, of_way(held.way), of_way(way));
        if let Some(step) = theme::chooser(ui, next(BOX_HEIGHT), words.way, &ways) {
            wanted.way = theme::stepped(&[Way::In, Way::Out, Way::Both], held.way, step);
        }
        let of_language = |named: Language| named.pick(words.chinese, words.english);
        let languages = settings::kept_and_now(language, of_language(held.language), of_language(language));
        if theme::chooser(ui, next(BOX_HEIGHT), words.language, &languages).is_some() {
            wanted.language = held.language.other();
        }
        if let Some(step) = theme::chooser(ui, next(BOX_HEIGHT), words.theme, words.theme_name(held.theme)) {
            wanted.theme =
                theme::stepped(&[ThemeChoice::Auto, ThemeChoice::Light, ThemeChoice::Dark], held.theme, step);
        }
        let kiosk = if held.kiosk { words.on } else { words.off };
        if theme::chooser(ui, next(BOX_HEIGHT), words.kiosk, kiosk).is_some() {
            wanted.kiosk = !held.kiosk;
        }
        let sounds = next(28.0);
        theme::told(ui, sounds, words.sounds, Type::new(19.0, palette.faint));
        let row = next(BOX_HEIGHT);
        let width = (row.width() - 2.0 * GAP) / 3.0;
        for (index, (tone, fill)) in
            [(Tone::Admit, theme::GREEN), (Tone::Ask, theme::AMBER), (Tone::Refuse, theme::RED)].into_iter().enumerate()
        {
            let left = row.left() + index as f32 * (width + GAP);
            let button = Rect::from_min_size(pos2(left, row.top()), vec2(width, row.height()));
            if theme::small_button(ui, button, words.tone(tone), Some(fill)) {
                return Some(Ask::TestSound(tone));
            }
        }
        let row = next(52.0);
        let (change, rest) = row.split_left_right_at_fraction(1.0 / 3.0);
        let (check, lock) = rest.split_left_right_at_fraction(0.5);
        if theme::small_button(ui, change.with_max_x(change.right() - GAP), words.pin, Some(palette.card)) {
            self.changing_pin = true;
        }
        if theme::small_button(ui, check.with_max_x(check.right() - GAP), words.check_store, Some(palette.card)) {
            return Some(Ask::CheckStore);
        }
        if theme::small_button(ui, lock, words.lock, Some(palette.card)) {
            return Some(Ask::Lock);
        }
        let now_s = ui.input(|input| input.time);
        self.ending_until_s = self.ending_until_s.filter(|until_s| now_s < *until_s);
        let (end, fill) = match self.ending_until_s {
            Some(_) => (words.end_sure, theme::RED),
            None => (words.end, palette.card),
        };
        if theme::small_button(ui, next(52.0), end, Some(fill)) {
            if self.ending_until_s.is_some() {
                return Some(Ask::EndProgram);
            }
            self.ending_until_s = Some(now_s + SURE_S);
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(SURE_S));
        }
        theme::told(ui, next(28.0), words.how, Type::new(17.0, palette.faint));
        (wanted != *held).then_some(Ask::Change(wanted))
    }

    fn show_camera(
        &mut self,
        ui: &Ui,
        place: Rect,
        snapshot: &Snapshot,
        picture: Option<&Picture>,
        records: &Records,
        language: Language,
    ) {
        let (words, of_health, palette) = (words::Settings::of(language), words::Health::of(language), theme::of(ui));
        theme::card(ui, place);
        let inner = place.shrink(14.0);
        let (title, rest) = inner.split_top_bottom_at_y(inner.top() + 36.0);
        theme::told(ui, title, words.picture, Type::new(24.0, palette.ink).bold());
        let (seen, rest) = rest.split_top_bottom_at_y(rest.top() + rest.width() * 0.75);
        self.preview.show(ui, seen, picture, snapshot.status.camera, language.words());
        let camera = &records.health.camera;
        let name = camera.name.clone().unwrap_or_else(|| of_health.unknown.to_owned());
        let (of_name, rest) = rest.shrink2(vec2(0.0, 8.0)).split_top_bottom_at_y(rest.top() + 42.0);
        theme::told(ui, of_name, &name, Type::new(18.0, palette.faint).rows(2));
        let rate = camera.read_rate_percent;
        let (of_rate, meter) = rest.split_top_bottom_at_y(rest.top() + 34.0);
        let said = rate.map_or_else(|| of_health.unknown.to_owned(), |rate| format!("{rate}%"));
        let told = format!("{} {said}", of_health.rate);
        theme::told(ui, of_rate, &told, Type::new(22.0, palette.ink));
        let meter = meter.with_max_y(meter.top() + 26.0);
        ui.painter().rect_filled(meter, theme::CORNER, palette.paper);
        let share = f32::from(rate.unwrap_or(0).min(100)) / 100.0;
        let ink = match rate {
            Some(80..) => palette.good,
            Some(50..) => palette.mind,
            Some(_) | None => palette.bad,
        };
        ui.painter().rect_filled(meter.with_max_x(meter.left() + meter.width() * share), theme::CORNER, ink);
    }
}

/// All that can be chosen; a camera that was chosen and is not plugged in stays among them.
fn cameras(records: &Records) -> Vec<CameraChoice> {
    let mut all = vec![CameraChoice::AsConfigured, CameraChoice::Off];
    all.extend(records.cameras.iter().map(|camera| CameraChoice::Device(camera.id.clone())));
    if !all.contains(&records.settings.camera) {
        all.push(records.settings.camera.clone());
    }
    all
}

fn camera_name(records: &Records, words: &words::Settings) -> String {
    match &records.settings.camera {
        CameraChoice::AsConfigured => words.as_configured.to_owned(),
        CameraChoice::Off => words.camera_none.to_owned(),
        CameraChoice::Device(id) => {
            let known = records.cameras.iter().find(|camera| camera.id == *id);
            known.map_or_else(|| format!("{id}{}", words.unplugged), |camera| camera.name.clone())
        }
    }
}
