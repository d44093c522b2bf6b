//! From what the gate says of itself to what the window draws, and from the window's commands to a guard's acts.

use std::sync::Arc;

use shared::{entry::Direction, time::Moment};

use crate::{
    gate::{self, CameraFault, CameraState, Event, GuardAct, View},
    ui::{
        command::Command,
        records::PaperForm,
        snapshot::{self, CameraLoss, CaseNumber, Snapshot, Status, Way},
    },
};

pub(super) fn snapshot(view: View) -> Snapshot {
    let View { now, clock_trusted, post, direction, places, panel, .. } = view;
    Snapshot {
        now: Moment::from_unix_s(now.unix_s()),
        way: Way::from(direction),
        direction,
        campus: post.campus,
        gate: post.gate,
        places,
        panel: match panel {
            gate::Panel::Waiting => snapshot::Panel::Waiting,
            gate::Panel::Checking => snapshot::Panel::Checking,
            gate::Panel::Shown(shown) => snapshot::Panel::Shown(Box::new(snapshot::Shown {
                case: CaseNumber::new(shown.case.get()),
                count: shown.subject.claims.as_ref().map_or(1, |claims| claims.party.get()),
                by_hand: false,
                verdict: shown.verdict,
                claims: shown.subject.claims,
                record: shown.subject.record,
                outcome: shown.outcome,
                until: shown.until,
            })),
        },
        found: None,
        walk_ins: Arc::new([]),
        inside: None,
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

/// `None` for what this gate does not do.
pub(super) fn act(command: Command) -> Option<GuardAct> {
    Some(match command {
        Command::LetIn { case, reason } => GuardAct::LetIn { case: number(case), reason },
        Command::SendAway { case, reason } => GuardAct::SendAway { case: number(case), reason },
        Command::Hold { case } => GuardAct::Hold { case: number(case) },
        Command::LetGo { case } => GuardAct::LetGo { case: number(case) },
        Command::Dismiss { case } => GuardAct::Dismiss { case: number(case) },
        Command::Face(Way::In) => GuardAct::Direction(Direction::In),
        Command::Face(Way::Out) => GuardAct::Direction(Direction::Out),
        Command::Face(Way::Both)
        | Command::Count { .. }
        | Command::Scanned(_)
        | Command::Find(_)
        | Command::Choose(_)
        | Command::AskHost(_)
        | Command::ForgetWalkIn(_)
        | Command::ListInside(_) => return None,
    })
}

/// `None`: this gate takes no paper cases.
pub(super) const fn paper(_form: &PaperForm) -> Option<Event> {
    None
}

const fn number(case: CaseNumber) -> gate::CaseNumber {
    gate::CaseNumber::new(case.get())
}

const fn alarm(alarm: &gate::Alarm) -> snapshot::Alarm {
    use gate::Alarm;
    match alarm {
        Alarm::NewsUnproven { .. } | Alarm::NewsBackwards | Alarm::ReceiptUnproven => snapshot::Alarm::Unproven,
        Alarm::CursorAhead => snapshot::Alarm::CursorAhead,
        Alarm::Fork { .. } | Alarm::EntriesMissing { .. } => snapshot::Alarm::EntriesDiffer,
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
