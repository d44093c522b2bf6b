//! The list for an emergency: everybody who is inside, on paper, to be ticked off at the assembly point.
//!
//! It is made from the log itself and not from what the gate thread has in memory: when the rest stands still, this must not. It
//! goes back to yesterday, because who stayed overnight burns as well; whoever was let in without a pass cannot be seen to leave
//! and is listed apart.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    path::{Path, PathBuf},
};

use askama::Template;
use shared::{
    entry::{Direction, Entry, EntryId, Outcome, PaperCase},
    ids::{GateIndex, PassId, TerminalId},
    sync::change::{PassRecord, Places},
    time::{CampusDay, Moment},
};

use super::{
    digest::PAGE,
    private_file,
    walk::{self, Step},
};
use crate::{
    ports::{EntryLog, KeptEntry, PassMovement},
    ui::{records::Language, words::reason::Teller},
};

#[derive(Debug, thiserror::Error)]
pub(super) enum RollCallError<E: Error> {
    #[error("记录读不出来 the log cannot be read")]
    Log(#[source] E),
    #[error("点名册排不出来 the list cannot be laid out")]
    Layout(#[from] askama::Error),
    #[error("写不进去 {} cannot be written", path.display())]
    Unwritable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
}

/// Where it lies, and how many people are on it.
pub(super) fn write<L: EntryLog>(log: &L, now: Moment, path: &Path) -> Result<usize, RollCallError<L::Error>> {
    let places = log.places().map_err(RollCallError::Log)?;
    let post = log.post().map_err(RollCallError::Log)?;
    let inside = inside(log, now).map_err(RollCallError::Log)?;
    let people = inside.iter().map(|person| usize::from(person.party)).sum();
    let (gate, terminal) = post.map_or((None, None), |post| (Some(post.gate), Some(post.terminal)));
    let page = Page::of(inside, people, places.as_ref(), gate, terminal, now);
    private_file::write(path, page.render()?.as_bytes())
        .map_err(|cause| RollCallError::Unwritable { path: path.to_owned(), cause })?;
    Ok(people)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Absent for somebody who was let in without one.
    pub(super) pass: Option<PassId>,
    /// As the entry has it: masked.
    pub(super) masked: String,
    pub(super) record: Option<PassRecord>,
    pub(super) paper: Option<Box<PaperCase>>,
    pub(super) party: u8,
    pub(super) since: Moment,
    pub(super) gate: GateIndex,
}

/// Whoever went in since yesterday and not out again, longest first.
pub(super) fn inside<L: EntryLog>(log: &L, now: Moment) -> Result<Vec<Person>, L::Error> {
    let own = log.post()?.map_or(TerminalId::new(0), |post| post.terminal);
    let begin = CampusDay::of(now).minus_days(1).start();
    let mut inside = Vec::new();
    let mut moves = walk::told_of_others(log, own)?;
    let mut said: BTreeMap<EntryId, String> = BTreeMap::new();
    let entries = entries_since(log, begin)?;
    let corrected: BTreeMap<u64, u8> = entries.iter().filter_map(|kept| of_in_truth(&kept.entry)).collect();
    let stopped = walk::stopped(entries.iter().filter_map(step));
    for KeptEntry { seq, entry, .. } in &entries {
        let seq = *seq;
        if !entry.outcome.went_through() || stopped.contains(&seq) {
            continue;
        }
        let id = EntryId { terminal: own, seq };
        let masked = entry.said.name.as_ref().map_or_else(String::new, ToString::to_string);
        let (direction, at, gate) = (entry.direction, entry.at, entry.gate);
        let party = corrected.get(&seq).copied().unwrap_or(entry.party);
        match (entry.said.pass, direction) {
            (Some(pass), _) => {
                moves.push(PassMovement { entry: id, pass, direction, at, gate, party: Some(party) });
                said.insert(id, masked);
            }
            (None, Direction::In) => {
                let paper = entry.said.paper.clone();
                inside.push(Person { pass: None, masked, record: None, paper, party, since: at, gate });
            }
            (None, Direction::Out) => {
                if let Some(left) = &entry.said.paper {
                    inside.retain(|person| person.paper.as_ref().is_none_or(|paper| !is_same(paper, left)));
                }
            }
        }
    }
    for moved in by_pass(moves).into_values() {
        let Some(pass) = moved.first().map(|moved| moved.pass) else { continue };
        let record = log.record(pass)?;
        let booked = record.as_ref().map_or(1, |record| record.party.get());
        let Some((first, party)) = stay(&moved, booked) else { continue };
        let masked = moved.iter().find_map(|moved| said.remove(&moved.entry)).unwrap_or_default();
        let (pass, since, gate) = (Some(pass), first.at, first.gate);
        inside.push(Person { pass, masked, record, paper: None, party, since, gate });
    }
    inside.retain(|person| person.party > 0);
    inside.sort_by_key(|person| (person.since, person.pass));
    Ok(inside)
}

fn by_pass(moves: Vec<PassMovement>) -> BTreeMap<PassId, Vec<PassMovement>> {
    let mut by_pass: BTreeMap<PassId, Vec<PassMovement>> = BTreeMap::new();
    for moved in walk::in_order(moves) {
        by_pass.entry(moved.pass).or_default().push(moved);
    }
    by_pass
}

/// How many of one pass are inside, and the first movement of theirs: a guard may let more in on the same one, and part of a party
/// may leave.
fn stay(moves: &[PassMovement], booked: u8) -> Option<(PassMovement, u8)> {
    let step = |stay: Option<(PassMovement, u8)>, moved: &PassMovement| {
        let (first, here) = stay.unwrap_or((*moved, 0));
        Some((first, moved.direction.counted(here, moved.party.unwrap_or(booked)))).filter(|(_, inside)| *inside > 0)
    };
    moves.iter().fold(None, step)
}

/// What somebody showed: a pass, or a code that is none.
type Shown<'a> = (Option<PassId>, Option<&'a str>);

/// Paper cases are no cases of the guard's, who can stop none of them.
fn step(KeptEntry { seq, entry, .. }: &KeptEntry) -> Option<(u64, Moment, Shown<'_>, Step)> {
    let said = &entry.said;
    let step = Step::of(&entry.outcome, entry.direction).filter(|_| said.paper.is_none())?;
    Some((*seq, entry.at, (said.pass, said.foreign_code.as_deref()), step))
}

/// Which entry this one corrects, and to how many.
fn of_in_truth(entry: &Entry) -> Option<(u64, u8)> {
    if let Outcome::Corrected { entry: of } = entry.outcome { Some((of, entry.party)) } else { None }
}

/// As the gate knows a paper case again.
fn is_same(one: &PaperCase, other: &PaperCase) -> bool {
    (&one.visitor, &one.phone_tail) == (&other.visitor, &other.phone_tail)
}

fn entries_since<L: EntryLog>(log: &L, begin: Moment) -> Result<Vec<KeptEntry>, L::Error> {
    let Some(first) = log.first_since(begin)? else { return Ok(Vec::new()) };
    let mut after = first.saturating_sub(1);
    let mut entries = Vec::new();
    loop {
        let page = log.kept_after(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(entries) };
        after = last.seq;
        entries.extend(page.into_iter().filter(|kept| kept.entry.at >= begin));
    }
}

#[derive(Debug, Template)]
#[template(path = "roll_call.html")]
struct Page {
    campus: String,
    gate: String,
    made: String,
    people: usize,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    name: String,
    people: usize,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    with: String,
    party: u8,
    phone_tail: String,
    host: String,
    plates: String,
    since: String,
    gate: String,
    note: &'static str,
}

/// Sorted behind every department.
const NOT_ON_LIST: &str = "名单上已没有的";
const WITHOUT_PASS: &str = "没有通行码放行的（是否已离校，本机无法得知）";

impl Page {
    fn of(
        inside: Vec<Person>,
        people: usize,
        places: Option<&Places>,
        gate: Option<GateIndex>,
        terminal: Option<TerminalId>,
        now: Moment,
    ) -> Self {
        let teller = Teller { language: Language::Zh, places, now, direction: Direction::In, day: None };
        let mut groups: BTreeMap<(u8, String), Vec<Person>> = BTreeMap::new();
        for person in inside {
            let group = match (&person.record, person.pass) {
                (Some(record), _) => (0, record.department.clone()),
                (None, Some(_)) => (1, NOT_ON_LIST.to_owned()),
                (None, None) => (2, WITHOUT_PASS.to_owned()),
            };
            groups.entry(group).or_default().push(person);
        }
        let groups = groups.into_iter().map(|((_, name), people)| Group {
            name,
            people: people.iter().map(|person| usize::from(person.party)).sum(),
            lines: people.into_iter().map(|person| Line::of(person, &teller)).collect(),
        });
        let gate = gate.map_or_else(String::new, |gate| teller.gate(gate));
        Self {
            campus: places.map_or_else(String::new, |places| places.campus_name.clone()),
            gate: terminal.map_or(gate.clone(), |terminal| format!("{gate}（{terminal} 号终端）")),
            made: now.campus_date_and_clock(),
            people,
            groups: groups.collect(),
        }
    }
}

impl Line {
    fn of(person: Person, teller: &Teller<'_>) -> Self {
        let Person { masked, record, paper, party, since, gate, .. } = person;
        let since = teller.when(since);
        let gate = teller.gate(gate);
        if let Some(paper) = paper {
            let plates: Vec<&str> = paper.plates.iter().map(|plate| plate.as_str()).collect();
            return Self {
                name: paper.visitor.to_string(),
                with: String::new(),
                party,
                phone_tail: paper.phone_tail,
                host: paper.host.as_str().to_owned(),
                plates: plates.join(" "),
                since,
                gate,
                note: "",
            };
        }
        let Some(record) = record else {
            let name = if masked.is_empty() { "（姓名不详）".to_owned() } else { masked };
            let (with, phone_tail, host, plates) = Default::default();
            return Self { name, with, party, phone_tail, host, plates, since, gate, note: "" };
        };
        let with: Vec<&str> = record.companions.iter().map(|name| name.as_str()).collect();
        Self {
            name: record.visitor.to_string(),
            with: with.join("、"),
            party,
            phone_tail: record.phone_tail,
            host: record.host.to_string(),
            plates: record.plates.join(" "),
            since,
            gate,
            note: if record.visit_until <= teller.now { "超时" } else { "" },
        }
    }
}
