//! The walk-in screen: a visitor without a booking. Left the form, right those who wait for their host's answer.
//!
//! While the server is out of reach nobody can be asked; then an officer's PIN makes it a paper case.

mod form;
mod sent;
mod waiting;

use egui::{Id, Key, Rect, Ui, pos2, vec2};
use shared::{entry::Direction, identity::DocumentKind, time::CampusDay};

use super::{
    actions,
    command::Command,
    pin_view::{PinView, Purpose},
    records::{Answer, Ask, Failed, OfficerSaid, PaperForm, Records},
    screens::Wish,
    snapshot::{Link, Snapshot, WalkInField, Way},
    theme::{self, Field, Type},
    words::{self, Language, log},
};
use form::Form;
use sent::{Sent, Standing};

const MARGIN: f32 = 16.0;
const GAP: f32 = 12.0;
const FORM_SHARE: f32 = 0.6;
const FIELD_HEIGHT: f32 = 94.0;
const KEYS_HEIGHT: f32 = 78.0;

/// So long a second press clears what was typed.
const CLEARING_S: f64 = 3.0;

#[derive(Debug, Default)]
pub(super) struct WalkInView {
    form: Form,
    /// Fields the guard has left, or all once something was pressed: only they are found fault with.
    left: Vec<WalkInField>,
    /// It was to be handed over and could not be: every fault is shown, even where somebody writes.
    tried: bool,
    sent: Option<Sent>,
    paper: Option<Paper>,
    pin: PinView,
    /// Clearing was asked for once.
    clearing_until_s: Option<f64>,
    /// Answers up to this one are about something else.
    answered: u64,
}

/// A paper case on its way through the officers' lock.
#[derive(Debug)]
enum Paper {
    /// Waits for the PIN; afterwards the lock is closed again.
    Locked(Box<PaperForm>),
    Asked,
}

const FIELDS: [WalkInField; 7] = [
    WalkInField::Visitor,
    WalkInField::Phone,
    WalkInField::Document,
    WalkInField::Host,
    WalkInField::Purpose,
    WalkInField::Plates,
    WalkInField::Party,
];

impl WalkInView {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        body: Rect,
        snapshot: &Snapshot,
        records: &Records,
        language: Language,
    ) -> Vec<Wish> {
        let (of_form, of_list) = body.shrink(MARGIN).split_left_right_at_fraction(FORM_SHARE);
        self.follow_sent(ui, snapshot);
        let mut wishes = self.show_form(ui, of_form.with_max_x(of_form.right() - MARGIN), snapshot, records, language);
        if let Some(Paper::Locked(_)) = &self.paper {
            let why = words::WalkIn::of(language).paper_pin;
            let asked = self.pin.show(ui, of_list, records, snapshot.now, Purpose::Open(why), language);
            wishes.extend(asked.map(Wish::Ask));
        } else if let Some(command) = waiting::show(ui, of_list, snapshot, language) {
            wishes.push(Wish::Command(command));
        }
        wishes
    }

    pub(super) fn is_typing(&self) -> bool {
        !self.form.is_empty() || self.paper.is_some()
    }

    pub(super) fn clear(&mut self) {
        *self = Self { answered: self.answered, ..Self::default() };
    }

    /// Back from the PIN to the form, unless the PIN has been entered; `false` when there was nothing to go back from.
    pub(super) fn step_back(&mut self, ui: &Ui, records: &Records) -> bool {
        let locked = matches!(self.paper, Some(Paper::Locked(_)));
        if locked && !self.pin.awaits_answer(ui, records) {
            self.paper = None;
            self.pin.clear();
        }
        locked
    }

    pub(super) fn go_away(&mut self) {
        self.pin.clear();
    }

    /// With each drawing, whichever screen it is of: a PIN takes a moment to be looked at, and the guard may have gone on. The
    /// lock is to be closed behind what is asked here.
    pub(super) fn go_on_with_paper(&mut self, ui: &Ui, records: &Records, here: bool) -> Option<Ask> {
        let pin_entered = self.pin.awaits_answer(ui, records);
        match self.paper.take()? {
            Paper::Locked(form) if records.lock.is_open() => {
                self.note_answer(records);
                self.paper = Some(Paper::Asked);
                return Some(Ask::Paper(form));
            }
            // The next PIN will be for something else.
            Paper::Locked(_) if !here && !pin_entered => {}
            Paper::Asked if self.answer_about_paper(records).is_some() => {
                let said = self.answer_about_paper(records).map(|answer| &answer.said);
                if matches!(said, Some(OfficerSaid::PaperRecorded { .. })) {
                    self.begin_anew();
                }
            }
            paper @ (Paper::Locked(_) | Paper::Asked) => self.paper = Some(paper),
        }
        None
    }

    /// A card reader typed the number of an identity card.
    pub(super) fn take_card(&mut self, number: &str) {
        self.form.kind = DocumentKind::ResidentId;
        number.clone_into(&mut self.form.document);
        self.leave(WalkInField::Document);
    }

    fn show_form(
        &mut self,
        ui: &mut Ui,
        place: Rect,
        snapshot: &Snapshot,
        records: &Records,
        language: Language,
    ) -> Vec<Wish> {
        let (words, palette) = (words::WalkIn::of(language), theme::of(ui));
        let offline = snapshot.status.link != Link::Up;
        let mut top = place.top();
        let mut next = |height: f32| {
            let row = Rect::from_min_size(pos2(place.left(), top), vec2(place.width(), height));
            top += height;
            row
        };
        let line = next(56.0).with_max_y(place.top() + 48.0);
        let answer = self.answer_about_paper(records).filter(|_| self.paper.is_none());
        match (answer, offline) {
            (Some(answer), _) => theme::notice(ui, line, &log::answer(language, &answer.said), theme::NEUTRAL),
            (None, true) => theme::notice(ui, line, words.offline, theme::AMBER),
            (None, false) => {
                theme::told(ui, line, words.how, Type::new(20.0, palette.faint).rows(2));
            }
        }
        let today = CampusDay::of(snapshot.now);
        let halves = |row: Rect| {
            let (left, right) = row.split_left_right_at_fraction(0.5);
            (left.with_max_x(left.right() - GAP / 2.0), right.with_min_x(right.left() + GAP / 2.0))
        };
        let (visitor, phone) = halves(next(FIELD_HEIGHT));
        let (kind, document) = halves(next(FIELD_HEIGHT));
        let host = next(FIELD_HEIGHT);
        let purpose = next(FIELD_HEIGHT);
        let (plates, party) = halves(next(FIELD_HEIGHT));
        let kind = Rect::from_min_max(kind.min + vec2(0.0, 24.0), kind.max - vec2(0.0, 22.0));
        self.show_field(ui, visitor, WalkInField::Visitor, today, language);
        self.show_field(ui, phone, WalkInField::Phone, today, language);
        if let Some(step) = theme::chooser(ui, kind, words.document_kind, words::document(language, self.form.kind)) {
            self.form.kind = theme::stepped(&DocumentKind::ALL, self.form.kind, step);
        }
        self.show_field(ui, document, WalkInField::Document, today, language);
        self.show_field(ui, host, WalkInField::Host, today, language);
        self.show_field(ui, purpose, WalkInField::Purpose, today, language);
        self.show_field(ui, plates, WalkInField::Plates, today, language);
        self.show_field(ui, party, WalkInField::Party, today, language);
        let keys = Rect::from_min_max(pos2(place.left(), place.bottom() - KEYS_HEIGHT), place.max);
        self.show_keys(ui, keys, snapshot, records, language)
    }

    fn show_field(&mut self, ui: &mut Ui, place: Rect, field: WalkInField, today: CampusDay, language: Language) {
        let words = words::WalkIn::of(language);
        let id = id(field);
        let focused = ui.memory(|memory| memory.has_focus(id));
        let found = self.left.contains(&field) && (!focused || self.tried);
        let fault = found.then(|| self.form.fault(field, today, language)).flatten();
        let look = Field { fault: fault.as_deref(), ..Field::new(words.field(field), "") };
        let mut masked = self.form.masked();
        let text = match field {
            WalkInField::Visitor => &mut self.form.visitor,
            WalkInField::Phone => &mut self.form.phone,
            WalkInField::Document if focused => &mut self.form.document,
            WalkInField::Document => &mut masked,
            WalkInField::Host => &mut self.form.host,
            WalkInField::Purpose => &mut self.form.purpose,
            WalkInField::Party => &mut self.form.party,
            WalkInField::Plates => &mut self.form.plates,
        };
        let response = theme::field(ui, place, id, text, look);
        if response.lost_focus() {
            self.leave(field);
            if ui.input(|input| input.key_pressed(Key::Enter)) {
                let following = FIELDS.iter().skip_while(|known| **known != field).nth(1);
                if let Some(following) = following {
                    theme::focus_next(ui, self::id(*following));
                }
            }
        }
        let first = field == WalkInField::Visitor && self.paper.is_none();
        if first && ui.memory(|memory| memory.focused().is_none()) && self.form.visitor.is_empty() {
            response.request_focus();
        }
    }

    fn show_keys(
        &mut self,
        ui: &Ui,
        place: Rect,
        snapshot: &Snapshot,
        records: &Records,
        language: Language,
    ) -> Vec<Wish> {
        let (words, palette) = (words::WalkIn::of(language), theme::of(ui));
        let width = (place.width() - 2.0 * GAP) / 3.0;
        let mut left = place.left();
        let mut pressed = |key: Key, name: &str, text: &str, fill: Option<egui::Color32>| {
            let button = Rect::from_min_size(pos2(left, place.top()), vec2(width, place.height()));
            left += width + GAP;
            let clicked = theme::key_button(ui, button, name, text, fill);
            fill.is_some() && (clicked || actions::struck(ui, key))
        };
        let offline = snapshot.status.link != Link::Up;
        let sending = self.sent.is_some();
        let ask_word = if sending { words.sending } else { words.ask_host };
        let ask = pressed(Key::F1, "F1", ask_word, (!offline && !sending).then_some(theme::GREEN));
        let direction = match snapshot.way {
            Way::Out => Direction::Out,
            Way::In | Way::Both => Direction::In,
        };
        let paper_word = match direction {
            Direction::In => words.paper_in,
            Direction::Out => words.paper_out,
        };
        let paper = pressed(Key::F2, "F2", paper_word, offline.then_some(theme::AMBER));
        let now_s = ui.input(|input| input.time);
        self.clearing_until_s = self.clearing_until_s.filter(|until_s| now_s < *until_s && !self.form.is_empty());
        let (clear_word, fill) = match self.clearing_until_s {
            Some(_) => (words.clear_sure, theme::RED),
            None => (words.clear, palette.card),
        };
        if pressed(Key::F3, "F3", clear_word, Some(fill)) {
            if self.form.is_empty() || self.clearing_until_s.is_some() {
                self.clear();
                self.note_answer(records);
            } else {
                self.clearing_until_s = Some(now_s + CLEARING_S);
                ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(CLEARING_S));
            }
        }
        if ask {
            self.left = FIELDS.to_vec();
            self.tried = true;
            if let Some(form) = self.form.checked(CampusDay::of(snapshot.now)) {
                self.sent = Some(Sent::new(self.form.clone(), snapshot, now_s));
                return vec![Wish::Command(Command::AskHost(Box::new(form)))];
            }
        }
        if paper {
            self.tried = true;
            self.left = FIELDS.iter().copied().filter(|field| *field != WalkInField::Document).collect();
            self.note_answer(records);
            match self.form.for_paper(direction) {
                Some(form) if records.lock.is_open() => {
                    self.paper = Some(Paper::Asked);
                    return vec![Wish::Ask(Ask::Paper(Box::new(form)))];
                }
                Some(form) => {
                    self.paper = Some(Paper::Locked(Box::new(form)));
                    PinView::focus(ui);
                }
                None => {}
            }
        }
        Vec::new()
    }

    /// The server has taken what was sent, or it can be corrected.
    fn follow_sent(&mut self, ui: &Ui, snapshot: &Snapshot) {
        let now_s = ui.input(|input| input.time);
        let Some(mut sent) = self.sent.take() else { return };
        match sent.standing(snapshot, now_s) {
            Standing::OnItsWay => self.sent = Some(sent),
            Standing::Taken if sent.form == self.form => self.begin_anew(),
            Standing::Taken | Standing::GivenBack => {}
        }
    }

    fn begin_anew(&mut self) {
        self.form = Form::default();
        self.left.clear();
        self.tried = false;
    }

    /// What other screens asked for is not said here.
    fn answer_about_paper<'a>(&self, records: &'a Records) -> Option<&'a Answer> {
        let about_paper = |said: &OfficerSaid| {
            matches!(said, OfficerSaid::PaperRecorded { .. } | OfficerSaid::Failed { what: Failed::Paper, .. })
        };
        records.answer.as_ref().filter(|answer| answer.number > self.answered && about_paper(&answer.said))
    }

    fn note_answer(&mut self, records: &Records) {
        self.answered = records.answer.as_ref().map_or(0, |answer| answer.number);
    }

    fn leave(&mut self, field: WalkInField) {
        if !self.left.contains(&field) {
            self.left.push(field);
        }
    }
}

fn id(field: WalkInField) -> Id {
    Id::unique(match field {
        WalkInField::Visitor => "walk-in visitor",
        WalkInField::Phone => "walk-in phone",
        WalkInField::Document => "walk-in document",
        WalkInField::Host => "walk-in host",
        WalkInField::Purpose => "walk-in purpose",
        WalkInField::Party => "walk-in party",
        WalkInField::Plates => "walk-in plates",
    })
}
