//! The entry log of all gates: each terminal's chain, checked before it is kept.
//!
//! A push is idempotent: what is held already is compared, what is new is appended, and the answer is the head the terminal
//! signed. A line whose meaning nobody can read is still a link of its chain: it is kept, set apart, and holds nothing up.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::{
    chain::{ChainHash, ChainName, Head, Link},
    entry::{Direction, Entry, EntryId, Outcome, is_stopped},
    ids::{PassId, TerminalId},
    sync::{Refusal, change::Change, push::PushRequest},
    time::{CampusDay, Moment},
};

use super::{Store, StoreError, Terminal, conflicts, feed, rows, terminals, writer::Writing};

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
    let claimed = match request.head.open(&terminal.public) {
        Ok(signed) if signed.terminal == terminal.id && request.terminal == terminal.id => signed.head,
        Ok(_) | Err(_) => return Ok(Err(Refusal::Head)),
    };
    // Everything is checked before anything is written: a refusal leaves no trace.
    let (led_to, new) = match follow(db, &terminal, &request.links)? {
        Ok(checked) => checked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let proven = match led_to {
        Some(head) => head == claimed,
        None => held(db, terminal.id, claimed.seq)? == Some(claimed.hash),
    };
    if !proven {
        return Ok(Err(Refusal::Head));
    }
    for (link, head) in &new {
        keep(db, &terminal, link, *head, now)?;
    }
    if let Some((_, head)) = new.last() {
        db.execute(
            "update terminal set head_seq = ?1, head_hash = ?2 where id = ?3",
            params![rows::number(head.seq), head.hash.as_bytes(), terminal.id.get()],
        )?;
    }
    Ok(Ok(claimed))
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
        if led_to.is_some_and(|last| link.seq != last.seq.saturating_add(1)) {
            return Ok(Err(Refusal::Malformed));
        }
        if link.seq <= head.seq && new.is_empty() {
            let known: Option<(String, [u8; 32])> = db
                .prepare_cached("select body, hash from entry where terminal = ?1 and seq = ?2")?
                .query_row(params![terminal.id.get(), rows::number(link.seq)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match known {
                Some((body, hash)) if body == link.body.get() => {
                    led_to = Some(Head { seq: link.seq, hash: ChainHash::from_bytes(hash) });
                }
                Some(_) => return Ok(Err(Refusal::Fork { seq: link.seq })),
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

fn keep(db: &mut Writing<'_>, terminal: &Terminal, link: &Link, head: Head, now: Moment) -> Result<(), StoreError> {
    let read = serde_json::from_str::<Entry>(link.body.get());
    let entry = read.as_ref().ok();
    let direction = entry.map(|entry| rows::direction_name(entry.direction));
    db.prepare_cached(
        "insert into entry (terminal, seq, body, hash, received_at, at, day, pass, direction, went_through)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        terminal.id.get(),
        rows::number(head.seq),
        link.body.get(),
        head.hash.as_bytes(),
        now.unix_ms(),
        entry.map(|entry| entry.at.unix_ms()),
        entry.map(|entry| CampusDay::of(entry.at).to_string()),
        entry.and_then(|entry| entry.said.pass.as_ref().map(PassId::as_bytes)),
        direction,
        entry.map(|entry| entry.outcome.went_through()),
    ])?;
    match read {
        Ok(entry) => follow_up(db, terminal, &entry, EntryId { terminal: terminal.id, seq: head.seq }, now),
        Err(why) => {
            let why = unreadable(&why);
            tracing::warn!(terminal = %terminal.id, seq = head.seq, %why, "an entry cannot be read; it is set apart");
            db.execute(
                "insert into poison (terminal, seq, why) values (?1, ?2, ?3)",
                params![terminal.id.get(), rows::number(head.seq), why],
            )?;
            Ok(())
        }
    }
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

/// What an entry means beyond itself: the other gates learn of it, and two of one pass are compared. A correction moved nobody; it
/// only tells the other gates how many the entry it corrects was of: none, where the guard stopped them.
fn follow_up(
    db: &mut Writing<'_>,
    terminal: &Terminal,
    entry: &Entry,
    id: EntryId,
    now: Moment,
) -> Result<(), StoreError> {
    let Some(pass) = entry.said.pass else { return Ok(()) };
    let (of, went, party) = match entry.outcome {
        Outcome::Corrected { entry: seq } => {
            let of = EntryId { seq, ..id };
            match corrected(db, of)? {
                Some(went) if went.said.pass == Some(pass) => (of, went, entry.party),
                Some(_) | None => return Ok(()),
            }
        }
        Outcome::Passed | Outcome::LetIn { .. } => {
            conflicts::look_again(db, pass, now)?;
            (id, entry.clone(), entry.party)
        }
        Outcome::SentAway { .. } => match went_in_last(db, pass, id)? {
            Some((of, came)) if is_stopped(came.at, entry.at) => (of, came, 0),
            Some(_) | None => return Ok(()),
        },
        Outcome::Refused | Outcome::Unanswered => return Ok(()),
    };
    // A pass of an earlier day opens no gate any more, so no gate needs to know where it went.
    let day: Option<String> =
        db.query_row("select day from pass where id = ?1", [pass.as_bytes()], |row| row.get(0)).optional()?;
    if day.is_none_or(|day| day >= CampusDay::of(now).to_string()) {
        let (direction, at, gate, party) = (went.direction, went.at, went.gate, Some(party));
        feed::append(db, terminal.campus, &Change::PassMoved { pass, direction, at, gate, entry: of, party })?;
    }
    Ok(())
}

/// The entry that a correction names, if somebody went through by it.
fn corrected(db: &Connection, of: EntryId) -> Result<Option<Entry>, StoreError> {
    let body: Option<String> = db
        .prepare_cached("select body from entry where terminal = ?1 and seq = ?2 and went_through")?
        .query_row(params![of.terminal.get(), rows::number(of.seq)], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// Who went in last with a pass by the terminal of an entry, if nobody has left by it since.
fn went_in_last(db: &Connection, pass: PassId, before: EntryId) -> Result<Option<(EntryId, Entry)>, StoreError> {
    let mut last = db.prepare_cached(
        "select terminal, seq, body from entry where terminal = ?1 and pass = ?2 and seq < ?3 and went_through
         order by seq desc limit 1",
    )?;
    let mut last = last.query(params![before.terminal.get(), pass.as_bytes(), rows::number(before.seq)])?;
    let Some(row) = last.next()? else { return Ok(None) };
    let came: Entry = serde_json::from_str(&rows::text(row, "body")?)?;
    let id = rows::entry_id(row, "terminal", "seq")?;
    Ok((came.direction == Direction::In).then_some((id, came)))
}

fn select(db: &Connection, filter: &EntryFilter) -> Result<Vec<EntryRow>, StoreError> {
    let mut query = db.prepare_cached(
        "select e.terminal, e.seq, e.body, e.received_at, p.why from entry e
         left join poison p on p.terminal = e.terminal and p.seq = e.seq
         where (?1 is null or e.day = ?1) and (?2 is null or e.terminal = ?2) and (?3 is null or e.pass = ?3)
         order by coalesce(e.at, e.received_at) desc, e.terminal desc, e.seq desc limit ?4",
    )?;
    let mut found = query.query(params![
        filter.day.map(|day| day.to_string()),
        filter.terminal.map(TerminalId::get),
        filter.pass.as_ref().map(PassId::as_bytes),
        filter.limit.map_or(-1, rows::limit),
    ])?;
    let mut entries = Vec::new();
    while let Some(row) = found.next()? {
        entries.push(read(row)?);
    }
    entries.reverse();
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
mod tests {
    use chrono::TimeDelta;
    use ed25519_dalek::SigningKey;
    use serde_json::value::RawValue;
    use shared::{
        entry::{GuardReason, PaperCase, Remark, Said},
        ids::GateIndex,
        seal::{PublicKey, Sealed},
        sync::{enrol::InviteCode, push::EntryHead},
        verdict::{RefuseReason, Verdict},
    };

    use super::*;
    use crate::store::office_days::{CAMPUS, Office};

    /// A terminal's side of the conversation.
    struct Gate {
        id: TerminalId,
        key: SigningKey,
        links: Vec<Link>,
    }

    impl Gate {
        async fn enrol(office: &Office, seed: u8) -> Self {
            let key = SigningKey::from_bytes(&[seed; 32]);
            let code = InviteCode::from_random([seed; 10]);
            let soon = office.now.plus(TimeDelta::minutes(1));
            office.store.invite(CAMPUS, GateIndex::new(seed).unwrap(), &code, soon, office.now).await.unwrap();
            let terminal = office.store.enrol(&code, PublicKey::of(&key), office.now).await.unwrap().unwrap();
            Self { id: terminal.id, key, links: Vec::new() }
        }

        fn write(&mut self, body: &str) {
            let seq = self.links.len() as u64 + 1;
            self.links.push(Link { seq, body: RawValue::from_string(body.to_owned()).unwrap() });
        }

        fn saw(&mut self, entry: &Entry) {
            self.write(&serde_json::to_string(entry).unwrap());
        }

        fn head(&self, seq: usize) -> Head {
            let name = ChainName::Entries { terminal: self.id };
            self.links[..seq].iter().fold(Head::START, |head, link| head.extend(name, link.body.get()))
        }

        fn request(&self, links: std::ops::Range<usize>) -> PushRequest {
            let head = EntryHead { terminal: self.id, head: self.head(links.end) };
            let head = Sealed::seal(&head, None, &self.key).unwrap();
            PushRequest { terminal: self.id, links: self.links[links].to_vec(), head }
        }

        async fn push(&self, office: &Office, links: std::ops::Range<usize>) -> Result<Head, Refusal> {
            office.store.push(self.id, &self.request(links), office.now).await.unwrap()
        }
    }

    fn entry(at: Moment, direction: Direction, pass: u8) -> Entry {
        Entry {
            at,
            clock_trusted: true,
            gate: GateIndex::new(1).unwrap(),
            direction,
            said: Said {
                verdict: Verdict::Admit,
                pass: Some(PassId::from_bytes([pass; 8])),
                name: None,
                foreign_code: None,
                paper: None,
            },
            outcome: Outcome::Passed,
            party: 1,
        }
    }

    /// What the other gates hear of a terminal's first entry.
    fn first_moved(gate: &Gate, entry: &Entry, party: u8) -> Change {
        let (pass, id) = (entry.said.pass.unwrap(), EntryId { terminal: gate.id, seq: 1 });
        let Entry { direction, at, gate, .. } = *entry;
        Change::PassMoved { pass, direction, at, gate, entry: id, party: Some(party) }
    }

    fn minutes(office: &Office, minute: i64) -> Moment {
        office.now.plus(TimeDelta::minutes(minute))
    }

    #[tokio::test]
    async fn a_push_is_kept_once_however_often_it_comes() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        for minute in 0..5 {
            gate.saw(&entry(minutes(&office, minute), Direction::In, u8::try_from(minute).unwrap()));
        }
        assert_eq!(gate.push(&office, 0..3).await, Ok(gate.head(3)));
        // The answer was lost: the same again, then a batch that overlaps, then nothing new at all.
        assert_eq!(gate.push(&office, 0..3).await, Ok(gate.head(3)));
        assert_eq!(gate.push(&office, 1..2).await, Ok(gate.head(2)));
        assert_eq!(gate.push(&office, 1..5).await, Ok(gate.head(5)));
        assert_eq!(gate.push(&office, 5..5).await, Ok(gate.head(5)));
        assert_eq!(gate.push(&office, 0..0).await, Ok(Head::START));
        let rows = office.store.entries(EntryFilter::default()).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(rows[0].entry, Ok(entry(office.now, Direction::In, 0)));
        assert_eq!(office.store.terminal(gate.id).await.unwrap().unwrap().head, gate.head(5));
        assert_eq!(office.look("select count(*) from feed"), 5);
        assert_eq!(office.changes().await[0], first_moved(&gate, &entry(office.now, Direction::In, 0), 1));
    }

    #[tokio::test]
    async fn a_correction_tells_the_gates_how_many_and_moves_nobody() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        let went_in = entry(office.now, Direction::In, 1);
        let corrected = |of, pass: u8| Entry {
            at: minutes(&office, 1),
            outcome: Outcome::Corrected { entry: of },
            party: 4,
            ..entry(office.now, Direction::In, pass)
        };
        gate.saw(&went_in);
        gate.saw(&corrected(1, 1));
        // Of nothing that was written, of itself, and of another pass's entry.
        gate.saw(&corrected(77, 1));
        gate.saw(&corrected(4, 1));
        gate.saw(&corrected(1, 2));
        gate.push(&office, 0..5).await.unwrap();
        let moved = |party| first_moved(&gate, &went_in, party);
        assert_eq!(office.changes().await, [moved(1), moved(4)]);
        assert_eq!(office.store.conflicts().await.unwrap(), []);
        assert_eq!(office.look("select count(*) from entry where went_through"), 1);
    }

    #[tokio::test]
    async fn whoever_was_stopped_after_the_light_is_inside_at_no_gate() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        let sent_away = |minute, pass| Entry {
            outcome: Outcome::SentAway { reason: GuardReason::CardDiffers },
            party: 0,
            ..entry(minutes(&office, minute), Direction::In, pass)
        };
        let went_in = entry(office.now, Direction::In, 1);
        gate.saw(&went_in);
        // Of another pass; then the same person; an hour later somebody with a copy.
        gate.saw(&sent_away(0, 2));
        gate.saw(&sent_away(0, 1));
        gate.saw(&sent_away(60, 1));
        gate.push(&office, 0..4).await.unwrap();
        let moved = |party| first_moved(&gate, &went_in, party);
        assert_eq!(office.changes().await, [moved(1), moved(0)]);
    }

    #[tokio::test]
    async fn a_paper_case_is_an_entry_without_a_pass() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        let paper = PaperCase {
            visitor: shared::identity::PersonName::parse("古丽·买买提").unwrap(),
            phone_tail: "0102".to_owned(),
            host: Remark::parse("后勤").unwrap(),
            reason: Remark::parse("抢修").unwrap(),
            plates: Vec::new(),
        };
        let taken_down = entry(office.now, Direction::In, 1);
        let said = Said { pass: None, paper: Some(Box::new(paper)), ..taken_down.said.clone() };
        let taken_down = Entry { said, ..taken_down };
        gate.saw(&taken_down);
        gate.push(&office, 0..1).await.unwrap();
        let rows = office.store.entries(EntryFilter::default()).await.unwrap();
        assert_eq!(rows[0].entry, Ok(taken_down));
        assert_eq!(office.look("select count(*) from feed"), 0);
    }

    #[tokio::test]
    async fn gaps_forks_and_false_heads_are_refused_and_leave_no_trace() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        for minute in 0..6 {
            gate.saw(&entry(minutes(&office, minute), Direction::In, 1));
        }
        gate.push(&office, 0..2).await.unwrap();
        assert_eq!(gate.push(&office, 3..5).await, Err(Refusal::Gap { expected: 3 }));
        let mut holed = gate.request(2..5);
        holed.links.remove(1);
        let push = async |request: &PushRequest| office.store.push(gate.id, request, office.now).await.unwrap();
        assert_eq!(push(&holed).await, Err(Refusal::Malformed));
        let mut forked = gate.request(0..3);
        forked.links[1].body = RawValue::from_string("{}".to_owned()).unwrap();
        assert_eq!(push(&forked).await, Err(Refusal::Fork { seq: 2 }));
        let mut altered = gate.request(2..5);
        altered.links[2].body = RawValue::from_string("{}".to_owned()).unwrap();
        assert_eq!(push(&altered).await, Err(Refusal::Head));
        let mut other_head = gate.request(2..5);
        other_head.head = gate.request(2..4).head;
        assert_eq!(push(&other_head).await, Err(Refusal::Head));
        let stranger = Gate { id: gate.id, key: SigningKey::from_bytes(&[9; 32]), links: gate.links.clone() };
        assert_eq!(stranger.push(&office, 2..5).await, Err(Refusal::Head));
        let absent = Gate { id: TerminalId::new(77), key: SigningKey::from_bytes(&[9; 32]), links: Vec::new() };
        assert_eq!(absent.push(&office, 0..0).await, Err(Refusal::Unauthenticated));
        assert_eq!(office.look("select count(*) from entry"), 2);
        assert_eq!(gate.push(&office, 2..6).await, Ok(gate.head(6)));
    }

    #[tokio::test]
    async fn a_line_nobody_can_read_is_set_apart_and_holds_nothing_up() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        gate.saw(&entry(office.now, Direction::In, 1));
        gate.write(r#"{"at":1,"direction":"11010519491231002X"}"#);
        gate.saw(&entry(minutes(&office, 1), Direction::Out, 1));
        assert_eq!(gate.push(&office, 0..3).await, Ok(gate.head(3)));
        let rows = office.store.entries(EntryFilter::default()).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.entry.is_err()).map(|row| row.id.seq).collect::<Vec<_>>(), [2]);
        assert_eq!(rows.iter().find_map(|row| row.entry.as_ref().err()).unwrap(), "not an entry, at column 40");
        assert_eq!(office.look("select count(*) from poison where why not like '%1949%'"), 1);
        assert_eq!(office.look("select count(*) from feed"), 2);
    }

    #[tokio::test]
    async fn who_did_not_go_through_moves_nothing() {
        let office = Office::open();
        let mut gate = Gate::enrol(&office, 1).await;
        let refused = Entry {
            outcome: Outcome::Refused,
            party: 0,
            said: Said { verdict: Verdict::Refuse(RefuseReason::Revoked), ..entry(office.now, Direction::In, 1).said },
            ..entry(office.now, Direction::In, 1)
        };
        gate.saw(&refused);
        gate.push(&office, 0..1).await.unwrap();
        assert_eq!(office.look("select count(*) from feed"), 0);
        assert_eq!(office.store.entries(EntryFilter::default()).await.unwrap()[0].entry, Ok(refused));
    }

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
        let found: Vec<_> =
            office.store.conflicts().await.unwrap().iter().map(|c| (c.first.seq, c.second.seq)).collect();
        assert_eq!(found, [(1, 2)]);
    }

    #[tokio::test]
    async fn entries_are_found_by_day_terminal_and_pass() {
        let office = Office::open();
        let (mut south, mut north) = (Gate::enrol(&office, 1).await, Gate::enrol(&office, 2).await);
        south.saw(&entry(office.now, Direction::In, 1));
        south.saw(&entry(office.now.plus(TimeDelta::days(1)), Direction::In, 2));
        north.saw(&entry(minutes(&office, 1), Direction::In, 3));
        south.push(&office, 0..2).await.unwrap();
        north.push(&office, 0..1).await.unwrap();
        let count = async |filter| office.store.entries(filter).await.unwrap().len();
        assert_eq!(count(EntryFilter { day: Some(CampusDay::of(office.now)), ..EntryFilter::default() }).await, 2);
        assert_eq!(count(EntryFilter { terminal: Some(south.id), ..EntryFilter::default() }).await, 2);
        assert_eq!(count(EntryFilter { pass: Some(PassId::from_bytes([3; 8])), ..EntryFilter::default() }).await, 1);
        let newest = office.store.entries(EntryFilter { limit: Some(1), ..EntryFilter::default() }).await.unwrap();
        assert_eq!(newest[0].id, EntryId { terminal: south.id, seq: 2 });
    }
}
