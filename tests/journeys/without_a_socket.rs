//! One conversation, one trait: the server's half and the terminal's half joined by a function call.
//!
//! Whatever HTTP adds or hides is absent here, so a disagreement about the protocol itself has nowhere to stand.

use gate_terminal::{
    card,
    clock::SetClock,
    controller::{Controller, Doors},
    enrol,
    gate::{Event, SyncFailure},
    store::{DATABASE_FILE, SqliteStore},
    sync::line,
};
use shared::{
    entry::Direction,
    ids::{CampusId, GateIndex},
    sync::enrol::InviteCode,
    verdict::Verdict,
};
use sync_server::sync::{Door, DoorFault};
use tokio::sync::watch;
use world::{
    Trouble,
    campus::{Campus, today},
    people::Form,
    terminal::{Witness, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_of_the_protocol_meet_without_a_socket() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let good = campus.approved(&Form::good(today())).await?.text;
    let (_open, closing) = watch::channel(false);
    let door = Door::new(campus.state.clone(), closing);

    let code = InviteCode::from_random([9; 10]);
    let (now, gate) = (campus.now(), GateIndex::new(2).unwrap());
    let until = now.plus(chrono::TimeDelta::minutes(10));
    campus.state.store.invite(CampusId::new(1), gate, &code, until, now).await.unwrap();
    let mut store = SqliteStore::open(&campus.room().join(DATABASE_FILE)).unwrap();
    enrol::enrol(&door, &mut store, campus.room(), code, None).await.unwrap();

    let (calls, mut lanes) = line();
    let doors = Doors {
        clock: Box::new(SetClock::at(now)),
        line: Box::new(calls),
        cards: Box::new(card::desk().0),
        lamp: Box::new(Witness::default()),
        observer: Box::new(Witness::default()),
        key: enrol::load_key(campus.room()).unwrap(),
    };
    let mut north = Controller::open(store, doors, Direction::In).unwrap();
    north.turn(Event::Tick);
    for event in lanes.round(&door, meaning).await {
        north.turn(event);
    }
    north.turn(Event::code(good));
    assert_eq!(shown(&north.view()).verdict, Verdict::Admit);
    // The pull is held for as long as nothing is new, so only the push is answered here.
    let push = lanes.next_push().unwrap();
    north.turn(gate_terminal::sync::round::push_once(&door, push, meaning).await);
    assert_eq!(north.view().unsent, 0);
    assert_eq!(campus.log().await?.len(), 1);
    Ok(())
}

fn meaning(fault: &DoorFault) -> SyncFailure {
    match fault {
        DoorFault::Refused(refusal) => SyncFailure::Refused(refusal.clone()),
        DoorFault::Unread(_)
        | DoorFault::Busy
        | DoorFault::Store(_)
        | DoorFault::Leapt(_)
        | DoorFault::Random(_)
        | DoorFault::Unsealed(_) => SyncFailure::Unreachable(fault.to_string()),
    }
}
