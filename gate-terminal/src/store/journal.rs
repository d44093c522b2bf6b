//! A second copy of the entries, in a flat file beside the database: `entries.journal`.
//!
//! A database that is damaged is damaged whole; a file of lines loses a line. So each entry goes here, too, once the database has it,
//! and is on the disk before anybody is admitted by it. A line can be checked by itself: it holds what the entry's hash covers and
//! the head that this terminal signed. The first says where the terminal stands, so that it need not be enrolled again; the key set
//! is in it, too, without which a gate that is made again could read no pass before it hears from the server.
//!
//! It is a copy and not the book. What it lacks at a start is written from the database, and a failure here refuses nobody.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
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
    sync::push::EntryHead,
    time::Moment,
};

use super::{StoreError, counted, entries, news, read_hash, stored};
use crate::ports::Post;

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
    path: PathBuf,
    file: File,
    key: SigningKey,
    terminal: TerminalId,
    last: Head,
    lines: u64,
    /// A line may be half written.
    broken: bool,
}

/// What a journal says, as far as it holds.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) place: Place,
    pub(super) entries: Vec<(Kept, Head)>,
    /// The newest; one of the roots signed it.
    pub(super) key_set: Option<(SealedKeySet, KeySet)>,
    /// Where the last line ends that holds, and whether a line stands behind it that was not finished.
    end: u64,
    torn: bool,
    /// A whole line does not hold. Signed ones may stand behind it.
    damaged: bool,
}

impl Read {
    /// Where the terminal stands, and whom it trusts after the last key set.
    pub(super) fn post(&self) -> Post {
        let post = self.place.post();
        self.key_set.as_ref().map_or(post, |(_, opened)| Post { roots: *opened.roots(), ..post })
    }
}

impl Journal {
    /// Opens the journal of this database and makes both level: the book gets what only the journal has, and the journal what it
    /// lacks. One that does not belong to it is set aside.
    pub(super) fn level(database: &Path, connection: &mut Connection, key: &SigningKey) -> Result<Self, StoreError> {
        let path = database.with_file_name(FILE);
        let fault = |cause| StoreError::Lock { path: path.clone(), cause };
        let (post, floor) = place(connection)?;
        let mut to_keep = true;
        let goes_on = match read(&path, &PublicKey::of(key)) {
            Some(read) if stands(&read, &post) && belongs(connection, &read)? => {
                take_over(connection, &read)?;
                to_keep = read.damaged;
                let (oldest, _) = ends(connection)?;
                (!read.damaged && read.place.post() == post && !too_long(&read, oldest)).then_some(read)
            }
            Some(_) | None => None,
        };
        let (oldest, newest) = ends(connection)?;
        let mut known = None;
        let mut journal = if let Some(read) = goes_on {
            let mut file = fs::OpenOptions::new().write(true).open(&path).map_err(fault)?;
            if read.torn {
                file.set_len(read.end).map_err(fault)?;
            }
            file.seek(SeekFrom::End(0)).map_err(fault)?;
            let last = read.entries.last().map_or(Head::START, |(_, head)| *head);
            let lines = u64::try_from(read.entries.len()).unwrap_or(u64::MAX);
            known = read.key_set.map(|(sealed, _)| sealed);
            Self { file, key: key.clone(), terminal: post.terminal, last, lines, broken: false, path: path.clone() }
        } else {
            Self::begin(&path, key, &post, floor, news::key_floor(connection)?)?
        };
        journal.catch_up(connection, oldest, newest)?;
        let key_set = news::key_set(connection)?;
        if let Some(key_set) = key_set.filter(|key_set| known.as_ref() != Some(key_set)) {
            journal.write(&Line::KeySet(Box::new(key_set)))?;
        }
        journal.file.sync_all().map_err(fault)?;
        if journal.path != path {
            // Whole before it has its name.
            if to_keep && path.exists() {
                let aside = unused(path.with_extension("journal.before"));
                tracing::error!(aside = %aside.display(), "the journal of entries is damaged or not this database's; it was set aside");
                fs::rename(&path, aside).map_err(fault)?;
            }
            fs::rename(&journal.path, &path).map_err(fault)?;
            sync_folder(&path).map_err(fault)?;
            journal.path = path;
        }
        Ok(journal)
    }

    fn begin(
        path: &Path,
        key: &SigningKey,
        post: &Post,
        floor: Moment,
        key_floor: KeySetFloor,
    ) -> Result<Self, StoreError> {
        let path = path.with_extension("journal.part");
        let fault = |cause| StoreError::Lock { path: path.clone(), cause };
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(fault)?;
        let Post { terminal, campus, gate, roots: Roots { root, spare } } = *post;
        let place = Place { terminal, campus, gate, root, spare, floor, key_floor };
        let place = Sealed::seal(&place, None, key).map_err(StoreError::json("journal"))?;
        let key = key.clone();
        let mut journal = Self { path, file, key, terminal, last: Head::START, lines: 0, broken: false };
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
        let mut before: Option<ChainHash> = (from == self.last.seq.saturating_add(1)).then_some(self.last.hash);
        while let Some(row) = rows.next()? {
            let (seq, body, hash) = (counted(row.get(0)?)?, row.get::<_, String>(1)?, read_hash(row, 2)?);
            self.put(before.unwrap_or(ChainHash::START), &body, Head { seq, hash })?;
            before = Some(hash);
        }
        Ok(())
    }

    /// On the disk when this returns.
    pub(super) fn append(&mut self, after: ChainHash, body: &str, head: Head) -> Result<(), StoreError> {
        self.broken = true;
        self.put(after, body, head)?;
        self.file.sync_data().map_err(|cause| StoreError::Lock { path: self.path.clone(), cause })?;
        self.broken = false;
        Ok(())
    }

    fn put(&mut self, after: ChainHash, body: &str, head: Head) -> Result<(), StoreError> {
        let signed = Sealed::seal(&EntryHead { terminal: self.terminal, head }, None, &self.key);
        let signed = signed.map_err(StoreError::json("journal"))?;
        let kept = Kept { seq: head.seq, after, body: body.to_owned(), head: signed };
        self.write(&Line::Entry(Box::new(kept)))?;
        (self.last, self.lines) = (head, self.lines.saturating_add(1));
        Ok(())
    }

    fn write(&mut self, line: &Line) -> Result<(), StoreError> {
        let mut text = serde_json::to_vec(line).map_err(StoreError::json("journal"))?;
        text.push(b'\n');
        self.file.write_all(&text).map_err(|cause| StoreError::Lock { path: self.path.clone(), cause })
    }

    /// Whether it is to be made level again before it goes on.
    pub(super) fn is_to_be_levelled(&self, entries: u64) -> bool {
        self.broken || self.lines > entries.saturating_mul(2).saturating_add(PURGED_AT_MOST)
    }
}

/// As far as this terminal's own signatures and the chain hold. `None` without a place to stand.
pub(super) fn read(path: &Path, own: &PublicKey) -> Option<Read> {
    let text = fs::read(path).ok()?;
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let first = lines.next()?;
    let Ok(Line::Place(sealed)) = serde_json::from_slice(first) else { return None };
    let place = sealed.open(own).ok()?;
    let mut read = Read { place, entries: Vec::new(), key_set: None, end: length(first), torn: false, damaged: false };
    for line in lines {
        match serde_json::from_slice(line) {
            Ok(Line::KeySet(sealed)) => match KeySet::open(&sealed, read.post().roots) {
                Ok(opened) => read.key_set = Some((*sealed, opened)),
                Err(_) => break,
            },
            Ok(Line::Entry(kept)) => {
                let Some(head) = proven(&kept, read.place.terminal, own) else { break };
                let follows = |last: &Head| kept.seq == last.seq.saturating_add(1) && kept.after == last.hash;
                if !read.entries.last().is_none_or(|(_, last)| follows(last)) {
                    break;
                }
                read.entries.push((*kept, head));
            }
            Ok(Line::Place(_)) | Err(_) => break,
        }
        read.end = read.end.saturating_add(length(line));
    }
    read.damaged =
        text.get(usize::try_from(read.end).unwrap_or(usize::MAX)..).is_some_and(|rest| rest.contains(&b'\n'));
    read.torn = !read.damaged && read.end < length(&text);
    Some(read)
}

/// The head that the line leads to, as this terminal signed it.
fn proven(kept: &Kept, terminal: TerminalId, own: &PublicKey) -> Option<Head> {
    let EntryHead { terminal: whose, head } = kept.head.open(own).ok()?;
    let before = Head { seq: kept.seq.checked_sub(1)?, hash: kept.after };
    let led_to = before.extend(ChainName::Entries { terminal }, &kept.body);
    // The oldest line after a purge does not know what stood before it.
    let proven = led_to == head || (kept.after == ChainHash::START && head.seq == kept.seq && kept.seq > 1);
    // Of that one nothing proves the body; what is no entry is a line that does not hold.
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
