//! Passes: sealed in the transaction that approves, told to the terminals no earlier than the day before they are good.

use std::sync::Arc;

use rusqlite::{Connection, params};
use shared::{
    identity::DocumentTag,
    ids::{BookingId, CampusId, GateMask, PassId},
    pass::{EntriesAllowed, PassSigner, PassText, SealedPass},
    planted,
    sync::change::{Change, PassRecord},
    time::{CampusDay, Moment},
};

use super::{
    IdentityKey, PageToken, Store, StoreError, booking_rows, feed, rows, sealing::Purpose, watchlist::PARTY_IS_WATCHED,
    writer::Writing,
};
use crate::office::{
    Approved, Facts, Staff, Standing,
    issue::{self, Terms},
};

/// What it takes to issue a pass, should the decision be yes.
#[derive(Debug, Clone)]
pub struct Issuing {
    pub signer: Arc<PassSigner>,
    /// Random, like `page`.
    pub pass: PassId,
    pub page: PageToken,
    pub gates: GateMask,
    pub entries: EntriesAllowed,
}

/// What the page of a pass shows.
#[derive(Debug, Clone)]
pub struct PassView {
    pub pass: PassId,
    pub facts: Facts,
    pub host: Staff,
    pub standing: Standing,
    /// For the QR code; `None` once the pass has ended early.
    pub text: Option<PassText>,
}

impl Store {
    pub async fn pass_page(&self, page: &PageToken) -> Result<Option<PassView>, StoreError> {
        let (hash, key) = (page.hash(), self.key().clone());
        self.0.readers.look(move |db| page_of(db, &key, hash)).await
    }

    /// Tells the terminals of passes that are good today or tomorrow; how many there were. Called at the start and every minute.
    pub async fn publish_due(&self, now: Moment) -> Result<usize, StoreError> {
        // Most of the time there is nothing, and a read asks no one to wait.
        if self.0.readers.read(move |db| due(db, now)).await?.is_empty() {
            return Ok(0);
        }
        let publish = move |db: &mut Writing<'_>| {
            let due = due(db, now)?;
            for pass in &due {
                publish(db, *pass)?;
            }
            Ok(due.len())
        };
        self.0.writer.write(publish).await
    }
}

/// Seals a pass for an approved booking and keeps it; terminals hear of it now if they must know by now.
pub(super) fn issue(
    db: &mut Writing<'_>,
    key: &IdentityKey,
    approved: &Approved,
    (facts, host): (&Facts, &Staff),
    issuing: &Issuing,
    now: Moment,
) -> Result<(), StoreError> {
    let booking = approved.booking();
    let tag: String =
        db.query_row("select document_tag from booking where id = ?1", [booking.get()], |row| row.get(0))?;
    let tag = rows::stored("document_tag", DocumentTag::try_from(tag).ok())?;
    let terms = Terms { pass: issuing.pass, gates: issuing.gates, entries: issuing.entries, tag };
    let (claims, record) = issue::issue(approved, facts, host, terms).ok_or(StoreError::Unissuable)?;
    let sealed = issuing.signer.seal(&claims);
    db.prepare_cached(
        "insert into pass (id, booking, campus, day, issued_at, page, page_token, sealed, record, key)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        issuing.pass.as_bytes(),
        booking.get(),
        facts.campus.get(),
        facts.day.to_string(),
        now.unix_ms(),
        issuing.page.hash(),
        key.seal(Purpose::Page, issuing.page.bytes())?,
        key.seal(Purpose::Pass, sealed.as_bytes())?,
        serde_json::to_string(&record)?,
        issuing.signer.id().get(),
    ])?;
    if published_days(now).contains(&facts.day) {
        publish(db, issuing.pass)?;
    }
    Ok(())
}

/// Seals the pass of a booking anew after a change that needed no decision: the same pass, saying what is so now. Gates that know
/// it are told again. `was_watched` is what held of it before the change.
pub(super) fn reissue(
    db: &mut Writing<'_>,
    key: &IdentityKey,
    approved: &Approved,
    (facts, host): (&Facts, &Staff),
    issuing: &Issuing,
    was_watched: bool,
) -> Result<(), StoreError> {
    let booking = approved.booking();
    let (pass, published, tag) = db
        .prepare_cached(
            "select p.id, p.published, b.document_tag from pass p join booking b on b.id = p.booking
             where p.booking = ?1 and p.ended_at is null",
        )?
        .query_row([booking.get()], |row| {
            Ok((rows::pass(row, "id"), row.get::<_, bool>("published")?, row.get::<_, String>("document_tag")?))
        })?;
    let pass = pass?;
    let tag = rows::stored("document_tag", DocumentTag::try_from(tag).ok())?;
    let terms = Terms { pass, gates: issuing.gates, entries: issuing.entries, tag };
    let (claims, record) = issue::issue(approved, facts, host, terms).ok_or(StoreError::Unissuable)?;
    let sealed = key.seal(Purpose::Pass, issuing.signer.seal(&claims).as_bytes())?;
    db.prepare_cached("update pass set sealed = ?2, record = ?3, key = ?4 where id = ?1")?.execute(params![
        pass.as_bytes(),
        sealed,
        serde_json::to_string(&record)?,
        issuing.signer.id().get()
    ])?;
    if published {
        publish(db, pass)?;
        if was_watched && !brings_watched(db, booking)? {
            feed::append(db, facts.campus, &Change::PassWatched { pass, watched: false })?;
        }
    }
    Ok(())
}

/// Whether the pass of this booking brings anybody who is on the watchlist.
pub(super) fn brings_watched(db: &Connection, booking: BookingId) -> Result<bool, StoreError> {
    let sql = format!("select 1 from pass p where p.booking = ?1 and {PARTY_IS_WATCHED}");
    Ok(db.prepare_cached(&sql)?.exists([booking.get()])?)
}

/// Ends the pass of a booking, if it has one. Terminals that have not heard of it yet hear of its end when they would have heard
/// of it: its picture is on a phone, and a list that merely lacks it would only make the guard look at the card.
pub(super) fn end(db: &mut Writing<'_>, booking: i64, now: Moment) -> Result<(), StoreError> {
    let live = {
        let mut query =
            db.prepare_cached("select id, campus, published from pass where booking = ?1 and ended_at is null")?;
        let mut found = query.query([booking])?;
        match found.next()? {
            Some(row) => Some((rows::pass(row, "id")?, rows::campus(row, "campus")?, row.get::<_, bool>("published")?)),
            None => None,
        }
    };
    let Some((pass, campus, published)) = live else { return Ok(()) };
    db.execute(
        "update pass set ended_at = ?1, sealed = null, record = null where id = ?2",
        params![now.unix_ms(), pass.as_bytes()],
    )?;
    if planted!("a revocation not told", false, published) {
        feed::append(db, campus, &Change::PassRevoked { pass, at: now })?;
    }
    Ok(())
}

/// A terminal carries today and tomorrow and no more.
fn published_days(now: Moment) -> std::ops::RangeInclusive<CampusDay> {
    let today = CampusDay::of(now);
    today..=today.plus_days(planted!("passes told days ahead", 7, 1))
}

fn due(db: &Connection, now: Moment) -> Result<Vec<PassId>, StoreError> {
    let days = published_days(now);
    let mut query =
        db.prepare_cached("select id from pass where day between ?1 and ?2 and published = 0 order by day, issued_at")?;
    let mut found = query.query([days.start().to_string(), days.end().to_string()])?;
    let mut passes = Vec::new();
    while let Some(row) = found.next()? {
        passes.push(rows::pass(row, "id")?);
    }
    Ok(passes)
}

fn publish(db: &mut Writing<'_>, pass: PassId) -> Result<(), StoreError> {
    let sql = format!("select p.campus, p.record, p.ended_at, {PARTY_IS_WATCHED} from pass p where p.id = ?1");
    let (campus, record, ended, watched): (u16, Option<String>, Option<i64>, bool) = db
        .prepare_cached(&sql)?
        .query_row([pass.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let campus = CampusId::new(campus);
    if let Some(ended) = ended {
        feed::append(db, campus, &Change::PassRevoked { pass, at: Moment::from_unix_ms(ended) })?;
    } else {
        let record: PassRecord = serde_json::from_str(&rows::stored("record", record)?)?;
        feed::append(db, campus, &Change::PassIssued(record.into()))?;
        if watched {
            feed::append(db, campus, &Change::PassWatched { pass, watched })?;
        }
    }
    db.execute("update pass set published = 1, record = null where id = ?1", [pass.as_bytes()])?;
    Ok(())
}

fn page_of(db: &Connection, key: &IdentityKey, page: [u8; 32]) -> Result<Option<PassView>, StoreError> {
    let mut query = db.prepare_cached(
        "select b.*, s.number as staff_number, s.name as staff_name, s.department as staff_department, s.phone as staff_phone,
             s.wecom_id, s.hall_id, p.id as pass, p.sealed
         from pass p join booking b on b.id = p.booking join staff s on s.number = b.host
         where p.page = ?1 and not b.anonymous",
    )?;
    let mut found = query.query([page])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let text = match row.get::<_, Option<Vec<u8>>>("sealed")? {
        Some(sealed) => Some(text(key, &sealed)?),
        None => None,
    };
    Ok(Some(PassView {
        pass: rows::pass(row, "pass")?,
        facts: booking_rows::facts(row)?,
        host: rows::staff(row)?,
        standing: booking_rows::standing(row)?,
        text,
    }))
}

fn text(key: &IdentityKey, sealed: &[u8]) -> Result<PassText, StoreError> {
    let bytes = key.open(Purpose::Pass, sealed)?;
    let pass = SealedPass::from_bytes(bytes.to_vec()).map_err(|_| StoreError::Stored { what: "pass" })?;
    Ok(pass.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::{BookingForm, Choice, Revision},
        store::office_days::{CAMPUS, Office, form, today, with_companions},
    };

    async fn approve(office: &Office, day: CampusDay, seed: u8) {
        let typed = BookingForm { day: day.to_string(), ..form() };
        let (_, links) = office.submit(&typed, seed).await;
        office
            .store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(seed), office.now)
            .await
            .unwrap();
    }

    async fn told(office: &Office) -> Vec<PassId> {
        let passes = office.changes().await.into_iter().filter_map(|change| match change {
            Change::PassIssued(record) => Some(record.pass),
            Change::Places(_)
            | Change::PassRevoked { .. }
            | Change::PassWatched { .. }
            | Change::PassMoved { .. }
            | Change::WalkInDecided { .. } => None,
        });
        passes.collect()
    }

    #[tokio::test]
    async fn a_pass_is_told_the_day_before_and_once() {
        let office = Office::with_host().await;
        for (ahead, seed) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
            approve(&office, today().plus_days(ahead), seed).await;
        }
        let id = |seed| PassId::from_bytes([seed; 8]);
        assert_eq!(told(&office).await, [id(1), id(2)]);
        assert_eq!(office.store.publish_due(office.now).await.unwrap(), 0);
        assert_eq!(office.store.publish_due(today().end()).await.unwrap(), 1);
        assert_eq!(office.store.publish_due(today().end()).await.unwrap(), 0);
        assert_eq!(told(&office).await, [id(1), id(2), id(3)]);
        // A server that was off for days does not tell of days that are over.
        assert_eq!(office.store.publish_due(today().plus_days(9).start()).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn the_record_says_what_a_guard_needs_and_no_number() {
        let office = Office::with_host().await;
        let typed =
            BookingForm { plate: vec!["京A12345".to_owned()], ..with_companions(&[("李䶮", ""), ("赵㼆", "")]) };
        let (_, links) = office.submit(&typed, 1).await;
        office
            .store
            .decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now)
            .await
            .unwrap();
        let fed = office.fed().await;
        assert!(!fed.links[0].body.get().contains("11010519491231"));
        let Change::PassIssued(record) = serde_json::from_str(fed.links[0].body.get()).unwrap() else { panic!() };
        let document = shared::identity::Document::parse(
            shared::identity::DocumentKind::ResidentId,
            &form().document_number,
            today().date(),
        );
        assert_eq!(Some(record.document_tag), DocumentTag::of(&document.unwrap(), CAMPUS, today()));
        assert_eq!(record.party.get(), 3);
        assert_eq!(record.plates, ["京A12345"]);
        assert_eq!(record.host, office.host.name);
        assert_eq!(record.visit_from, today().at_minute(600));
        let page = office.store.pass_page(&PageToken::from_random([1; 24])).await.unwrap().unwrap();
        let sealed = SealedPass::from_text(&page.text.unwrap()).unwrap();
        assert!(sealed.as_bytes().len() <= shared::pass::MAX_PASS_BYTES);
    }
}
