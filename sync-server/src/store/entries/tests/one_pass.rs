//! Of one pass: where it was at two gates at once, and what a push costs however often it names the pass.

use super::*;

#[tokio::test]
async fn one_pass_in_at_two_gates_is_found_in_whatever_order_they_report() {
    for second_reports_first in [false, true] {
        let office = Office::open();
        let (mut south, mut north) = (Gate::enrol(&office, 1).await, Gate::enrol(&office, 2).await);
        south.saw(&entry(minutes(&office, 0), Direction::In, 1));
        north.saw(&entry(minutes(&office, 9), Direction::In, 1));
        // Another pass leaves by the south before it comes in again by the north: no conflict.
        south.saw(&entry(minutes(&office, 1), Direction::In, 2));
        south.saw(&entry(minutes(&office, 2), Direction::Out, 2));
        north.saw(&entry(minutes(&office, 10), Direction::In, 2));
        let mut gates = [&south, &north];
        if second_reports_first {
            gates.reverse();
        }
        for gate in gates {
            gate.push(&office, 0..gate.links.len()).await.unwrap();
        }
        let conflicts = office.store.conflicts().await.unwrap();
        let found: Vec<_> = conflicts.iter().map(|c| (c.pass, c.first, c.second)).collect();
        let at = |gate: &Gate, seq| EntryId { terminal: gate.id, seq };
        assert_eq!(found, [(PassId::from_bytes([1; 8]), at(&south, 1), at(&north, 1))], "{second_reports_first}");
    }
}

#[tokio::test]
async fn one_pass_in_twice_at_one_gate_is_found_and_an_exit_between_clears_it() {
    let office = Office::open();
    let (mut south, mut north) = (Gate::enrol(&office, 1).await, Gate::enrol(&office, 2).await);
    for (minute, direction, pass) in [
        (0, Direction::In, 1),
        (9, Direction::In, 1),
        (1, Direction::In, 2),
        (2, Direction::Out, 2),
        (3, Direction::In, 2),
    ] {
        south.saw(&entry(minutes(&office, minute), direction, pass));
    }
    south.push(&office, 0..5).await.unwrap();
    let found: Vec<_> = office.store.conflicts().await.unwrap().iter().map(|c| (c.first, c.second)).collect();
    let at = |seq| EntryId { terminal: south.id, seq };
    assert_eq!(found, [(at(1), at(2))]);
    // The exit lay at the other gate, which reports late.
    north.saw(&entry(minutes(&office, 5), Direction::Out, 1));
    north.push(&office, 0..1).await.unwrap();
    assert_eq!(office.store.conflicts().await.unwrap(), []);
}

#[tokio::test]
async fn at_one_gate_the_numbers_say_what_came_first_and_not_a_clock_that_was_put_right() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    let (into, out) = (Direction::In, Direction::Out);
    for (minute, direction, pass) in
        [(120, into, 1), (1, into, 1), (2, out, 1), (120, into, 2), (5, out, 2), (10, into, 2)]
    {
        gate.saw(&entry(minutes(&office, minute), direction, pass));
    }
    gate.push(&office, 0..6).await.unwrap();
    let found: Vec<_> = office.store.conflicts().await.unwrap().iter().map(|c| (c.first.seq, c.second.seq)).collect();
    assert_eq!(found, [(1, 2)]);
}

#[tokio::test]
async fn one_pass_in_every_entry_of_a_push_is_looked_at_once_and_no_further_than_its_last() {
    let office = Office::open();
    let mut gate = Gate::enrol(&office, 1).await;
    // Two other gates know the same pass; and among the flood another is let in twice.
    for seed in [2, 3] {
        let mut other = Gate::enrol(&office, seed).await;
        flood(&mut other, 2, |number| gone_in(&office, number));
        other.push(&office, 0..2).await.unwrap();
    }
    let known = office.look("select count(*) from conflict");
    flood(&mut gate, 500, |number| match number {
        200 | 300 => Entry { said: entry(office.now, Direction::In, 2).said, ..gone_in(&office, 10 + number) },
        _ => gone_in(&office, 10 + number),
    });
    gate.push(&office, 0..500).await.unwrap();
    let conflicts = office.store.conflicts().await.unwrap();
    let of = |pass| conflicts.iter().filter(move |found| found.pass == PassId::from_bytes([pass; 8]));
    let pairs: Vec<_> = of(2).map(|found| (found.first.seq, found.second.seq)).collect();
    assert_eq!(pairs, [(201, 301)]);
    assert_eq!(i64::try_from(of(1).count()).unwrap(), known + 63, "the last 64, and what was known before");
    assert!(of(1).any(|found| (found.first.seq, found.second.seq) == (499, 500)));
    assert_eq!(office.look("select count(*) from entry where terminal = 1"), 500, "all are kept");
    assert_eq!(office.changes().await.len(), 504, "and told");
}

/// How many steps SQLite takes to say what these entries mean, which are kept already.
fn steps(office: &Office, entries: &[(EntryId, Entry)]) -> u64 {
    let mut db = rusqlite::Connection::open(&office.path).unwrap();
    let counted = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&counted);
    let step = move || {
        count.fetch_add(1, Ordering::Relaxed);
        false
    };
    db.progress_handler(1, Some(step)).unwrap();
    let transaction = db.transaction().unwrap();
    let terminal = terminals::by_id(&transaction, entries[0].0.terminal).unwrap().unwrap();
    what_they_mean(&Writing::of(&transaction), &terminal, entries, office.now).unwrap();
    counted.load(Ordering::Relaxed)
}

#[tokio::test]
async fn what_a_push_costs_does_not_grow_with_what_is_kept_of_its_pass() {
    fn sent_away(office: &Office, number: usize) -> Entry {
        let outcome = Outcome::SentAway { reason: GuardReason::CardDiffers };
        Entry { outcome, party: 0, ..gone_in(office, number) }
    }
    let kinds: [fn(&Office, usize) -> Entry; 2] = [gone_in, sent_away];
    for each in kinds {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        flood(&mut gate, 4 * PUSH_BATCH, |number| each(&office, number));
        let mut cost = Vec::new();
        for batch in 0..4 {
            let range = batch * PUSH_BATCH..(batch + 1) * PUSH_BATCH;
            gate.push(&office, range.clone()).await.unwrap();
            let pushed: Vec<_> = range
                .map(|number| (EntryId { terminal: gate.id, seq: number as u64 + 1 }, each(&office, number)))
                .collect();
            cost.push(steps(&office, &pushed));
        }
        let (first, last) = (cost[0], cost[3]);
        assert!(last <= first + first / 10, "{cost:?}");
        assert!(last <= 100 * PUSH_BATCH as u64, "{cost:?}");
    }
}
