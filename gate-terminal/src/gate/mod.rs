//! The gate decides: events in, effects out, no I/O, no clock, no chance.
//!
//! [`Gate::handle`] is the whole machine. A sighting yields only an [`Effect::Record`]; light and panel follow the
//! [`Event::Recorded`] that answers it, so nobody is admitted off the record. Time passes with every event, whatever it is: a
//! camera that sends a frame each moment must not keep a panel standing.

mod by_hand;
mod card;
mod desk;
mod effect;
mod event;
mod exchange;
mod find;
mod foreign;
mod inside;
mod local_state;
mod news;
mod oblivion;
mod sighting;
mod snapshot;
mod timekeeper;
mod verdict;
mod view;
mod visits;
mod walk_in;
mod ways;

#[cfg(test)]
pub(crate) mod small_campus;
#[cfg(test)]
mod tests;

pub use card::{CardAnswer, CardQuestion};
pub use effect::{Alarm, Effect, Receipt, Signal};
pub use event::{CameraFault, CameraState, ClockReading, Event, GuardAct, OfficerAct, ScannedText, SyncFailure};
pub use find::{Found, FoundBy, Hit};
pub use foreign::ForeignCodeSecret;
pub use inside::Inside;
pub use local_state::{AsOf, Held, HeldNews, LocalState, OwnEntry, Post};
pub use news::{NewerKeySet, News};
pub use oblivion::{Oblivion, SILENT_AT_MOST};
pub use timekeeper::BestTime;
pub use verdict::{open, verdict, verdict_by_hand};
pub use view::{CaseNumber, Link, Panel, Shown, Subject, View};
pub use visits::{Movement, Visits};
pub use walk_in::{WalkIn, WalkInForm, WalkInStanding};

use std::{collections::VecDeque, sync::Arc};

use chrono::TimeDelta;
use shared::{
    entry::{Direction, Entry, EntryId, GuardReason, Outcome, Said, Way},
    pass::{Pass, PassFault},
    sync::change::{Change, movements_kept},
    time::CampusDay,
    verdict::{AskReason, Verdict},
};

use self::{
    by_hand::ByHand,
    desk::{Case, Desk, Now},
    exchange::{Exchange, raise},
    oblivion::Forgetting,
    sighting::Sightings,
    timekeeper::Timekeeper,
    walk_in::WalkIns,
};

/// The server holds a call open this long when there is nothing to tell.
pub const HELD_CALL_S: u16 = 25;

#[derive(Debug)]
pub struct Gate {
    local: LocalState,
    time: Timekeeper,
    /// At the last event.
    now: Now,
    way: Way,
    sightings: Sightings,
    foreign_codes: ForeignCodeSecret,
    desk: Desk,
    /// Entries on their way to the disk, in the order they were asked for.
    writing: VecDeque<Entry>,
    by_hand: ByHand,
    walk_ins: WalkIns,
    exchange: Exchange,
    camera: CameraState,
    /// Days before this one have been forgotten.
    day: Option<CampusDay>,
    /// The feed has told of days before it since.
    told_late: bool,
    store_alarm: Option<Alarm>,
    forgetting: Forgetting,
}

impl Gate {
    #[must_use]
    pub fn new(held: Held, way: Way, foreign_codes: ForeignCodeSecret) -> Self {
        let Held { post, floor, news, recorded, receipted, own, walk_ins, withdrawn } = held;
        let (last_proven, local) = (news.proven, LocalState::new(post, news, &own));
        Self {
            time: Timekeeper::new(floor, last_proven),
            now: Now { best: BestTime { at: floor, trusted: false, proven: false }, since_boot_ms: 0 },
            way,
            sightings: Sightings::default(),
            foreign_codes,
            desk: Desk::new(post.gate),
            writing: VecDeque::new(),
            by_hand: ByHand::default(),
            walk_ins: WalkIns::held(walk_ins, local.visits()),
            exchange: Exchange::new(recorded, receipted),
            camera: CameraState::Starting,
            day: None,
            told_late: false,
            store_alarm: None,
            forgetting: Forgetting::new(withdrawn),
            local,
        }
    }

    /// For how long nothing may be heard of the office before everything is forgotten.
    pub const fn silent_at_most(&mut self, span: TimeDelta) {
        self.forgetting.silent_at_most = span;
    }

    /// What happens, and when. Carry the effects out in their order.
    pub fn handle(&mut self, reading: ClockReading, event: Event) -> Vec<Effect> {
        self.now = Now { best: self.time.best(reading), since_boot_ms: reading.since_boot_ms };
        let mut effects = Vec::new();
        if let Some(since) = refused(&event).and_then(|failure| oblivion::withdrawn(failure, &self.local)) {
            self.forgetting.withdraw(since);
            self.forget_all();
        }
        if self.forgetting.heard_nothing(self.time.silent_for(reading)) {
            self.forget_all();
        }
        effects.extend(self.forgetting.due(reading.since_boot_ms).map(Effect::ForgetAll));
        effects.extend(self.desk.pass_time(self.now));
        effects.extend(self.answer(event));
        // News may just have brought a better time.
        self.now.best = self.time.best(reading);
        effects.extend(self.turn_day());
        effects.extend(self.time.floor_to_keep(reading.since_boot_ms).map(Effect::KeepFloor));
        effects.extend(self.walk_ins.unkept().map(Effect::KeepWalkIns));
        effects.extend(self.exchange.due(&self.local, self.forgetting.is_withdrawn(), reading.since_boot_ms));
        let recorded =
            |effect: &Effect| if let Effect::Record(entry) = effect { Some((**entry).clone()) } else { None };
        self.writing.extend(effects.iter().filter_map(recorded));
        self.by_hand.refresh(&self.local, self.now.best.at);
        effects
    }

    #[must_use]
    pub fn view(&self) -> View {
        let best = self.now.best;
        View {
            now: best.at,
            clock_trusted: best.trusted,
            post: *self.local.post(),
            way: self.way,
            direction: self.desk.direction().unwrap_or_else(|| self.direction_of(None)),
            places: self.local.places().map(Arc::clone),
            panel: self.desk.panel(),
            code_stays: self.sightings.any_stays(self.now.since_boot_ms),
            busy: self.desk.is_busy(),
            found: self.by_hand.found(),
            walk_ins: self.walk_ins.list(),
            inside: self.by_hand.inside(),
            camera: self.camera.clone(),
            link: self.exchange.link().clone(),
            freshness: self.local.freshness(best.at),
            news_as_of: self.local.as_of(),
            unsent: self.exchange.unsent(),
            entered_today: self.local.visits().entered_on(CampusDay::of(best.at)),
            inside_now: self.local.visits().inside(CampusDay::of(best.at)),
            alarm: self.alarm().cloned(),
        }
    }

    #[must_use]
    pub const fn post(&self) -> &Post {
        self.local.post()
    }

    #[must_use]
    pub const fn link(&self) -> &Link {
        self.exchange.link()
    }

    #[must_use]
    pub fn found(&self) -> Option<Arc<Found>> {
        self.by_hand.found()
    }

    #[must_use]
    pub fn walk_ins(&self) -> Arc<[WalkIn]> {
        self.walk_ins.list()
    }

    /// For whoever explains a code beside the gate.
    #[must_use]
    pub const fn local(&self) -> &LocalState {
        &self.local
    }

    fn alarm(&self) -> Option<&Alarm> {
        let withdrawn = self.forgetting.is_withdrawn().then_some(&Alarm::Withdrawn);
        self.store_alarm.as_ref().or(withdrawn).or_else(|| self.exchange.alarm())
    }

    /// In memory, whatever the disk does. The place, and what no key set may fall below, stay.
    fn forget_all(&mut self) {
        let news = HeldNews { key_floor: self.local.key_floor().clone(), ..HeldNews::NONE };
        self.local = LocalState::new(*self.local.post(), news, &[]);
        self.walk_ins = WalkIns::held(Vec::new(), self.local.visits());
        self.by_hand = ByHand::default();
        self.exchange.begin_anew();
    }

    fn answer(&mut self, event: Event) -> Vec<Effect> {
        let since_boot_ms = self.now.since_boot_ms;
        match event {
            Event::Tick | Event::NoCode => Vec::new(),
            Event::Codes(codes) => self.codes(codes),
            Event::Guard(act) => self.guard(act),
            Event::Officer(act) => self.officer(act),
            Event::Recorded(id) => self.recorded(id),
            Event::RecordFailed => self.record_failed(),
            Event::AllForgotten => {
                self.forgetting.done();
                Vec::new()
            }
            // It was on its way.
            Event::Pulled(_) if self.forgetting.is_withdrawn() => Vec::new(),
            Event::Pulled(_) if self.exchange.is_outdated() => {
                self.exchange.pulled_in_vain();
                Vec::new()
            }
            Event::Pulled(answer) => {
                let may_be = |server_time| self.time.may_be(server_time, since_boot_ms);
                let believed = news::believe(*answer, &self.local, may_be);
                self.exchange.pulled(believed, since_boot_ms)
            }
            Event::PullFailed(failure) => self.exchange.pull_failed(failure),
            Event::NewsKept => self.news_kept(),
            Event::NewsNotKept => self.exchange.news_not_kept(since_boot_ms),
            Event::Pushed(answer) => self.exchange.pushed(answer, &self.local, since_boot_ms),
            Event::PushFailed(failure) => {
                let withdrawn = self.forgetting.is_withdrawn();
                self.exchange.push_failed(failure, withdrawn, since_boot_ms)
            }
            Event::ReceiptKept => {
                self.exchange.receipt_kept(since_boot_ms);
                Vec::new()
            }
            Event::ReceiptNotKept => self.exchange.receipt_not_kept(since_boot_ms),
            Event::EntryAltered { seq } => self.exchange.entry_altered(seq, since_boot_ms),
            Event::HostAsked { number, answer } => {
                self.walk_ins.answered(number, answer);
                Vec::new()
            }
            Event::HostNotAsked { number, failure } => {
                self.walk_ins.failed(number, failure);
                Vec::new()
            }
            Event::CardHashed(answer) => self.card_hashed(&answer),
            Event::Camera(state) => {
                self.camera = state;
                Vec::new()
            }
        }
    }

    /// Of several new codes in one frame the first that opens as a pass is taken, and the others have to be shown again; a
    /// foreign code beside a pass is a poster or a sticker and means nothing.
    fn codes(&mut self, codes: Vec<String>) -> Vec<Effect> {
        let since_boot_ms = self.now.since_boot_ms;
        if self.desk.is_busy() {
            self.sightings.keep_in_sight(&codes, since_boot_ms);
            return Vec::new();
        }
        let beside = codes.clone();
        let fresh = self.sightings.notice(codes, since_boot_ms);
        let mut foreign = None;
        for code in &fresh {
            match verdict::open(code, self.local.keys()) {
                Ok(pass) => return self.pass(&pass),
                Err(fault) => _ = foreign.get_or_insert((code, fault)),
            }
        }
        let Some((code, fault)) = foreign else { return Vec::new() };
        let beside_a_pass = beside.iter().any(|code| verdict::open(code, self.local.keys()).is_ok());
        if beside_a_pass { Vec::new() } else { self.foreign(code, fault) }
    }

    fn pass(&mut self, pass: &Pass) -> Vec<Effect> {
        let id = pass.claims().pass;
        let record = self.local.record(id).map(Arc::clone);
        let subject = Subject { claims: Some(pass.claims().clone()), record, foreign_code: None };
        self.meet(id, subject, |local, direction, now| verdict(pass, local, direction, now))
    }

    fn foreign(&mut self, code: &str, fault: PassFault) -> Vec<Effect> {
        let mark = self.foreign_codes.mark(code);
        self.stranger(mark, fault)
    }

    fn stranger(&mut self, mark: String, fault: PassFault) -> Vec<Effect> {
        let direction = self.direction_of(None);
        let verdict = verdict::not_a_pass(fault.into(), direction);
        let subject = Subject { foreign_code: Some(mark), ..Subject::default() };
        self.desk.receive(Case::new(verdict, subject, direction), self.now)
    }

    fn guard(&mut self, act: GuardAct) -> Vec<Effect> {
        match act {
            GuardAct::LetIn { case, reason } => self.desk.let_in(case, reason, self.now),
            GuardAct::SendAway { case, reason } => self.desk.send_away(case, reason, self.now),
            GuardAct::Hold { case } => {
                self.desk.hold(case, self.now);
                Vec::new()
            }
            GuardAct::LetGo { case } => {
                self.desk.let_go(case, self.now);
                Vec::new()
            }
            GuardAct::Dismiss { case } => {
                self.desk.dismiss(case);
                Vec::new()
            }
            GuardAct::Count { case, party } => self.desk.count(case, party, self.now),
            GuardAct::Face(way) => {
                self.way = way;
                Vec::new()
            }
            GuardAct::Scanned(text) => self.scanned(&text.0),
            GuardAct::Find(typed) => {
                self.by_hand.look_for(typed, &self.local);
                Vec::new()
            }
            GuardAct::Choose(pass) => self.choose(pass),
            GuardAct::AskHost(form) => {
                let request = self.walk_ins.ask(*form, self.local.post().terminal, self.now.best.at);
                request.map(|request| Effect::AskHost(Box::new(request))).into_iter().collect()
            }
            GuardAct::ForgetWalkIn(number) => {
                self.walk_ins.forget(number);
                Vec::new()
            }
            GuardAct::ListInside(wanted) => {
                self.by_hand.list_inside(wanted);
                Vec::new()
            }
        }
    }

    /// Written down beside whoever stands on the panel, whom it does not concern: no light, which would be theirs.
    fn officer(&self, act: OfficerAct) -> Vec<Effect> {
        let OfficerAct::Paper { paper, party, direction } = act;
        let said = Said {
            verdict: Verdict::Ask(AskReason::NoBooking),
            pass: None,
            name: None,
            foreign_code: None,
            paper: Some(paper),
        };
        let entry = Entry {
            at: self.now.best.at,
            clock_trusted: self.now.best.trusted,
            gate: self.local.post().gate,
            direction,
            said,
            outcome: Outcome::LetIn { reason: GuardReason::OfficerAgreed },
            party: party.max(1),
        };
        vec![Effect::Record(Box::new(entry))]
    }

    fn recorded(&mut self, id: EntryId) -> Vec<Effect> {
        self.store_alarm = None;
        self.exchange.recorded(id.seq);
        let Some(entry) = self.writing.pop_front() else { return Vec::new() };
        self.local.went(id, &entry);
        if let (true, Direction::In, Some(pass)) = (entry.outcome.went_through(), entry.direction, entry.said.pass) {
            self.walk_ins.went_in(pass);
        }
        if let Outcome::Corrected { entry: of } = entry.outcome {
            self.desk.correction_kept(of, entry.party, true);
            Vec::new()
        } else if entry.said.paper.is_some() {
            Vec::new()
        } else {
            self.desk.recorded(id.seq, self.now)
        }
    }

    fn record_failed(&mut self) -> Vec<Effect> {
        let mut effects = raise(&mut self.store_alarm, Alarm::StoreFailing);
        let Some(entry) = self.writing.pop_front() else { return effects };
        if let Outcome::Corrected { entry: of } = entry.outcome {
            self.desk.correction_kept(of, entry.party, false);
        } else if entry.said.paper.is_none() {
            effects.extend(self.desk.record_failed(self.now));
        }
        effects
    }

    fn news_kept(&mut self) -> Vec<Effect> {
        let (kept, effects) = self.exchange.news_kept();
        if let Some(kept) = kept {
            self.forgetting.heard();
            self.time.proven(kept.news.server_time, kept.since_boot_ms);
            self.walk_ins.hear(&kept.news.changes, self.local.post().terminal);
            self.told_late |= self.day.is_some_and(|day| kept.news.changes.iter().any(|change| is_over(change, day)));
            // Not sooner: who moved is told after who they are.
            if self.told_late && kept.news.as_of.is_some() {
                self.day = None;
            }
            self.local.take(Arc::unwrap_or_clone(kept.news));
        }
        effects
    }

    /// Only a proven day is acted on: a wrong clock must not make the terminal forget today's passes.
    fn turn_day(&mut self) -> Option<Effect> {
        let today = CampusDay::of(self.now.best.at);
        if !self.now.best.proven || self.day == Some(today) {
            return None;
        }
        self.day = Some(today);
        self.told_late = false;
        self.local.forget(today);
        self.walk_ins.turn_day(today);
        Some(Effect::Forget { before: today })
    }
}

/// Whether it concerns nobody any more, as a gate is told that was long without a line.
fn is_over(change: &Change, today: CampusDay) -> bool {
    match change {
        Change::PassIssued(record) => record.day < today,
        Change::PassMoved { at, .. } => !movements_kept(today).contains(at),
        Change::Places(_) | Change::PassRevoked { .. } | Change::PassWatched { .. } | Change::WalkInDecided { .. } => {
            false
        }
    }
}

/// What the server's "no" was, whatever it was asked.
const fn refused(event: &Event) -> Option<&SyncFailure> {
    if let Event::PullFailed(failure) | Event::PushFailed(failure) | Event::HostNotAsked { failure, .. } = event {
        Some(failure)
    } else {
        None
    }
}
