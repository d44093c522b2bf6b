//! What the messages of a kind say as facts: what a template may count on, and what it may use where it is said.
//!
//! A template is registered months before the message it is filled with is written, so whether the two fit is settled when the
//! server starts. The test at the end writes every message there is and holds this list to them.

use super::notice::{Fact, NoticeKind};

/// What messages of this kind say at least, once for every form they come in. None: a text message is never sent of it.
#[must_use]
pub const fn always(kind: NoticeKind) -> &'static [&'static [Fact]] {
    use Fact::{Because, By, Code, Count, Department, From, Host, Minutes, Party, Plates, Reason, ShortCode, Through};
    use Fact::{Visitor, When};
    match kind {
        NoticeKind::SignInCode => &[&[Code, Minutes]],
        NoticeKind::Submitted => &[&[When, Host]],
        NoticeKind::ApprovalAsked => &[&[Visitor, When, Party, Reason]],
        NoticeKind::Waiting => &[&[Count]],
        NoticeKind::Unanswered => &[&[Visitor, When, Host, Department]],
        NoticeKind::Approved => &[&[When, Host, ShortCode]],
        NoticeKind::Declined => &[&[When, Host, Because]],
        // To the visitor, and to the host whose deputy did it.
        NoticeKind::Revoked => &[&[When, Host], &[Visitor, When, By]],
        NoticeKind::Cancelled => &[&[Visitor, When]],
        // To the host, and to the visitor.
        NoticeKind::Changed => &[&[Visitor, When, Party, Plates], &[Visitor, When, Party, Plates, Host]],
        // Named, and no longer.
        NoticeKind::Deputy => &[&[Host, Department, From, Through], &[Host, Department]],
        NoticeKind::Settled => &[],
    }
}

/// What some messages of this kind say besides.
#[must_use]
pub const fn sometimes(kind: NoticeKind) -> &'static [Fact] {
    match kind {
        // Somebody waits at a gate; a deputy is asked for a host.
        NoticeKind::ApprovalAsked => &[Fact::Gate, Fact::Host, Fact::Department, Fact::Note],
        NoticeKind::SignInCode
        | NoticeKind::Submitted
        | NoticeKind::Waiting
        | NoticeKind::Unanswered
        | NoticeKind::Approved
        | NoticeKind::Declined
        | NoticeKind::Revoked
        | NoticeKind::Cancelled
        | NoticeKind::Changed
        | NoticeKind::Deputy
        | NoticeKind::Settled => &[],
    }
}

/// Where messages of this kind lead.
#[must_use]
pub const fn leads_to(kind: NoticeKind) -> Option<LeadsTo> {
    match kind {
        NoticeKind::ApprovalAsked => Some(LeadsTo::Decision),
        NoticeKind::Approved => Some(LeadsTo::Pass),
        NoticeKind::SignInCode
        | NoticeKind::Submitted
        | NoticeKind::Waiting
        | NoticeKind::Unanswered
        | NoticeKind::Declined
        | NoticeKind::Revoked
        | NoticeKind::Cancelled
        | NoticeKind::Changed
        | NoticeKind::Deputy
        | NoticeKind::Settled => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadsTo {
    Decision,
    Pass,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::{
        identity::{DocumentKind, LastFour, PersonName, Phone, Plate},
        ids::{CampusId, StaffNumber},
        pass::ShortCode,
        time::CampusDay,
    };

    use super::*;
    use crate::office::{
        Facts, Reason, Staff, TimeOfDay,
        notice::{self, Message},
        notice_facts,
    };

    fn every_message() -> Vec<Message> {
        let day = CampusDay::parse("2026-11-24").unwrap();
        let facts = Facts {
            visitor: PersonName::parse("王𬭎").unwrap(),
            document_kind: DocumentKind::ResidentId,
            last_four: LastFour::of("11010519491231002X"),
            phone: Phone::parse("13800130000").unwrap(),
            reason: Reason::parse("学术报告").unwrap(),
            campus: CampusId::new(2),
            day,
            from: TimeOfDay::of(10, 0).unwrap(),
            until: TimeOfDay::of(11, 30).unwrap(),
            companions: Vec::new(),
            unnamed: 0,
            plates: vec![Plate::parse("京A12345").unwrap()],
        };
        let host = Staff {
            number: StaffNumber::parse("T1").unwrap(),
            name: PersonName::parse("李文").unwrap(),
            department: "计算机学院".to_owned(),
            phone: Phone::parse("13800130100").unwrap(),
            wecom_id: None,
            hall_id: None,
        };
        let asked = notice::approval_asked(&facts, false);
        let name = PersonName::parse("王芳").unwrap();
        vec![
            notice::sign_in_code("042042", 5),
            notice::for_deputy(&asked, &host),
            asked,
            notice::change_asked(&facts),
            notice::walk_in_asked(&facts, "南门"),
            notice::approval_asked(&facts, true),
            notice::asked_again(&facts, true),
            notice::waiting(12),
            notice::unanswered(&facts, &host),
            notice::submitted(&facts, &host),
            notice::channel_test("2026-11-24 10:00"),
            notice::deputy_named(&host, day, day),
            notice::deputy_ended(&host),
            notice::approved(&facts, &host, ShortCode::parse("12345678").unwrap()),
            notice::declined(&facts, &host, None),
            notice::revoked(&facts, &host),
            notice::revoked_by_deputy(&facts, &name, true),
            notice::cancelled(&facts),
            notice::changed(&facts),
            notice::changed_for_visitor(&facts, &host),
        ]
    }

    #[test]
    fn every_message_says_what_its_kind_is_said_to_say() {
        let mut forms = BTreeSet::new();
        for message in every_message() {
            let said: BTreeSet<Fact> = message.facts.iter().map(|(fact, _)| *fact).collect();
            let form = always(message.kind)
                .iter()
                .max_by_key(|form| if form.iter().all(|fact| said.contains(fact)) { form.len() } else { 0 });
            let form = *form.unwrap_or_else(|| panic!("{message:?} has no form"));
            let known: BTreeSet<Fact> = form.iter().chain(sometimes(message.kind)).copied().collect();
            assert!(form.iter().all(|fact| said.contains(fact)) && said.is_subset(&known), "{message:?}");
            forms.insert((message.kind.name(), form.to_vec()));
        }
        let listed: usize = NoticeKind::ALL.into_iter().map(|kind| notice_facts::always(kind).len()).sum();
        assert_eq!(forms.len(), listed, "a form is listed of which there is no message");
    }
}
