//! A second copy of the entries, in a flat file beside the database: `entries.journal`.
//!
//! A database that is damaged is damaged whole; a file of lines loses a line. So each entry goes here, too, once the database has it,
//! and is on the disk before anybody is admitted by it. A line can be checked by itself: it holds what the entry's hash covers and
//! the head that this terminal signed. The first says where the terminal stands, so that it need not be enrolled again; the key set
//! is in it, too, without which a gate that is made again could read no pass before it hears from the server.
//!
//! It is a copy and not the book. What it lacks at a start is written from the database, and a failure here refuses nobody.

mod paper;

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use shared::{
    chain::{ChainHash, ChainName, Head},
    entry::Entry,
    ids::{CampusId, GateIndex, TerminalId},
    pass::{KeySet, KeySetFloor, RootKey, Roots, SealedKeySet},
    seal::{Label, PublicKey, Sealable, Sealed},
    sync::{pull::Ailment, push::EntryHead},
    time::Moment,
};

use super::{StoreError, counted, entries, news, read_hash, stored, trouble};
use crate::ports::Post;
use paper::Paper;
pub(super) use paper::Watched;
pub use paper::{Asked, DiskWatch};

/// Beside the database.
pub(super) const FILE: &str = "entries.journal";

/// Lines of entries that the database has purged are carried along until there are so many, and more than of the others.
const PURGED_AT_MOST: u64 = 300;

/// Where a terminal stands, as its own journal says it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    terminal: TerminalId,
    campus: CampusId,
    gate: GateIndex,
    root: RootKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spare: Option<RootKey>,
    pub(super) floor: Moment,
    /// For a terminal that holds no key set; a set's own stands above it.
    #[serde(default)]
    pub(super) key_floor: KeySetFloor,
}

impl Sealable for Place {
    const LABEL: Label = Label::Place;
}

impl Place {
    pub(super) const fn post(&self) -> Post {
        let roots = Roots { root: self.root, spare: self.spare };
        Post { terminal: self.terminal, campus: self.campus, gate: self.gate, roots }
    }
}

/// An entry, with all that its hash covers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) seq: u64,
    after: ChainHash,
    pub(super) body: String,
    head: Sealed<EntryHead>,
    /// Where the hash before it is not known any more, the head says nothing of the body: so the body is signed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alone: Option<Sealed<Alone>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Alone {
    terminal: TerminalId,
    seq: u64,
    body: String,
}

impl Sealable for Alone {
    const LABEL: Label = Label::Alone;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Place(Sealed<Place>),
    KeySet(Box<SealedKeySet>),
    Entry(Box<Kept>),
}

#[derive(Debug)]
pub(super) struct Journal {
    paper: Paper,
    key: SigningKey,
    terminal: TerminalId,
    last: Head,
    lines: u64,
    /// A line may be half written.
    broken: bool,
}

/// What a journal says, as far as it holds.
#[derive(Debug)]
pub struct Read {
    pub(super) place: Place,
    pub(super) entries: Vec<(Kept, Head)>,
    /// The newest; one of the roots signed it.
    pub(super) key_set: Option<(SealedKeySet, KeySet)>,
    /// Where the last line ends that holds, and whether a line stands behind it that was not finished.
    end: u64,
    torn: bool,
    /// Where whole lines do not hold: the number that was to come. Signed ones may stand behind it, and are among the entries.
    pub(super) flaws: Vec<u64>,
}

impl Read {
    /// The number and the text of each entry, in their order.
    pub fn entries(&self) -> impl Iterator<Item = (u64, &str)> {
        self.entries.iter().map(|(kept, _)| (kept.seq, kept.body.as_str()))
    }

    /// Where the terminal stands, and whom it trusts after the last key set.
    pub(super) fn post(&self) -> Post {
        let post = self.place.post();
        self.key_set.as_ref().map_or(post, |(_, opened)| Post { roots: *opened.roots(), ..post })
    }
}

impl Journal {
    /// Opens the journal of this database and makes both level: the book gets what only the journal has, and the journal what it
    /// lacks. One that does not belong to it is set aside.
    pub(super) fn level(
        database: &Path,
        connection: &mut Connection,
        key: &SigningKey,
        watched: &Watched,
    ) -> Result<Self, StoreError> {
        let path = database.with_file_name(FILE);
        let fault = |cause| StoreError::Lock { path: path.clone(), cause };
        let (post, floor) = place(connection)?;
        let (mut to_keep, mut is_another) = (true, true);
        let goes_on = match read(&path, &PublicKey::of(key)) {
            Some(read) if stands(&read, &post) && belongs(connection, &read)? => {
                take_over(connection, &read)?;
                if read.is_damaged() {
                    tell_of_flaws(connection, &read.flaws);
                }
                (to_keep, is_another) = (read.is_damaged(), false);
                let (oldest, _) = ends(connection)?;
                (!read.is_damaged() && read.place.post() == post && !too_long(&read, oldest)).then_some(read)
            }
            Some(_) | None => None,
        };
        let (oldest, newest) = ends(connection)?;
        let mut known = None;
        let mut journal = if let Some(read) = goes_on {
            let cut_to = read.torn.then_some(read.end);
            let paper = Paper::go_on(path.clone(), cut_to, watched.clone()).map_err(fault)?;
            let last = read.entries.last().map_or(Head::START, |(_, head)| *head);
            let lines = u64::try_from(read.entries.len()).unwrap_or(u64::MAX);
            known = read.key_set.map(|(sealed, _)| sealed);
            Self { paper, key: key.clone(), terminal: post.terminal, last, lines, broken: false }
        } else {
            let paper = Paper::make(path.with_extension("journal.part"), watched.clone()).map_err(fault)?;
            Self::begin(paper, key, &post, floor, news::key_floor(connection)?)?
        };
        journal.catch_up(connection, oldest, newest)?;
        let key_set = news::key_set(connection)?;
        if let Some(key_set) = key_set.filter(|key_set| known.as_ref() != Some(key_set)) {
            journal.write(&Line::KeySet(Box::new(key_set)))?;
        }
        journal.paper.sync_whole().map_err(fault)?;
        if journal.paper.path != path {
            // Whole before it has its name.
            if to_keep && path.exists() {
                let aside = unused(path.with_extension("journal.before"));
                tracing::error!(aside = %aside.display(), "the journal of entries is damaged or not this database's; it was set aside");
                if is_another {
                    let says = format!(
                        "出入记录副本与数据库不符，已另存为 {0} the journal and the database differ; it was set aside as {0}",
                        aside.display()
                    );
                    trouble::note(connection, Ailment::JournalDiffers, Some(&says));
                }
                watched.rename(&path, &aside).map_err(fault)?;
            }
            journal.paper.rename(path.clone()).map_err(fault)?;
            sync_folder(&path).map_err(fault)?;
        }
        Ok(journal)
    }

    fn begin(
        paper: Paper,
        key: &SigningKey,
        post: &Post,
        floor: Moment,
        key_floor: KeySetFloor,
    ) -> Result<Self, StoreError> {
        let Post { terminal, campus, gate, roots: Roots { root, spare } } = *post;
        let place = Place { terminal, campus, gate, root, spare, floor, key_floor };
        let place = Sealed::seal(&place, None, key).map_err(StoreError::json("journal"))?;
        let key = key.clone();
        let mut journal = Self { paper, key, terminal, last: Head::START, lines: 0, broken: false };
        journal.write(&Line::Place(place))?;
        Ok(journal)
    }

    fn catch_up(&mut self, connection: &Connection, oldest: u64, newest: u64) -> Result<(), StoreError> {
        let from = self.last.seq.saturating_add(1).max(oldest);
        if from > newest {
            return Ok(());
        }
        let mut select = connection.prepare("select seq, body, hash from entry where seq >= ?1 order by seq")?;
        let mut rows = select.query([stored(from)?])?;
        // Of the oldest that is left the hash before it is not known any more; what follows is checked.
        let mut next = from;
        let mut before: Option<ChainHash> = (from == self.last.seq.saturating_add(1)).then_some(self.last.hash);
        while let Some(row) = rows.next()? {
            let (seq, body, hash) = (counted(row.get(0)?)?, row.get::<_, String>(1)?, read_hash(row, 2)?);
            self.put(before.filter(|_| seq == next), &body, Head { seq, hash })?;
            (before, next) = (Some(hash), seq.saturating_add(1));
        }
        Ok(())
    }

    /// On the disk when this returns.
    pub(super) fn append(&mut self, after: ChainHash, body: &str, head: Head) -> Result<(), StoreError> {
        self.broken = true;
        self.put(Some(after), body, head)?;
        self.paper.sync().map_err(|cause| StoreError::Lock { path: self.paper.path.clone(), cause })?;
        self.broken = false;
        Ok(())
    }

    fn put(&mut self, after: Option<ChainHash>, body: &str, head: Head) -> Result<(), StoreError> {
        let terminal = self.terminal;
        let signed =
            Sealed::seal(&EntryHead { terminal, head }, None, &self.key).map_err(StoreError::json("journal"))?;
        let alone = Alone { terminal, seq: head.seq, body: body.to_owned() };
        let alone = after.is_none().then(|| Sealed::seal(&alone, None, &self.key)).transpose();
        let alone = alone.map_err(StoreError::json("journal"))?;
        let after = after.unwrap_or(ChainHash::START);
        let kept = Kept { seq: head.seq, after, body: body.to_owned(), head: signed, alone };
        self.write(&Line::Entry(Box::new(kept)))?;
        (self.last, self.lines) = (head, self.lines.saturating_add(1));
        Ok(())
    }

    fn write(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut text = serde_json::to_vec(line).map_err(StoreError::json("journal"))?;
        text.push(b'\n');
        self.paper.write(&text).map_err(|cause| StoreError::Lock { path: self.paper.path.clone(), cause })
    }

    /// Whether it is to be made level again before it goes on.
    pub(super) fn is_to_be_levelled(&self, entries: u64) -> bool {
        self.broken || self.paper.is_gone() || self.lines > entries.saturating_mul(2).saturating_add(PURGED_AT_MOST)
    }
}

pub(super) fn read(path: &Path, own: &PublicKey) -> Option<Read> {
    heard(&fs::read(path).ok()?, own)
}

/// What this terminal's own signatures and the chain hold of it. `None` without a place to stand.
#[must_use]
pub fn heard(text: &[u8], own: &PublicKey) -> Option<Read> {
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let first = lines.next()?;
    let Ok(Line::Place(sealed)) = serde_json::from_slice(first) else { return None };
    let place = sealed.open(own).ok()?;
    let mut read =
        Read { place, entries: Vec::new(), key_set: None, end: length(first), torn: false, flaws: Vec::new() };
    let mut whole = length(first);
    for line in lines {
        whole = whole.saturating_add(length(line));
        match serde_json::from_slice(line) {
            Ok(Line::KeySet(sealed)) => match KeySet::open(&sealed, read.post().roots) {
                Ok(opened) => read.key_set = Some((*sealed, opened)),
                Err(_) => read.flaws.push(read.next()),
            },
            Ok(Line::Entry(kept)) => read.take(*kept, own),
            Ok(Line::Place(_)) | Err(_) => read.flaws.push(read.next()),
        }
        if read.flaws.is_empty() {
            read.end = whole;
        }
    }
    read.torn = read.flaws.is_empty() && read.end < length(text);
    Some(read)
}

impl Read {
    /// A line that proves itself counts wherever it stands; that others are missing before it does not make it less true.
    fn take(&mut self, kept: Kept, own: &PublicKey) {
        let next = self.next();
        let Some(head) = proven(&kept, self.place.terminal, own) else { return self.flaws.push(next) };
        let follows = |last: &Head| kept.seq > last.seq && (kept.seq > next || kept.after == last.hash);
        if !self.entries.last().is_none_or(|(_, last)| follows(last)) {
            return self.flaws.push(kept.seq);
        }
        if !self.entries.is_empty() {
            let missing = (next..kept.seq).filter(|seq| self.flaws.last() != Some(seq)).take(FLAWS_AT_MOST);
            self.flaws.extend(missing.collect::<Vec<_>>());
        }
        self.entries.push((kept, head));
    }

    /// The number that is to come.
    fn next(&self) -> u64 {
        self.entries.last().map_or(1, |(kept, _)| kept.seq.saturating_add(1))
    }

    fn is_damaged(&self) -> bool {
        !self.flaws.is_empty()
    }
}

/// For the officers' page; it stays there, because people are to look into it.
pub(super) fn tell_of_flaws(connection: &Connection, flaws: &[u64]) {
    if flaws.is_empty() {
        return;
    }
    let numbers = trouble::numbers(flaws);
    tracing::error!(numbers, "lines of the journal of entries do not hold");
    let says = format!(
        "出入记录副本第 {numbers} 条对不上，原件另存 entries {numbers} of the journal did not hold; it is kept beside it"
    );
    trouble::note(connection, Ailment::JournalAltered, Some(&says));
}

/// Of a hole, so many are named.
const FLAWS_AT_MOST: usize = 1_000;

/// The head that the line leads to, as this terminal signed it.
fn proven(kept: &Kept, terminal: TerminalId, own: &PublicKey) -> Option<Head> {
    let EntryHead { terminal: whose, head } = kept.head.open(own).ok()?;
    let before = Head { seq: kept.seq.checked_sub(1)?, hash: kept.after };
    let led_to = before.extend(ChainName::Entries { terminal }, &kept.body);
    // The oldest line after a purge does not know what stood before it.
    let by_itself = || {
        let alone = kept.alone.as_ref()?.open(own).ok()?;
        Some(alone == Alone { terminal, seq: kept.seq, body: kept.body.clone() })
    };
    let proven = led_to == head || (head.seq == kept.seq && by_itself() == Some(true));
    let is_entry = serde_json::from_str::<Entry>(&kept.body).is_ok();
    (whose == terminal && proven && is_entry).then_some(head)
}

fn length(text: &[u8]) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

fn too_long(read: &Read, oldest: u64) -> bool {
    let purged = read.entries.iter().take_while(|(kept, _)| kept.seq < oldest).count();
    purged > read.entries.len() / 2 && u64::try_from(purged).unwrap_or(u64::MAX) > PURGED_AT_MOST
}

fn place(connection: &Connection) -> Result<(Post, Moment), StoreError> {
    let post = super::post(connection)?.ok_or(StoreError::NotEnrolled)?;
    let floor = connection.query_row("select floor_ms from post", [], |row| row.get(0))?;
    Ok((post, Moment::from_unix_ms(floor)))
}

/// The numbers of the oldest and the newest entry in the database; 1 and 0 when there is none.
fn ends(connection: &Connection) -> Result<(u64, u64), StoreError> {
    let sql = "select coalesce(min(seq), 1), coalesce(max(seq), 0) from entry";
    let (oldest, newest) = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((counted(oldest)?, counted(newest)?))
}

/// Whether this is the journal of a terminal at this post. Whom it trusts changes with the key sets.
fn stands(read: &Read, post: &Post) -> bool {
    let place = read.place.post();
    let known = |root: &RootKey| place.roots.holds(root) || read.post().roots.holds(root);
    (place.terminal, place.campus, place.gate) == (post.terminal, post.campus, post.gate)
        && post.roots.each().any(known)
}

/// Whether the shorter of the two is the beginning of the longer one.
fn belongs(connection: &Connection, read: &Read) -> Result<bool, StoreError> {
    let (Some((first, _)), Some((_, last))) = (read.entries.first(), read.entries.last()) else {
        let (oldest, _) = ends(connection)?;
        return Ok(oldest == 1);
    };
    let head = entries::head(connection)?;
    if last.seq > head.seq {
        let goes_on = first.seq == head.seq.saturating_add(1) && first.after == head.hash;
        return Ok(goes_on || head == Head::START || read.entries.iter().any(|(_, written)| *written == head));
    }
    let mut same = connection.prepare("select 1 from entry where seq = ?1 and hash = ?2")?;
    Ok(same.exists(rusqlite::params![stored(last.seq)?, last.hash.as_bytes()])?)
}

/// Entries that only the journal has were acknowledged, and their numbers may be known to the server.
fn take_over(connection: &mut Connection, read: &Read) -> Result<(), StoreError> {
    let newest = entries::head(connection)?.seq;
    let known = read.entries.partition_point(|(kept, _)| kept.seq <= newest);
    let (_, surplus) = read.entries.split_at(known);
    if surplus.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for (kept, head) in surplus {
        entries::take_over(&transaction, &kept.body, *head)?;
    }
    transaction.commit()?;
    tracing::error!(
        newest,
        taken = surplus.len(),
        "the database lacked entries; they were taken over from the journal"
    );
    Ok(())
}

/// A name beside it that nothing has: what was set aside once is never overwritten.
pub(super) fn unused(name: PathBuf) -> PathBuf {
    let numbered = |number: u32| {
        let mut numbered = OsString::from(&name);
        numbered.push(format!("-{number}"));
        PathBuf::from(numbered)
    };
    if !name.exists() {
        return name;
    }
    (2..=u32::MAX).map(numbered).find(|other| !other.exists()).unwrap_or(name)
}

#[cfg(unix)]
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
