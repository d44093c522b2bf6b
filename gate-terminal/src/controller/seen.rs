//! From what the gate says of itself to what the window draws, and from the window's commands to a guard's acts.

use std::sync::Arc;

use shared::{
    entry::{PaperCase, Remark},
    identity::Plate,
    sync::walk_in::{WalkInFault, WalkInNumber},
    time::Moment,
};

use crate::{
    gate::{self, CameraFault, CameraState, Event, GuardAct, OfficerAct, ScannedText, View},
    ui::{
        command::Command,
        records::PaperForm,
        snapshot::{
            self, CameraLoss, CaseNumber, Snapshot, Status, Unsent, WalkInField, WalkInProblem, WalkInStanding,
        },
    },
};

pub(super) fn snapshot(view: View) -> Snapshot {
    let View { now, clock_trusted, post, way, direction, places, panel, busy, .. } = view;
    Snapshot {
        now: Moment::from_unix_s(now.unix_s()),
        way,
        direction,
        campus: post.campus,
        gate: post.gate,
        places,
        panel: match panel {
            gate::Panel::Waiting => snapshot::Panel::Waiting,
            gate::Panel::Checking => snapshot::Panel::Checking,
            gate::Panel::Shown(shown) => snapshot::Panel::Shown(Box::new(snapshot::Shown {
                case: CaseNumber::new(shown.case.get()),
                count: shown.count,
                by_hand: shown.subject.is_by_hand(),
                verdict: shown.verdict,
                claims: shown.subject.claims,
                record: shown.subject.record,
                outcome: shown.outcome,
                until: shown.until,
            })),
        },
        code_stays: view.code_stays,
        busy,
        found: view.found.map(|found| Arc::new(self::found(&found))),
        walk_ins: view.walk_ins.iter().map(walk_in).collect(),
        inside: view.inside.map(|list| list.iter().map(inside).collect()),
        status: Status {
            camera: match view.camera {
                CameraState::Starting => snapshot::Camera::Starting,
                CameraState::Running => snapshot::Camera::Running,
                CameraState::Off => snapshot::Camera::Off,
                CameraState::Failed { why } => snapshot::Camera::Lost(loss(why)),
            },
            link: match view.link {
                gate::Link::NotYet => snapshot::Link::NotYet,
                gate::Link::Up => snapshot::Link::Up,
                gate::Link::Down { .. } => snapshot::Link::Down,
                gate::Link::Refused(_) => snapshot::Link::Refused,
            },
            news_as_of: view.news_as_of,
            freshness: view.freshness,
            clock_trusted,
            unsent: view.unsent,
            entered_today: view.entered_today,
            inside_now: view.inside_now,
            alarm: view.alarm.as_ref().map(alarm),
        },
    }
}

pub(super) fn act(command: Command) -> GuardAct {
    match command {
        Command::LetIn { case, reason } => GuardAct::LetIn { case: number(case), reason },
        Command::SendAway { case, reason } => GuardAct::SendAway { case: number(case), reason },
        Command::Hold { case } => GuardAct::Hold { case: number(case) },
        Command::LetGo { case } => GuardAct::LetGo { case: number(case) },
        Command::Dismiss { case } => GuardAct::Dismiss { case: number(case) },
        Command::Count { case, party } => GuardAct::Count { case: number(case), party },
        Command::Face(way) => GuardAct::Face(way),
        Command::Scanned(text) => GuardAct::Scanned(ScannedText(text)),
        Command::Find(typed) => GuardAct::Find(typed),
        Command::Choose(pass) => GuardAct::Choose(pass),
        Command::AskHost(form) => GuardAct::AskHost(Box::new(self::form(*form))),
        Command::ForgetWalkIn(number) => GuardAct::ForgetWalkIn(WalkInNumber::new(number.get())),
        Command::ListInside(wanted) => GuardAct::ListInside(wanted),
    }
}

fn found(found: &gate::Found) -> snapshot::Found {
    let by = |by| match by {
        gate::FoundBy::Name => snapshot::FoundBy::Name,
        gate::FoundBy::Initials => snapshot::FoundBy::Initials,
        gate::FoundBy::PhoneTail => snapshot::FoundBy::PhoneTail,
        gate::FoundBy::Plate => snapshot::FoundBy::Plate,
        gate::FoundBy::ShortCode => snapshot::FoundBy::ShortCode,
        gate::FoundBy::Card => snapshot::FoundBy::Card,
    };
    let hit = |hit: &gate::Hit| snapshot::Hit {
        pass: hit.record.pass,
        record: Arc::clone(&hit.record),
        by: by(hit.by),
        inside: hit.inside,
        spent: hit.spent,
    };
    snapshot::Found { query: found.query.clone(), hits: found.hits.iter().map(hit).collect(), more: found.more }
}

fn inside(one: &gate::Inside) -> snapshot::Inside {
    let gate::Inside { pass, name, record, party, since, gate, overdue } = one.clone();
    snapshot::Inside { pass, name, record, party, since, gate, overdue }
}

fn form(form: snapshot::WalkInForm) -> gate::WalkInForm {
    let snapshot::WalkInForm { visitor, phone, document, host, purpose, party, plates } = form;
    gate::WalkInForm { visitor, phone, document, host, purpose, party, plates }
}

fn walk_in(walk_in: &gate::WalkIn) -> snapshot::WalkIn {
    use gate::WalkInStanding as Seen;
    let standing = match &walk_in.standing {
        Seen::Sending => WalkInStanding::Sending,
        Seen::Waiting => WalkInStanding::Waiting,
        Seen::Approved { pass } => WalkInStanding::Approved { pass: *pass },
        Seen::Declined => WalkInStanding::Declined,
        Seen::HostUnknown => WalkInStanding::HostUnknown,
        Seen::NotAllowed { why } => WalkInStanding::NotAllowed { why: why.first().map_or(WalkInProblem::Rules, fault) },
        Seen::Limited { retry_at } => WalkInStanding::Unsent { why: Unsent::Limited { retry_at: *retry_at } },
        Seen::Unreached => WalkInStanding::Unsent { why: Unsent::NoLink },
        Seen::Refused(_) => WalkInStanding::Unsent { why: Unsent::Refused },
    };
    snapshot::WalkIn {
        number: snapshot::WalkInNumber::new(walk_in.number.get()),
        visitor: walk_in.visitor.clone(),
        host: walk_in.host.clone(),
        since: walk_in.since,
        standing,
    }
}

const fn fault(fault: &WalkInFault) -> WalkInProblem {
    match fault {
        WalkInFault::Visitor => WalkInProblem::Field(WalkInField::Visitor),
        WalkInFault::Document => WalkInProblem::Field(WalkInField::Document),
        WalkInFault::Phone => WalkInProblem::Field(WalkInField::Phone),
        WalkInFault::Host => WalkInProblem::Field(WalkInField::Host),
        WalkInFault::Reason | WalkInFault::DocumentElsewhere => WalkInProblem::Field(WalkInField::Purpose),
        WalkInFault::Party => WalkInProblem::Field(WalkInField::Party),
        WalkInFault::Plates => WalkInProblem::Field(WalkInField::Plates),
        WalkInFault::OutsideHours => WalkInProblem::Closed,
        WalkInFault::Other => WalkInProblem::Rules,
    }
}

/// `None` for what does not fit a log that others read: a remark too long, or a whole document number in one.
pub(super) fn paper(form: &PaperForm) -> Option<Event> {
    let PaperForm { visitor, phone_tail, host, reason, plates, party, direction } = form;
    let paper = PaperCase {
        visitor: visitor.clone(),
        phone_tail: phone_tail.chars().filter(char::is_ascii_digit).take(PHONE_TAIL).collect(),
        host: Remark::parse(host)?,
        reason: Remark::parse(reason)?,
        plates: plates.iter().map(|plate| Plate::parse(plate).ok()).collect::<Option<_>>()?,
    };
    Some(Event::Officer(OfficerAct::Paper { paper: Box::new(paper), party: *party, direction: *direction }))
}

/// As many digits as any list has of a telephone.
const PHONE_TAIL: usize = 4;

const fn number(case: CaseNumber) -> gate::CaseNumber {
    gate::CaseNumber::new(case.get())
}

const fn alarm(alarm: &gate::Alarm) -> snapshot::Alarm {
    use gate::Alarm;
    match alarm {
        Alarm::NewsUnproven { .. } | Alarm::NewsBackwards | Alarm::ReceiptUnproven => snapshot::Alarm::Unproven,
        Alarm::CursorAhead => snapshot::Alarm::CursorAhead,
        Alarm::Fork { .. } | Alarm::EntriesMissing { .. } | Alarm::EntryAltered { .. } => {
            snapshot::Alarm::EntriesDiffer
        }
        Alarm::StoreFailing => snapshot::Alarm::NotRecording,
        Alarm::Withdrawn | Alarm::Unauthenticated => snapshot::Alarm::NotAccepted,
        Alarm::ClockRefused { .. } => snapshot::Alarm::ClockWrong,
        Alarm::NewsNotUnderstood { .. } | Alarm::Misunderstood => snapshot::Alarm::TooOld,
    }
}

const fn loss(why: CameraFault) -> CameraLoss {
    match why {
        CameraFault::NotFound => CameraLoss::NotFound,
        CameraFault::Busy => CameraLoss::Busy,
        CameraFault::NotAllowed => CameraLoss::NotAllowed,
        CameraFault::Unusable => CameraLoss::Unusable,
        CameraFault::Stalled => CameraLoss::Stalled,
        CameraFault::Unplugged => CameraLoss::Unplugged,
        CameraFault::ReaderCrashed => CameraLoss::ReaderCrashed,
    }
}
