//! Entries that no day shows by what they claim: nobody can read them, or their time cannot be. And how many were set aside.
//!
//! An entry belongs to the day that its terminal says. One that says nonsense would belong to none that anybody looks at, so it is found by
//! the day on which it came.

use rusqlite::{Connection, params};
use shared::time::CampusDay;

use super::{EntryRow, Store, StoreError, entries::read_all};

impl Store {
    /// Those that came on `day` and do not claim it, as they came.
    pub async fn odd_entries(&self, day: CampusDay) -> Result<Vec<EntryRow>, StoreError> {
        let odd = move |db: &Connection| {
            let mut query = db.prepare_cached(
                "select e.terminal, e.seq, e.body, e.received_at, p.why from entry e indexed by entry_odd
                 left join poison p on p.terminal = e.terminal and p.seq = e.seq
                 where (e.at is null or e.at > e.received_at + 600000 or e.at < e.received_at - 2678400000)
                     and e.received_at >= ?1 and e.received_at < ?2 and e.day is not ?3
                 order by e.received_at, e.terminal, e.seq",
            )?;
            read_all(query.query(params![day.start().unix_ms(), day.end().unix_ms(), day.to_string()])?)
        };
        self.0.readers.read(odd).await
    }

    /// How many entries of withdrawn terminals came, on one day or ever.
    pub async fn count_set_aside(&self, day: Option<CampusDay>) -> Result<u64, StoreError> {
        let count = move |db: &Connection| {
            let sql = "select count(*) from set_aside where ?1 is null or received_at >= ?1 and received_at < ?2";
            let (from, until) = (day.map(|day| day.start().unix_ms()), day.map(|day| day.end().unix_ms()));
            let count: i64 = db.prepare_cached(sql)?.query_row(params![from, until], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        };
        self.0.readers.read(count).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use ed25519_dalek::SigningKey;
    use serde_json::value::RawValue;
    use shared::{
        chain::{ChainName, Head, Link},
        ids::GateIndex,
        seal::{PublicKey, Sealed},
        sync::{
            enrol::InviteCode,
            push::{EntryHead, PushRequest},
        },
    };

    use super::*;
    use crate::store::{
        EntryFilter,
        office_days::{CAMPUS, Office},
    };

    #[tokio::test]
    async fn what_says_nonsense_of_its_time_is_found_by_the_day_on_which_it_came() {
        let Office { store, now, .. } = &Office::open();
        let (code, key, gate) =
            (InviteCode::from_random([1; 10]), SigningKey::from_bytes(&[1; 32]), GateIndex::new(1).unwrap());
        store.invite(CAMPUS, gate, &code, now.plus(TimeDelta::minutes(1)), *now).await.unwrap();
        let terminal = store.enrol(&code, PublicKey::of(&key), *now).await.unwrap().unwrap().id;
        let (mut head, mut links) = (Head::START, Vec::new());
        let times = [0, 3 * 24 * 60, -5 * 24 * 60, -40 * 24 * 60]
            .map(|minutes| now.plus(TimeDelta::minutes(minutes)).unix_ms());
        let written = times.map(|at| {
            format!(
                r#"{{"at":{at},"clock_trusted":true,"gate":1,"direction":"in","verdict":{{"verdict":"admit"}},"outcome":{{"kind":"passed"}},"party":1}}"#
            )
        });
        for text in written.into_iter().chain(["{}".to_owned()]) {
            head = head.extend(ChainName::Entries { terminal }, &text);
            links.push(Link { seq: head.seq, body: RawValue::from_string(text).unwrap() });
        }
        let signed = Sealed::seal(&EntryHead { terminal, head }, None, &key).unwrap();
        let request = PushRequest { terminal, links, head: signed, marks: String::new() };
        store.push(terminal, &request, *now).await.unwrap().unwrap();

        let today = CampusDay::of(*now);
        let numbers = |rows: &[EntryRow]| rows.iter().map(|row| row.id.seq).collect::<Vec<_>>();
        let claimed = store.entries(EntryFilter { day: Some(today), ..EntryFilter::default() }).await.unwrap();
        assert_eq!(numbers(&claimed), [1]);
        let odd = store.odd_entries(today).await.unwrap();
        assert_eq!(
            numbers(&odd),
            [2, 4, 5],
            "of a day to come, of long ago, of none; and not what a gate had kept for days"
        );
        assert!(odd[2].entry.is_err());
        assert_eq!(numbers(&store.odd_entries(today.plus_days(1)).await.unwrap()), [0; 0]);

        let link = Link { seq: 9, body: RawValue::from_string("{}".to_owned()).unwrap() };
        store.withdraw(terminal, *now).await.unwrap();
        store.set_aside(terminal, vec![link], *now).await.unwrap();
        let days = [None, Some(today), Some(today.plus_days(1))];
        for (day, count) in days.into_iter().zip([1, 1, 0]) {
            assert_eq!(store.count_set_aside(day).await.unwrap(), count, "{day:?}");
        }
    }
}
