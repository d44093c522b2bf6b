//! What the office remembers of its sign-in codes beside the codes: what they cost, the tabs of networks, and which browsers are
//! known. One row is read and one is written for each, however many codes there were: a flood is no slower than a trickle.

use std::{collections::BTreeSet, net::IpAddr};

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    identity::Phone,
    time::{CampusDay, Moment},
};

use super::{
    Store, StoreError,
    attempts::{self, network},
    rows,
    writer::Writing,
};
use crate::office::{Asker, CodeBook, FAILED_IN_A_ROW, Heard, Pause, Tab};

/// A browser that was not seen for so long is a stranger again.
const BROWSER_KEPT: TimeDelta = TimeDelta::days(180);
/// What a network earned has faded by then.
const TAB_KEPT_DAYS: u16 = 14;
/// The messages among which those in a row are looked for, so that looking takes as long in a flood.
const LOOKED_BACK: u32 = 20 * FAILED_IN_A_ROW;

/// The networks that a request comes from: the address, and what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct From {
    pub(super) address: String,
    pub(super) network: String,
}

impl From {
    pub(super) fn of(address: IpAddr) -> Self {
        Self { address: network(address), network: attempts::around(address) }
    }

    pub(super) fn tabs(&self, db: &Connection, now: Moment) -> Result<[Tab; 2], StoreError> {
        Ok([tab(db, &self.address, now)?, tab(db, &self.network, now)?])
    }

    /// Changes both tabs.
    pub(super) fn note(&self, db: &Writing<'_>, now: Moment, change: impl Fn(&mut Tab)) -> Result<(), StoreError> {
        for who in [&self.address, &self.network] {
            let mut held = tab(db, who, now)?;
            change(&mut held);
            db.prepare_cached(
                "insert or replace into code_tab (network, owed, earned, since, day) values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![who, held.owed, held.earned, held.since.unix_ms(), held.day.to_string()])?;
        }
        Ok(())
    }
}

impl Store {
    /// The office's book of codes as of now.
    pub async fn code_book(&self, now: Moment) -> Result<CodeBook, StoreError> {
        self.0.readers.look(move |db| read(db, now)).await
    }

    /// The pause that holds for a stranger who asks from this address, and whether none holds for who asks by mobile data.
    pub async fn codes_paused(&self, address: IpAddr, now: Moment) -> Result<Option<(Pause, bool)>, StoreError> {
        let paused = move |db: &Connection| {
            let [_, network] = From::of(address).tabs(db, now)?;
            let book = read(db, now)?;
            let elsewhere = book.pause(Asker::Warm, now).is_none();
            Ok(book.pause(network.asker(), now).map(|pause| (pause, elsewhere)))
        };
        self.0.readers.look(paused).await
    }

    /// For whoever asks for the book of an office: the pauses that hold now.
    pub async fn code_pauses(&self, now: Moment) -> Result<Vec<(Asker, Pause)>, StoreError> {
        let book = self.code_book(now).await?;
        Ok([Asker::Cold, Asker::Warm].into_iter().filter_map(|asker| Some((asker, book.pause(asker, now)?))).collect())
    }
}

pub(super) fn read(db: &Connection, now: Moment) -> Result<CodeBook, StoreError> {
    let held: Option<String> =
        db.prepare_cached("select book from code_book where only = 1")?.query_row([], |row| row.get(0)).optional()?;
    held.map_or_else(|| Ok(CodeBook::new(now)), |text| Ok(serde_json::from_str::<CodeBook>(&text)?.at(now)))
}

pub(super) fn keep(db: &Writing<'_>, book: &CodeBook) -> Result<(), StoreError> {
    db.prepare_cached("insert or replace into code_book (only, book) values (1, ?1)")?
        .execute([serde_json::to_string(book)?])?;
    Ok(())
}

/// What is to be known of a question before it is ruled on.
pub(super) fn heard(
    db: &Connection,
    phone: &Phone,
    browser: [u8; 32],
    from: &From,
    book: &CodeBook,
    now: Moment,
) -> Result<Heard, StoreError> {
    Ok(Heard {
        proven: is_proven(db, phone, browser)?,
        known: is_known(db, phone, now)?,
        tabs: from.tabs(db, now)?,
        failing: is_failing(db, book.failures_count_from())?,
    })
}

pub(super) fn is_proven(db: &Connection, phone: &Phone, browser: [u8; 32]) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached("select 1 from known_browser where phone = ?1 and browser = ?2")?;
    Ok(query.exists(params![phone.as_str(), browser])?)
}

pub(super) fn remember(db: &Writing<'_>, phone: &Phone, browser: [u8; 32], now: Moment) -> Result<(), StoreError> {
    db.prepare_cached("insert or replace into known_browser (phone, browser, seen_at) values (?1, ?2, ?3)")?
        .execute(params![phone.as_str(), browser, now.unix_ms()])?;
    Ok(())
}

pub(super) fn forget(db: &Writing<'_>, now: Moment) -> Result<(), StoreError> {
    db.execute("delete from known_browser where seen_at <= ?1", [now.minus(BROWSER_KEPT).unix_ms()])?;
    let faded = CampusDay::of(now).minus_days(TAB_KEPT_DAYS).to_string();
    db.execute("delete from code_tab where day < ?1", [faded])?;
    Ok(())
}

fn is_known(db: &Connection, phone: &Phone, now: Moment) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached(
        "select exists (select 1 from known_browser where phone = ?1)
             or exists (select 1 from staff where phone = ?1 and left_at is null)
             or exists (select 1 from booking where phone = ?1 and day >= ?2)
             or exists (select 1 from booking where booked_by = ?1 and booked_by is not phone and day >= ?2)",
    )?;
    Ok(query.query_row(params![phone.as_str(), CampusDay::of(now).to_string()], |row| row.get(0))?)
}

/// Whether the last messages with codes, as far as they were tried, all failed: one to each of so many numbers. A number that has had
/// enough says nothing of the channel, nor does one that was refused, because anybody can invent one; unless it has had a code before,
/// and so exists.
fn is_failing(db: &Connection, since: Option<Moment>) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached(
        r#"select number, failed from
               (select "to" as number, sent_at is null as failed, given_up, id from notice
                where kind = 'sign_in_code' and (tries > 0 or sent_at is not null) and not of_number
                    and made_at >= ?1
                order by id desc limit ?2)
           where given_up is not 'refused' or exists (select 1 from known_browser where phone = number)
           order by id desc"#,
    )?;
    let since = since.map_or(i64::MIN, Moment::unix_ms);
    let mut numbers = BTreeSet::new();
    let mut rows = query.query(params![since, LOOKED_BACK])?;
    while let Some(row) = rows.next()? {
        let (number, failed): (String, bool) = (row.get(0)?, row.get(1)?);
        if !failed {
            return Ok(false);
        }
        numbers.insert(number);
        if numbers.len() >= usize::try_from(FAILED_IN_A_ROW).unwrap_or(usize::MAX) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tab(db: &Connection, who: &str, now: Moment) -> Result<Tab, StoreError> {
    let mut query = db.prepare_cached("select owed, earned, since, day from code_tab where network = ?1")?;
    let mut found = query.query([who])?;
    let Some(row) = found.next()? else { return Ok(Tab::new(now)) };
    let day = rows::parsed(row, "day", |text: String| CampusDay::parse(&text))?;
    let held = Tab { owed: row.get("owed")?, earned: row.get("earned")?, since: rows::moment(row, "since")?, day };
    Ok(held.at(now))
}
