//! Who begins is told what matters, and what was told of past visits goes.

use std::sync::Arc;

use shared::sync::{
    change::{PassRecord, Places},
    snapshot::SnapshotPlace,
};

use super::*;
use crate::{
    config::Config,
    store::{
        Fed,
        office_days::{CAMPUS, Office, today},
    },
};

fn place(seq: u64, parts: &[ChainHash], part: u32) -> SnapshotPlace {
    SnapshotPlace { epoch: 1, seq, whole: whole(parts), part }
}

fn issued(number: u64, day: CampusDay) -> Change {
    let record = serde_json::json!({
        "pass": shared::ids::PassId::from_bytes(number.to_be_bytes()), "day": day, "visit_from": day.start(),
        "visit_until": day.start(), "visitor": "张晓明", "phone_tail": "0001", "document": "resident_id", "last_four": "002X",
        "document_tag": format!("{number:032x}"), "companions": [], "plates": [], "party": 1, "entries": 1,
        "gates": 65535, "host": "李文", "department": "院", "reason": "访"
    });
    Change::PassIssued(Arc::new(serde_json::from_value::<PassRecord>(record).unwrap()))
}

async fn tell(office: &Office, changes: Vec<Change>) {
    let tell = move |db: &mut Writing<'_>| changes.iter().try_for_each(|change| feed::append(db, CAMPUS, change));
    office.store.0.writer.write(tell).await.unwrap();
}

async fn places(office: &Office) -> Places {
    let places = Config::default().places();
    office.store.set_places(places.clone(), office.now).await.unwrap();
    places.into_iter().find(|places| places.campus == CAMPUS).unwrap()
}

async fn asked(office: &Office, cursor: Cursor, place: Option<SnapshotPlace>) -> Fed {
    office.store.feed_from(CAMPUS, cursor, place, 10_000).await.unwrap().unwrap()
}

fn read(told: &ToldSnapshot) -> Vec<Change> {
    serde_json::from_str(told.changes.get()).unwrap()
}

#[tokio::test]
async fn whoever_begins_is_told_today_and_tomorrow_and_links_from_there_on() {
    let office = Office::open();
    let names = places(&office).await;
    let noon = |days: u16| today().plus_days(days).at_minute(12 * 60);
    assert_eq!(office.store.keep_snapshots(noon(0)).await.unwrap(), 2, "the day is noted for each campus");
    tell(&office, (0..40).map(|number| issued(number, today())).collect()).await;
    tell(&office, vec![issued(100, today().plus_days(1))]).await;
    assert_eq!(office.store.keep_snapshots(noon(0)).await.unwrap(), 0, "few links are told as they are");
    assert_eq!(asked(&office, Cursor::START, None).await.links.len(), 42);

    assert_eq!(office.store.keep_snapshots(noon(1)).await.unwrap(), 2);
    let fed = asked(&office, Cursor::START, None).await;
    assert_eq!((fed.snapshot.is_some(), fed.latest, fed.head.seq), (true, 42, 42));
    tell(&office, vec![issued(101, today().plus_days(1))]).await;
    let fed = asked(&office, Cursor::START, None).await;
    let told = fed.snapshot.unwrap();
    assert!(fed.links.is_empty());
    for begins in [Cursor { epoch: 1, seq: 0 }, Cursor { epoch: 0, seq: 7 }] {
        assert!(asked(&office, begins, None).await.snapshot.is_some(), "{begins:?}");
    }
    assert_eq!((told.head.seq, fed.head, told.part, told.parts.len()), (42, told.head, 0, 1));
    assert_eq!(told.parts[0], part_hash(told.changes.get()));
    let changes = [Change::Places(names), issued(100, today().plus_days(1))];
    assert_eq!(read(&told), changes);
    let (up_to, bodies) = office.store.0.readers.read(|db| newest_bodies(db, CAMPUS, 1)).await.unwrap();
    assert_eq!((up_to, bodies), (42, changes.map(|change| serde_json::to_string(&change).unwrap()).to_vec()));
    let rest = asked(&office, Cursor { epoch: 1, seq: 42 }, None).await;
    assert_eq!((rest.links.len(), rest.snapshot.is_none(), rest.head.seq), (1, true, 43));
    // Who was there in between goes on link by link.
    assert_eq!(asked(&office, Cursor { epoch: 1, seq: 3 }, None).await.links.len(), 40);
}

#[tokio::test]
async fn links_go_two_days_after_the_snapshot_that_took_their_place_and_so_does_it_with_its_day() {
    let office = Office::open();
    let names = places(&office).await;
    let noon = |days: u16| today().plus_days(days).at_minute(12 * 60);
    office.store.keep_snapshots(noon(0)).await.unwrap();
    tell(&office, (0..9).map(|number| issued(number, today())).collect()).await;
    let visitors = "select (select count(*) from feed where body like '%张晓明%')
        + (select count(*) from snapshot_part where body like '%张晓明%')";
    for day in 1..=2 {
        office.store.keep_snapshots(noon(day)).await.unwrap();
        assert_eq!(office.look(visitors), 9, "{day}");
    }
    office.store.keep_snapshots(noon(3)).await.unwrap();
    assert_eq!(office.look(visitors), 1, "the last link stays, because everything goes on from it");
    tell(&office, vec![issued(50, today().plus_days(4))]).await;
    for day in 4..=7 {
        office.store.keep_snapshots(noon(day)).await.unwrap();
    }
    let fed = asked(&office, Cursor { epoch: 1, seq: 3 }, None).await;
    assert!(fed.snapshot.is_none() && fed.links.is_empty() || fed.snapshot.is_some(), "{fed:?}");
    assert_eq!(office.look("select count(*) from feed where campus = 1"), 1);
    tell(&office, vec![issued(51, today().plus_days(8))]).await;
    // Away for longer than links are kept: what it missed is told as to one that begins.
    let told = asked(&office, Cursor { epoch: 1, seq: 3 }, None).await.snapshot.unwrap();
    assert_eq!((told.head.seq, read(&told)), (11, vec![Change::Places(names)]));
}

#[tokio::test]
async fn what_is_old_goes_at_its_minute_though_no_snapshot_is_due_then() {
    let office = Office::open();
    places(&office).await;
    let noon = |days: u16| today().plus_days(days).at_minute(12 * 60);
    office.store.keep_snapshots(noon(0)).await.unwrap();
    tell(&office, (0..9).map(|number| issued(number, today())).collect()).await;
    office.store.keep_snapshots(noon(1)).await.unwrap();
    let links = "select count(*) from feed where body like '%张晓明%'";
    assert_eq!(office.store.keep_snapshots(today().plus_days(3).start()).await.unwrap(), 2);
    assert_eq!(office.look(links), 9, "twelve hours are left to them");
    assert_eq!(office.store.keep_snapshots(noon(3)).await.unwrap(), 0);
    assert_eq!(office.look(links), 1);
}

#[tokio::test]
async fn a_rush_makes_one_in_parts_and_a_part_of_another_is_not_told() {
    let office = Office::open();
    places(&office).await;
    office.store.keep_snapshots(office.now).await.unwrap();
    let passes = u64::try_from(SNAPSHOT_PART).unwrap() + 7;
    tell(&office, (0..passes).map(|number| issued(number, today())).collect()).await;
    assert_eq!(office.store.keep_snapshots(office.now).await.unwrap(), 1);
    assert_eq!(office.store.keep_snapshots(office.now).await.unwrap(), 0);
    tell(&office, vec![issued(passes, today())]).await;
    let first = asked(&office, Cursor::START, None).await.snapshot.unwrap();
    let seq = first.head.seq;
    assert_eq!((first.parts.len(), read(&first).len(), seq), (2, SNAPSHOT_PART, passes + 1));
    let second = asked(&office, Cursor::START, Some(place(seq, &first.parts, 1))).await.snapshot.unwrap();
    assert_eq!((second.part, read(&second).len()), (1, 8));
    let other = SnapshotPlace { whole: ChainHash::START, ..place(seq, &first.parts, 1) };
    assert_eq!(asked(&office, Cursor::START, Some(other)).await.snapshot.unwrap().part, 0);
    let beyond = Some(place(seq, &first.parts, 2));
    assert_eq!(asked(&office, Cursor::START, beyond).await.snapshot.unwrap().part, 0);
}

#[tokio::test]
async fn within_a_day_one_is_due_after_two_thousand_links_and_of_a_large_campus_when_a_quarter_would_be_new() {
    let office = Office::open();
    places(&office).await;
    office.store.keep_snapshots(office.now).await.unwrap();
    let mut passes = 0_u64..;
    // The campus's names were the first link; of nine thousand passes there are three parts.
    for (links, due) in [(LINKS_AT_LEAST - 2, 0), (1, 1), (7_000, 1), (2_999, 0), (1, 1)] {
        let issued = passes.by_ref().take(usize::try_from(links).unwrap()).map(|number| issued(number, today()));
        tell(&office, issued.collect()).await;
        assert_eq!(office.store.keep_snapshots(office.now).await.unwrap(), due, "{links} more, up to {}", passes.start);
    }
    let told = asked(&office, Cursor::START, None).await.snapshot.unwrap();
    assert_eq!((told.head.seq, told.parts.len()), (passes.start + 1, 3));
}
