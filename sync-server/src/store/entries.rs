//! The entry log of all gates: each terminal's chain, checked before it is kept.
//!
//! A push is idempotent: what is held already is compared, what is new is appended, and the answer is the head the terminal
//! signed. A line whose meaning nobody can read is still a link of its chain: it is kept, set apart, and holds nothing up.

use std::collections::{HashMap, hash_map};

use rusqlite::{Connection, OptionalExtension as _, Row, Rows, params};
use shared::{
    chain::{ChainHash, ChainName, Head, Link},
    entry::{Direction, Entry, EntryId, Outcome, is_stopped},
    ids::{PassId, TerminalId},
    planted,
    sync::{
        Refusal,
        change::Change,
        push::{LONGEST_ENTRY, MARK_DIGITS, PushRequest, mark},
    },
    time::{CampusDay, Moment},
};

use super::{
    Store, StoreError, Terminal, conflicts, feed, push_faults, rows,
    telling::{Moved, Telling},
    terminals,
    writer::Writing,
};

/// Which entries; everything that is `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    pub day: Option<CampusDay>,
    pub terminal: Option<TerminalId>,
    pub pass: Option<PassId>,
    /// The newest so many; `None` for all.
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    pub id: EntryId,
    pub received_at: Moment,
    /// The entry, or why the line could not be read.
    pub entry: Result<Entry, String>,
}

impl Store {
    /// Takes what is new of a push; the head it led to is held durably when this returns. The request's signature as an HTTP
    /// message is the door's to check; the head inside is opened here.
    pub async fn push(
        &self,
        terminal: TerminalId,
        request: &PushRequest,
        now: Moment,
    ) -> Result<Result<Head, Refusal>, StoreError> {
        let request = request.clone();
        self.0.writer.write(move |db| push(db, terminal, &request, now)).await
    }

    /// In the order they were written at each gate, oldest first.
    pub async fn entries(&self, filter: EntryFilter) -> Result<Vec<EntryRow>, StoreError> {
        self.0.readers.read(move |db| select(db, &filter)).await
    }
}

fn push(
    db: &mut Writing<'_>,
    terminal: TerminalId,
    request: &PushRequest,
    now: Moment,
) -> Result<Result<Head, Refusal>, StoreError> {
    let Some(terminal) = terminals::by_id(db, terminal)? else { return Ok(Err(Refusal::Unauthenticated)) };
    // Asked here: it may have been withdrawn while this waited its turn.
    if planted!("a withdrawn terminal is heard", false, terminal.withdrawn.is_some()) {
        return Ok(Err(Refusal::Withdrawn { proof: None }));
    }
    // Everything is checked before anything is written: of a refusal nothing is kept but that it was.
    let (claimed, new) = match checked(db, &terminal, request)? {
        Ok(checked) => checked,
        Err((refusal, claimed)) => {
            push_faults::refused(db, terminal.id, &refusal, claimed, now)?;
            return Ok(Err(refusal));
        }
    };
    let kept = planted!("answered for more than is kept", new.len().saturating_sub(1), new.len());
    let entries = keep(db, &terminal, new.get(..kept).unwrap_or_default(), now)?;
    let changes = what_they_mean(db, &terminal, &entries, now)?;
    feed::append_all(db, terminal.campus, &changes)?;
    if let Some((_, head)) = new.last() {
        db.prepare_cached("update terminal set head_seq = ?1, head_hash = ?2 where id = ?3")?.execute(params![
            rows::number(head.seq),
            head.hash.as_bytes(),
            terminal.id.get()
        ])?;
    }
    Ok(Ok(claimed))
}

/// What is claimed, signed and proven; or why not, and the number that was claimed.
type Checked<'a> = Result<(Head, Vec<(&'a Link, Head)>), (Refusal, u64)>;

fn checked<'a>(db: &Connection, terminal: &Terminal, request: &'a PushRequest) -> Result<Checked<'a>, StoreError> {
    let claimed = match request.head.open(&terminal.public) {
        Ok(signed) if signed.terminal == terminal.id && request.terminal == terminal.id => signed.head,
        Ok(_) | Err(_) => return Ok(Err((Refusal::Head, request.links.last().map_or(0, |link| link.seq)))),
    };
    let no = |refusal| Ok(Err((refusal, claimed.seq)));
    let (led_to, new) = match follow(db, terminal, &request.links)? {
        Ok(followed) => followed,
        Err(refusal) => return no(refusal),
    };
    match led_to {
        Some(head) if planted!("entries not held against their head", true, head == claimed) => Ok(Ok((claimed, new))),
        None if held(db, terminal.id, claimed.seq)? == Some(claimed.hash) => Ok(Ok((claimed, new))),
        None => no(Refusal::Head),
        Some(_) => no(differing(request, &new, claimed)),
    }
}

/// The first of the links that is not the one that was chained, as far as marks tell.
fn differing(request: &PushRequest, new: &[(&Link, Head)], claimed: Head) -> Refusal {
    let marks = request.marks.as_bytes().chunks(MARK_DIGITS);
    // Those of links that are held already have been compared by their bodies.
    let held = request.links.len().saturating_sub(new.len());
    let marks = marks.skip(held);
    let differs = new.iter().zip(marks).find(|((_, head), marked)| mark(head.hash).as_bytes() != *marked);
    let last = new.last().map_or(0, |(_, head)| head.seq);
    match differs {
        Some(((_, head), _)) => Refusal::Altered { seq: head.seq },
        None if last < claimed.seq => Refusal::Gap { expected: last.saturating_add(1) },
        None if last > claimed.seq => Refusal::Altered { seq: claimed.seq.saturating_add(1) },
        None => Refusal::Head,
    }
}

/// Where the links lead (`None` without any), and the new ones with their heads.
type Followed<'a> = (Option<Head>, Vec<(&'a Link, Head)>);

fn follow<'a>(
    db: &Connection,
    terminal: &Terminal,
    links: &'a [Link],
) -> Result<Result<Followed<'a>, Refusal>, StoreError> {
    let name = ChainName::Entries { terminal: terminal.id };
    let mut head = terminal.head;
    let mut led_to: Option<Head> = None;
    let mut new = Vec::new();
    for link in links {
        if let Some(last) = led_to
            && link.seq != last.seq.saturating_add(1)
        {
            return Ok(Err(Refusal::Gap { expected: last.seq.saturating_add(1) }));
        }
        if planted!("what is held already is not known again", false, link.seq <= head.seq && new.is_empty()) {
            let known: Option<(String, [u8; 32])> = db
                .prepare_cached("select body, hash from entry where terminal = ?1 and seq = ?2")?
                .query_row(params![terminal.id.get(), rows::number(link.seq)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match known {
                Some((body, hash)) if planted!("a fork taken for a repeat", true, body == link.body.get()) => {
                    led_to = Some(Head { seq: link.seq, hash: ChainHash::from_bytes(hash) });
                }
                Some(_) => {
                    return Ok(Err(Refusal::Fork { seq: planted!("a fork where the head is", head.seq, link.seq) }));
                }
                None => return Ok(Err(Refusal::Malformed)),
            }
        } else {
            head = match head.follow(name, link) {
                Ok(head) => head,
                Err(gap) => return Ok(Err(Refusal::Gap { expected: gap.expected })),
            };
            led_to = Some(head);
            new.push((link, head));
        }
    }
    Ok(Ok((led_to, new)))
}

fn held(db: &Connection, terminal: TerminalId, seq: u64) -> Result<Option<ChainHash>, StoreError> {
    if seq == 0 {
        return Ok(Some(ChainHash::START));
    }
    let hash = db
        .prepare_cached("select hash from entry where terminal = ?1 and seq = ?2")?
        .query_row(params![terminal.get(), rows::number(seq)], |row| row.get(0))
        .optional()?;
    Ok(hash.map(ChainHash::from_bytes))
}

/// Those that can be read.
fn keep(
    db: &Writing<'_>,
    terminal: &Terminal,
    new: &[(&Link, Head)],
    now: Moment,
) -> Result<Vec<(EntryId, Entry)>, StoreError> {
    let mut insert = db.prepare_cached(
        "insert into entry (terminal, seq, body, hash, received_at, at, day, pass, direction, went_through)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut entries = Vec::with_capacity(new.len());
    let mut day: Option<(CampusDay, String)> = None;
    for (link, head) in new {
        let read = understood(link.body.get());
        let entry = read.as_ref().ok();
        let of = entry.map(|entry| CampusDay::of(entry.at));
        if day.as_ref().map(|(day, _)| *day) != of {
            day = of.map(|day| (day, day.to_string()));
        }
        insert.execute(params![
            terminal.id.get(),
            rows::number(head.seq),
            link.body.get(),
            head.hash.as_bytes(),
            now.unix_ms(),
            entry.map(|entry| entry.at.unix_ms()),
            day.as_ref().map(|(_, day)| day),
            entry.and_then(|entry| entry.said.pass.as_ref().map(PassId::as_bytes)),
            entry.map(|entry| rows::direction_name(entry.direction)),
            entry.map(|entry| entry.outcome.went_through()),
        ])?;
        match read {
            Ok(entry) => entries.push((EntryId { terminal: terminal.id, seq: head.seq }, entry)),
            Err(why) => {
                tracing::warn!(terminal = %terminal.id, seq = head.seq, %why, "an entry cannot be read; it is set apart");
                db.execute(
                    "insert into poison (terminal, seq, why) values (?1, ?2, ?3)",
                    params![terminal.id.get(), rows::number(head.seq), why],
                )?;
            }
        }
    }
    Ok(entries)
}

fn understood(body: &str) -> Result<Entry, String> {
    if body.len() > LONGEST_ENTRY {
        return Err(format!("longer than {LONGEST_ENTRY} bytes"));
    }
    serde_json::from_str(body).map_err(|why| unreadable(&why))
}

/// Where reading stopped, and not at what: a line that nobody can read may hold anything, and the log is read by many.
fn unreadable(why: &serde_json::Error) -> String {
    let what = match why.classify() {
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "not an entry",
        serde_json::error::Category::Eof => "cut short",
        serde_json::error::Category::Io => "unread",
    };
    format!("{what}, at column {}", why.column())
}

/// What entries mean beyond themselves: the other gates learn of them, and two of one pass are compared. Each pass is asked after
/// once, however many of the entries are its own.
fn what_they_mean(
    db: &Writing<'_>,
    terminal: &Terminal,
    entries: &[(EntryId, Entry)],
    now: Moment,
) -> Result<Vec<Change>, StoreError> {
    let today = CampusDay::of(now).to_string();
    let mut known = db.prepare_cached(
        "select (select day from pass where id = ?1),
             (select count(*) from (select 1 from entry where pass = ?1 and went_through = 1 limit 2))",
    )?;
    let mut telling = Telling::of(db, terminal, now)?;
    let mut standings = HashMap::new();
    let mut changes = Vec::with_capacity(entries.len());
    for (id, entry) in entries {
        let Some(moved) = moved(db, *id, entry, now)? else { continue };
        let standing = match standings.entry(moved.pass) {
            hash_map::Entry::Occupied(seen) => *seen.get(),
            hash_map::Entry::Vacant(new) => {
                let (day, times): (Option<String>, u32) =
                    known.query_row([moved.pass.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
                if times > 1 {
                    conflicts::look_again(db, moved.pass, now)?;
                }
                *new.insert(match day {
                    None => Standing::Unknown,
                    Some(day) if day >= today => Standing::Good,
                    Some(_) => Standing::Over,
                })
            }
        };
        if standing != Standing::Over && telling.is_told(&moved, standing == Standing::Good) {
            changes.push(moved.into());
        }
    }
    telling.end(db)?;
    Ok(changes)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    /// Of an earlier day it opens no gate any more, so no gate needs to know where it went.
    Over,
    Unknown,
}

/// Whom an entry moved. A correction moved nobody; it only tells the other gates how many the entry it corrects was of: none, where
/// the guard stopped them.
///
/// It is told as of no later than it came here: of a time that is still to come it would never be over.
fn moved(db: &Connection, id: EntryId, entry: &Entry, now: Moment) -> Result<Option<Moved>, StoreError> {
    let Some(pass) = entry.said.pass else { return Ok(None) };
    let told = |of, went: &Entry, came: Moment, party| {
        let Entry { direction, at, gate, .. } = *went;
        Some(Moved { entry: of, pass, direction, at: at.min(came), gate, party })
    };
    Ok(match entry.outcome {
        Outcome::Corrected { entry: seq } => {
            let of = EntryId { seq, ..id };
            let went = corrected(db, of)?.filter(|(went, _)| went.said.pass == Some(pass));
            went.and_then(|(went, came)| told(of, &went, came, entry.party))
        }
        Outcome::Passed | Outcome::LetIn { .. } => told(id, entry, now, entry.party),
        Outcome::SentAway { .. } => {
            let went = went_in_last(db, pass, id)?.filter(|(_, went, _)| is_stopped(went.at, entry.at));
            went.and_then(|(of, went, came)| told(of, &went, came, 0))
        }
        Outcome::Refused | Outcome::Unanswered => None,
    })
}

/// The entry that a correction names, if somebody went through by it, and when it came here.
fn corrected(db: &Connection, of: EntryId) -> Result<Option<(Entry, Moment)>, StoreError> {
    let mut named =
        db.prepare_cached("select body, received_at from entry where terminal = ?1 and seq = ?2 and went_through")?;
    let mut named = named.query(params![of.terminal.get(), rows::number(of.seq)])?;
    let Some(row) = named.next()? else { return Ok(None) };
    Ok(Some((serde_json::from_str(&rows::text(row, "body")?)?, rows::moment(row, "received_at")?)))
}

/// Who went in last with a pass by the terminal of an entry, if nobody has left by it since, and when that came here.
fn went_in_last(
    db: &Connection,
    pass: PassId,
    before: EntryId,
) -> Result<Option<(EntryId, Entry, Moment)>, StoreError> {
    let mut last = db.prepare_cached(
        "select terminal, seq, body, received_at from entry where terminal = ?1 and pass = ?2 and seq < ?3
         and went_through = 1 order by seq desc limit 1",
    )?;
    let mut last = last.query(params![before.terminal.get(), pass.as_bytes(), rows::number(before.seq)])?;
    let Some(row) = last.next()? else { return Ok(None) };
    let came: Entry = serde_json::from_str(&rows::text(row, "body")?)?;
    let id = rows::entry_id(row, "terminal", "seq")?;
    let received_at = rows::moment(row, "received_at")?;
    Ok((came.direction == Direction::In).then_some((id, came, received_at)))
}

fn select(db: &Connection, filter: &EntryFilter) -> Result<Vec<EntryRow>, StoreError> {
    let mut query = db.prepare_cached(
        "select e.terminal, e.seq, e.body, e.received_at, p.why from entry e
         left join poison p on p.terminal = e.terminal and p.seq = e.seq
         where (?1 is null or e.day = ?1) and (?2 is null or e.terminal = ?2) and (?3 is null or e.pass = ?3)
         order by coalesce(e.at, e.received_at) desc, e.terminal desc, e.seq desc limit ?4",
    )?;
    let mut entries = read_all(query.query(params![
        filter.day.map(|day| day.to_string()),
        filter.terminal.map(TerminalId::get),
        filter.pass.as_ref().map(PassId::as_bytes),
        filter.limit.map_or(-1, rows::limit),
    ])?)?;
    entries.reverse();
    Ok(entries)
}

/// Entries, and `why` one was set apart unread.
pub(super) fn read_all(mut found: Rows<'_>) -> Result<Vec<EntryRow>, StoreError> {
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

fn read(row: &Row<'_>) -> Result<EntryRow, StoreError> {
    let entry = match row.get::<_, Option<String>>("why")? {
        Some(why) => Err(why),
        None => serde_json::from_str(&rows::text(row, "body")?).map_err(|why| unreadable(&why)),
    };
    Ok(EntryRow { id: rows::entry_id(row, "terminal", "seq")?, received_at: rows::moment(row, "received_at")?, entry })
}

#[cfg(test)]
mod tests;
