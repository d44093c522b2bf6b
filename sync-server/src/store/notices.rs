//! The outbox: notices are written in the transaction of what they tell of, and sent afterwards.
//!
//! So there is never a notice of something that was rolled back, nor a decision nobody heard of because the server fell over in
//! between. Once sent, the link it carried is forgotten.

use std::fmt;

use rusqlite::{Connection, Row, ToSql, params};
use shared::{
    ids::{BookingId, StaffNumber},
    time::Moment,
};

use super::{GivenUp, Receipt, Store, StoreError, rows, writer::Writing};
use crate::office::{
    Channel,
    notice::{Fact, Message, NoticeKind},
};

/// A notice to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: i64,
    pub channel: Channel,
    /// A phone number, or the channel's own name for a member of staff.
    pub to: String,
    pub kind: NoticeKind,
    pub booking: Option<BookingId>,
    pub text: String,
    /// What the text says, for templates and cards.
    pub facts: Vec<(Fact, String)>,
    /// Where it leads: the path of a page, to be put after the site's address.
    pub path: Option<String>,
    /// How often sending it has failed.
    pub failed: u32,
    pub made_at: Moment,
    /// The notice that this one follows, if it does: a card to be changed, a to-do to be closed.
    pub follows: Option<Followed>,
}

/// A notice that was sent before, about which there is news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    pub key: NoticeKey,
    /// How the provider called it, where it said so.
    pub handle: Option<String>,
}

/// A notice's name outside of the house, the same at every try, so that a provider who knows one can tell that it has it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NoticeKey {
    pub(super) id: i64,
    pub(super) made_at: Moment,
}

impl Notice {
    #[must_use]
    pub const fn key(&self) -> NoticeKey {
        NoticeKey::new(self.id, self.made_at)
    }

    #[must_use]
    pub fn fact(&self, fact: Fact) -> Option<&str> {
        self.facts.iter().find(|(known, _)| *known == fact).map(|(_, value)| value.as_str())
    }
}

impl NoticeKey {
    #[must_use]
    pub const fn new(id: i64, made_at: Moment) -> Self {
        Self { id, made_at }
    }

    /// Reads what [`Display`](fmt::Display) writes, and that alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (made_at_ms, id) = text.split_once('-')?;
        let key = Self::new(id.parse().ok()?, Moment::from_unix_ms(made_at_ms.parse().ok()?));
        (key.to_string() == text).then_some(key)
    }
}

/// Digits and a hyphen: what every provider takes for a name. With its time, because ids begin again with a new database.
impl fmt::Display for NoticeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.made_at.unix_ms(), self.id)
    }
}

/// What became of a notice, for the booking's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeStatus {
    pub channel: Channel,
    pub kind: NoticeKind,
    pub state: NoticeState,
    /// What the provider said of it since, and when.
    pub receipt: Option<(Receipt, Moment)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    Waiting { failed: u32 },
    Sent { at: Moment },
    GivenUp(GivenUp),
}

pub(super) struct New<'a> {
    pub(super) booking: Option<BookingId>,
    pub(super) channel: Channel,
    pub(super) to: &'a str,
    pub(super) message: &'a Message,
    pub(super) path: Option<&'a str>,
}

impl Store {
    /// What is due, to look at; [`Store::take_notices`] is for who sends it.
    pub async fn due_notices(&self, now: Moment, limit: usize) -> Result<Vec<Notice>, StoreError> {
        let due = move |db: &rusqlite::Connection| {
            let mut query = db.prepare_cached(&format!(
                "select {NOTICE} {OF_NOTICES} where n.next_try is not null and n.next_try <= ?1
                         and (n.in_hand_until is null or n.in_hand_until <= ?1) order by n.next_try, n.id limit ?2"
            ))?;
            let mut found = query.query(params![now.unix_ms(), rows::limit(limit)])?;
            let mut notices = Vec::new();
            while let Some(row) = found.next()? {
                notices.push(read(row)?.0);
            }
            Ok(notices)
        };
        self.0.readers.read(due).await
    }
}

/// What was written about a booking, oldest first.
pub(super) fn of(db: &Connection, booking: BookingId) -> Result<Vec<NoticeStatus>, StoreError> {
    let mut query = db.prepare_cached(
        "select kind, channel, next_try, sent_at, tries, given_up, receipt, receipt_at, receipt_why
             from notice where booking = ?1 order by id",
    )?;
    let mut found = query.query([booking.get()])?;
    let mut notices = Vec::new();
    while let Some(row) = found.next()? {
        notices.push(status(row)?);
    }
    Ok(notices)
}

/// To be sent at once; its id.
pub(super) fn add(db: &mut Writing<'_>, notice: &New<'_>, now: Moment) -> Result<i64, StoreError> {
    insert(db, notice, &How { next_try: Some(now), ..How::default() }, now)
}

/// To be sent after another, about what became of that.
pub(super) fn add_following(
    db: &mut Writing<'_>,
    notice: &New<'_>,
    follows: i64,
    now: Moment,
) -> Result<i64, StoreError> {
    insert(db, notice, &How { next_try: Some(now), follows: Some(follows), ..How::default() }, now)
}

/// One in place of many, that says how many wait for `staff` when it leaves: not before `next_try`.
pub(super) fn add_counting(
    db: &mut Writing<'_>,
    notice: &New<'_>,
    (staff, next_try): (&StaffNumber, Moment),
    now: Moment,
) -> Result<i64, StoreError> {
    insert(db, notice, &How { next_try: Some(next_try), counts: Some(staff), ..How::default() }, now)
}

/// Never sent: others say it, too.
pub(super) fn add_untold(db: &mut Writing<'_>, notice: &New<'_>, now: Moment) -> Result<(), StoreError> {
    insert(db, notice, &How { given_up: Some(GivenUp::Together), ..How::default() }, now)?;
    Ok(())
}

/// What a notice is besides what it says.
#[derive(Default)]
struct How<'a> {
    next_try: Option<Moment>,
    follows: Option<i64>,
    given_up: Option<GivenUp>,
    counts: Option<&'a StaffNumber>,
}

fn insert(db: &mut Writing<'_>, notice: &New<'_>, how: &How<'_>, now: Moment) -> Result<i64, StoreError> {
    let said = say(db, notice.message)?;
    db.prepare_cached(
        r#"insert into notice (booking, kind, channel, "to", said, path, made_at, next_try, follows, given_up, counts)
           values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"#,
    )?
    .execute(params![
        notice.booking.map(BookingId::get),
        notice.message.kind.name(),
        notice.channel.name(),
        notice.to,
        said,
        notice.path,
        now.unix_ms(),
        how.next_try.map(Moment::unix_ms),
        how.follows,
        how.given_up.map(GivenUp::name),
        how.counts.map(StaffNumber::as_str)
    ])?;
    db.touch_notices();
    Ok(db.last_insert_rowid())
}

/// The same message by every channel, to be sent at once: in one statement, because each takes its number from a row of its own.
pub(super) fn add_to_all(
    db: &mut Writing<'_>,
    booking: BookingId,
    message: &Message,
    to: [(Channel, &str, &str); Channel::ALL.len()],
    now: Moment,
) -> Result<(), StoreError> {
    let said = say(db, message)?;
    let [(first, first_to, first_path), (second, second_to, second_path), (third, third_to, third_path)] = to;
    db.prepare_cached(
        r#"insert into notice (booking, kind, said, made_at, next_try, channel, "to", path) values
               (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7), (?1, ?2, ?3, ?4, ?4, ?8, ?9, ?10), (?1, ?2, ?3, ?4, ?4, ?11, ?12, ?13)"#,
    )?
    .execute(params![
        booking.get(),
        message.kind.name(),
        said,
        now.unix_ms(),
        first.name(),
        first_to,
        first_path,
        second.name(),
        second_to,
        second_path,
        third.name(),
        third_to,
        third_path
    ])?;
    db.touch_notices();
    Ok(())
}

fn say(db: &Writing<'_>, message: &Message) -> Result<i64, StoreError> {
    db.prepare_cached("insert into said (body, facts) values (?1, ?2)")?
        .execute(params![message.text, written(&message.facts)?])?;
    Ok(db.last_insert_rowid())
}

/// What `notice` says is something else now; nobody else says the same.
pub(super) fn say_instead(db: &Writing<'_>, notice: i64, message: &Message) -> Result<(), StoreError> {
    db.prepare_cached("update said set body = ?2, facts = ?3 where id = (select said from notice where id = ?1)")?
        .execute(params![notice, message.text, written(&message.facts)?])?;
    Ok(())
}

/// Forgets what those notices say of which `which` holds of `value`.
pub(super) fn unsay(db: &Connection, which: &str, values: &[&dyn ToSql]) -> Result<(), StoreError> {
    let sql = format!("update said set body = '', facts = '[]' where id in (select said from notice where {which})");
    db.prepare_cached(&sql)?.execute(values)?;
    Ok(())
}

/// What [`read`] reads, by its place: a queue is read as fast as it is sent, and to find a column by its name costs more than the
/// column does.
pub(super) const NOTICE: &str = r#"n.id, n.channel, n."to", n.kind, n.booking, s.body, s.facts, n.path, n.tries, n.made_at,
    n.follows, f.made_at, f.handle, n.taken_at is not null, f.given_up is not null and f.taken_at is null"#;

/// With what each says, and what it follows.
pub(super) const OF_NOTICES: &str = "from notice n join said s on s.id = n.said left join notice f on f.id = n.follows";

/// What is known of a notice besides what it says.
pub(super) struct Stands {
    /// It was in hand before and may have arrived.
    pub(super) in_doubt: bool,
    /// What it follows never left.
    pub(super) was_followed_never: bool,
}

pub(super) fn read(row: &Row<'_>) -> Result<(Notice, Stands), StoreError> {
    let text =
        |at: usize| -> Result<&str, StoreError> { Ok(row.get_ref(at)?.as_str().map_err(rusqlite::Error::from)?) };
    let moment = |at: usize| row.get::<_, Option<i64>>(at).map(|ms| ms.map(Moment::from_unix_ms));
    let notice = Notice {
        id: row.get(0)?,
        channel: rows::stored("channel", Channel::from_name(text(1)?))?,
        to: row.get(2)?,
        kind: rows::stored("kind", NoticeKind::from_name(text(3)?))?,
        booking: row.get::<_, Option<i64>>(4)?.map(BookingId::new),
        text: row.get(5)?,
        facts: facts(text(6)?)?,
        path: row.get(7)?,
        failed: row.get(8)?,
        made_at: rows::stored("made_at", moment(9)?)?,
        follows: match (row.get(10)?, moment(11)?) {
            (Some(id), Some(made_at)) => Some(Followed { key: NoticeKey::new(id, made_at), handle: row.get(12)? }),
            _ => None,
        },
    };
    Ok((notice, Stands { in_doubt: row.get(13)?, was_followed_never: row.get(14)? }))
}

/// As pairs of name and value.
fn written(facts: &[(Fact, String)]) -> Result<String, StoreError> {
    let pairs: Vec<_> = facts.iter().map(|(fact, value)| (fact.name(), value)).collect();
    Ok(serde_json::to_string(&pairs)?)
}

/// What [`written`] wrote.
pub(super) fn facts(said: &str) -> Result<Vec<(Fact, String)>, StoreError> {
    let pairs: Option<Vec<(&str, String)>> = serde_json::from_str(said).ok();
    let known =
        pairs.and_then(|pairs| pairs.into_iter().map(|(name, value)| Some((Fact::from_name(name)?, value))).collect());
    rows::stored("facts", known)
}

pub(super) fn status(row: &Row<'_>) -> Result<NoticeStatus, StoreError> {
    let waits = row.get::<_, Option<i64>>("next_try")?.is_some();
    let state = match rows::maybe_moment(row, "sent_at")? {
        Some(at) => NoticeState::Sent { at },
        None if waits => NoticeState::Waiting { failed: row.get("tries")? },
        None => NoticeState::GivenUp(given_up(row)?),
    };
    Ok(NoticeStatus { channel: channel(row)?, kind: kind(row)?, state, receipt: receipt(row)? })
}

/// Of a time before there were words for it, what was given up had been refused.
pub(super) fn given_up(row: &Row<'_>) -> Result<GivenUp, StoreError> {
    match row.get::<_, Option<String>>("given_up")? {
        Some(name) => rows::stored("given_up", GivenUp::from_name(&name)),
        None => Ok(GivenUp::Refused),
    }
}

fn receipt(row: &Row<'_>) -> Result<Option<(Receipt, Moment)>, StoreError> {
    let (Some(name), Some(at)) = (row.get::<_, Option<String>>("receipt")?, rows::maybe_moment(row, "receipt_at")?)
    else {
        return Ok(None);
    };
    Ok(Some((rows::stored("receipt", Receipt::from_row(&name, row.get("receipt_why")?))?, at)))
}

pub(super) fn channel(row: &Row<'_>) -> Result<Channel, StoreError> {
    rows::parsed(row, "channel", |name: String| Channel::from_name(&name))
}

pub(super) fn kind(row: &Row<'_>) -> Result<NoticeKind, StoreError> {
    rows::parsed(row, "kind", |name: String| NoticeKind::from_name(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let key = NoticeKey::new(12, Moment::from_unix_s(1_795_363_200));
        assert_eq!(key.to_string(), "1795363200000-12");
        assert_eq!(NoticeKey::parse("1795363200000-12"), Some(key));
        for wrong in
            ["", "-", "12", "1795363200000-", "1795363200000-012", "+1795363200000-12", "1795363200000-12 ", "1-2-3"]
        {
            assert_eq!(NoticeKey::parse(wrong), None, "{wrong}");
        }
    }
}
