//! What a gate says that is not told: of a time to come, of another gate, of more people or passes than can be.

use super::*;

async fn faults(office: &Office) -> Vec<(String, u64, u64)> {
    let faults = office.store.push_faults().await.unwrap();
    faults.into_iter().map(|fault| (fault.what, fault.seq, fault.times)).collect()
}

#[tokio::test]
async fn what_is_yet_to_come_is_told_as_of_when_it_came() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let ahead = Entry { clock_trusted: false, ..entry(Moment::from_unix_ms(i64::MAX), Direction::In, 1) };
    gate.saw(&ahead);
    gate.saw(&Entry { outcome: Outcome::Corrected { entry: 1 }, party: 4, ..entry(office.now, Direction::In, 1) });
    gate.push(&office, 0..1).await.unwrap();
    gate.saw(&Entry { outcome: Outcome::SentAway { reason: GuardReason::CardDiffers }, party: 0, ..ahead.clone() });
    // An hour later it is corrected, and was stopped.
    office.store.push(gate.id, &gate.request(1..3), minutes(&office, 60)).await.unwrap().unwrap();
    let told = |party| first_moved(&gate, &entry(office.now, Direction::In, 1), party);
    assert_eq!(office.changes().await, [told(1), told(4), told(0)]);
    let rows = office.store.entries(EntryFilter { terminal: Some(gate.id), ..EntryFilter::default() }).await.unwrap();
    assert!(rows.iter().any(|row| row.entry == Ok(ahead.clone())), "it is kept as it was written");
    assert_eq!(faults(&office).await, [], "and is no fault: a clock may be wrong");
}

#[tokio::test]
async fn a_gate_speaks_for_itself_and_of_as_many_as_a_guard_counts() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let elsewhere = Entry { gate: GateIndex::new(2).unwrap(), ..entry(office.now, Direction::In, 1) };
    let party = |party, direction| Entry { party, ..entry(office.now, direction, 2) };
    let (many, too_many) = (party(99, Direction::In), party(100, Direction::In));
    // Who leaves may be more than that: they came one party after another.
    let all = party(255, Direction::Out);
    let corrected = Entry { outcome: Outcome::Corrected { entry: 2 }, ..too_many.clone() };
    for seen in [&elsewhere, &many, &too_many, &elsewhere, &all, &corrected] {
        gate.saw(seen);
    }
    assert_eq!(gate.push(&office, 0..6).await, Ok(gate.head(6)));
    let told = office.changes().await.into_iter().map(|change| {
        let Change::PassMoved { entry, party, .. } = change else { panic!("{change:?}") };
        (entry.seq, party.unwrap())
    });
    assert_eq!(told.collect::<Vec<_>>(), [(2, 99), (5, 255)]);
    assert_eq!(office.look("select count(*) from entry"), 6);
    let (gate, party) = (("gate".to_owned(), 1, 2), ("party".to_owned(), 3, 2));
    assert_eq!(faults(&office).await, [gate, party]);
}

#[tokio::test]
async fn of_passes_that_the_office_does_not_know_so_many_are_told_in_a_day() {
    let office = Office::with_host().await;
    let (_, links) = office.submit(&form(), 1).await;
    let decided = Choice::Approve.on(Revision::FIRST);
    office.store.decide(&links.sms, decided, office.issuing(1), office.now).await.unwrap();
    let mut gate = Gate::enrol(&office, 1).await;
    let mut other = Gate::enrol(&office, 2).await;
    let unknown = |number: usize| {
        let said =
            Said { pass: Some(PassId::from_bytes((number as u64 + 9).to_be_bytes())), ..gone_in(&office, 0).said };
        Entry { said, ..gone_in(&office, 0) }
    };
    let allowed = usize::try_from(UNKNOWN_A_DAY).unwrap();
    flood(&mut gate, allowed + 7, |number| match number {
        number if number == allowed + 5 => gone_in(&office, 0),
        number => unknown(number),
    });
    flood(&mut gate, 1, unknown);
    flood(&mut other, 1, unknown);
    let moved = async || {
        let told = "select count(*) from feed where body like '%pass_moved%'";
        usize::try_from(office.look(told)).unwrap()
    };
    gate.push(&office, 0..100).await.unwrap();
    gate.push(&office, 100..allowed + 4).await.unwrap();
    assert_eq!(moved().await, allowed);
    gate.push(&office, allowed + 4..allowed + 7).await.unwrap();
    assert_eq!(moved().await, allowed + 1, "of the pass that is known");
    other.push(&office, 0..1).await.unwrap();
    assert_eq!(moved().await, allowed + 2, "each gate has its own");
    let first = u64::try_from(allowed).unwrap() + 1;
    assert_eq!(faults(&office).await, [("unknown".to_owned(), first, 6)], "once");
    let tomorrow = office.now.plus(TimeDelta::days(1));
    let last = gate.links.len();
    office.store.push(gate.id, &gate.request(last - 1..last), tomorrow).await.unwrap().unwrap();
    assert_eq!(moved().await, allowed + 3, "and again the day after");
}

#[tokio::test]
async fn of_passes_that_the_office_knows_no_more_are_told_in_a_day_than_walk_through_a_gate() {
    let office = Office::with_host().await;
    let (_, links) = office.submit(&form(), 1).await;
    office.store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
    let told_before = office.changes().await.len();
    let mut gate = Gate::enrol(&office, 1).await;
    flood(&mut gate, 6, |number| gone_in(&office, number));
    gate.push(&office, 0..1).await.unwrap();
    let db = rusqlite::Connection::open(&office.path).unwrap();
    assert_eq!(db.execute("update told set known = known + ?1", [KNOWN_A_DAY - 3]).unwrap(), 1);
    gate.push(&office, 1..2).await.unwrap();
    gate.push(&office, 2..6).await.unwrap();
    let told = office.changes().await.split_off(told_before);
    let expected = (1..=3).map(|seq| {
        let entry = EntryId { terminal: gate.id, seq };
        let Entry { at, direction, gate, party, ref said, .. } = gone_in(&office, 0);
        let at = at.max(office.now);
        Change::PassMoved { pass: said.pass.unwrap(), direction, at, gate, entry, party: Some(party) }
    });
    assert_eq!(told, expected.collect::<Vec<_>>());
    assert_eq!(faults(&office).await, [("many".to_owned(), 4, 3)]);
}
