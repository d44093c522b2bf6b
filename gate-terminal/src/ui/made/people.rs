//! People on the list, inside, and waiting for their hosts; among them names with the rarest characters.

use std::sync::Arc;

use chrono::TimeDelta;
use shared::{identity::LastFour, ids::PassId};

use super::{NOON, gate, person, record};
use crate::ui::snapshot::{Found, FoundBy, Hit, Inside, Unsent, WalkIn, WalkInNumber, WalkInProblem, WalkInStanding};

fn pass(number: u8) -> PassId {
    PassId::from_bytes([number; 8])
}

pub(in crate::ui) fn found(query: &str) -> Arc<Found> {
    let people = [
        ("张小𬭎", FoundBy::Name, false, false, "计算机科学与技术学院"),
        ("张䶮", FoundBy::Initials, true, false, "历史文化学院"),
        ("张㼆𬀩", FoundBy::PhoneTail, false, true, "附属中学"),
        ("阿卜杜拉·买买提江·图尔荪", FoundBy::Plate, false, false, "国际合作与交流处（港澳台办公室）"),
        ("Zhang Wei-Ming Alexander", FoundBy::ShortCode, false, false, "School of Physics"),
        ("张一", FoundBy::Card, false, false, "图书馆"),
    ];
    let hits = (1..).zip(people).map(|(number, (name, by, inside, spent, department))| {
        let mut record = record(name);
        record.pass = pass(number);
        record.department = department.into();
        record.last_four = LastFour::of(&format!("1101011990030712{number}X"));
        Hit { pass: record.pass, record: Arc::new(record), by, inside, spent }
    });
    Arc::new(Found { query: query.to_owned(), hits: hits.collect(), more: 17 })
}

pub(in crate::ui) fn walk_ins() -> Arc<[WalkIn]> {
    let standings = [
        ("王㼆", WalkInStanding::Approved { pass: pass(9) }),
        ("李𬀩", WalkInStanding::Waiting),
        ("赵䶮", WalkInStanding::Declined),
        ("钱一", WalkInStanding::NotAllowed { why: WalkInProblem::HostAmbiguous }),
        ("孙二", WalkInStanding::Unsent { why: Unsent::Limited { retry_at: NOON.plus(TimeDelta::minutes(5)) } }),
    ];
    let all = (1..).zip(standings).map(|(number, (name, standing))| WalkIn {
        number: WalkInNumber::new(number),
        visitor: person(name),
        host: "20010023".into(),
        since: NOON.minus(TimeDelta::minutes(3)),
        standing,
    });
    all.collect()
}

pub(in crate::ui) fn inside(count: u8) -> Arc<[Inside]> {
    let names = ["张小𬭎", "李䶮", "王㼆", "赵𬀩", "阿卜杜拉·买买提江·图尔荪", "Zhang Wei-Ming"];
    let all = (0..count).map(|number| {
        let name = names[usize::from(number) % names.len()];
        let record = (number % 5 != 4).then(|| Arc::new(record(name)));
        Inside {
            pass: Some(pass(number)),
            name: name.to_owned(),
            record,
            party: 1 + number % 3,
            since: NOON.minus(TimeDelta::minutes(i64::from(250 - number))),
            gate: gate(1 + number % 2),
            overdue: number % 4 == 0,
        }
    });
    all.collect()
}
