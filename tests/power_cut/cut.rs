//! What a cut leaves behind.
//!
//! What a sync of its file had made durable is there. Of the rest a disk keeps what it likes, in whatever order it likes: each write
//! falls apart at the edges of sectors, and each piece is there or is not. Names are kept in the order in which they were made and
//! taken away, and a sync of any file settles all before it, as journalling file systems do it.

use std::collections::{BTreeMap, HashMap};

use crate::{
    disk::Image,
    lot::Lot,
    record::{FileId, Op, put},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// All that was written is there, as after `kill -9`.
    Kept,
    /// Only what was synced is there.
    Lost,
    /// Of what was not synced some sectors are there.
    Torn { sector: usize, seed: u64 },
}

/// A disk as it goes through a record.
#[derive(Debug, Default)]
pub struct Platter {
    durable: HashMap<FileId, Vec<u8>>,
    names: BTreeMap<String, FileId>,
    pending: Vec<Op>,
}

impl Platter {
    /// Of a disk that was made of this image: all of it is durable.
    #[must_use]
    pub fn of(image: Image) -> Self {
        let mut platter = Self::default();
        for (file, (name, bytes)) in image.into_iter().enumerate() {
            platter.names.insert(name, file);
            platter.durable.insert(file, bytes);
        }
        platter
    }

    pub fn take(&mut self, op: &Op) {
        let Op::Sync { file } = op else {
            self.pending.push(op.clone());
            return;
        };
        let (now, later) =
            std::mem::take(&mut self.pending).into_iter().partition(|op| op.file().is_none_or(|of| of == *file));
        self.pending = later;
        for op in &now {
            apply(op, &mut self.durable, &mut self.names);
        }
    }

    /// What is found when the power is cut now.
    #[must_use]
    pub fn cut(&self, cut: Cut) -> Image {
        let (mut files, mut names) = (self.durable.clone(), self.names.clone());
        match cut {
            Cut::Lost => {}
            Cut::Kept => self.pending.iter().for_each(|op| apply(op, &mut files, &mut names)),
            Cut::Torn { sector, seed } => self.tear(sector, &mut Lot::of(seed), &mut files, &mut names),
        }
        names.into_iter().map(|(name, file)| (name, files.remove(&file).unwrap_or_default())).collect()
    }

    fn tear(
        &self,
        sector: usize,
        lot: &mut Lot,
        files: &mut HashMap<FileId, Vec<u8>>,
        names: &mut BTreeMap<String, FileId>,
    ) {
        // Where nothing was written yet a disk may hold anything.
        let zeros = lot.heads();
        let mut names_kept = true;
        for op in &self.pending {
            match op {
                Op::Create { .. } | Op::Delete { .. } => {
                    names_kept &= lot.heads() || lot.heads();
                    if names_kept {
                        apply(op, files, names);
                    }
                }
                Op::Write { file, at, bytes } => {
                    let target = files.entry(*file).or_default();
                    for (at, piece) in pieces(*at, bytes, sector) {
                        if lot.heads() {
                            let mut filler = lot.clone();
                            put(target, at, piece, || if zeros { 0 } else { filler.draw().to_le_bytes()[0] });
                        }
                    }
                }
                Op::Truncate { .. } => {
                    if lot.heads() {
                        apply(op, files, names);
                    }
                }
                Op::Sync { .. } => {}
            }
        }
    }
}

fn apply(op: &Op, files: &mut HashMap<FileId, Vec<u8>>, names: &mut BTreeMap<String, FileId>) {
    match op {
        Op::Create { file, name } => {
            names.insert(name.clone(), *file);
        }
        Op::Delete { name } => {
            names.remove(name);
        }
        Op::Write { file, at, bytes } => put(files.entry(*file).or_default(), *at, bytes, || 0),
        Op::Truncate { file, len } => files.entry(*file).or_default().truncate(*len),
        Op::Sync { .. } => {}
    }
}

/// A write, cut at the edges of sectors.
fn pieces(at: usize, bytes: &[u8], sector: usize) -> Vec<(usize, &[u8])> {
    let mut pieces = Vec::new();
    let (mut at, mut rest) = (at, bytes);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(sector - at % sector));
        pieces.push((at, piece));
        at += piece.len();
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platter(ops: &[Op]) -> Platter {
        let mut platter = Platter::default();
        ops.iter().for_each(|op| platter.take(op));
        platter
    }

    fn written(at: usize, byte: u8, len: usize) -> Op {
        Op::Write { file: 0, at, bytes: vec![byte; len] }
    }

    #[test]
    fn what_was_synced_is_there_after_every_cut_and_the_rest_only_as_the_cut_says() {
        let create = Op::Create { file: 0, name: "a".to_owned() };
        let synced = [create.clone(), written(0, 1, 1024), Op::Sync { file: 0 }];
        let after = |more: &[Op]| platter(&[&synced, more].concat());
        let platter = after(&[written(512, 2, 1024)]);
        assert_eq!(platter.cut(Cut::Lost)["a"], [1; 1024]);
        assert_eq!(platter.cut(Cut::Kept)["a"], [[1; 512].as_slice(), &[2; 1024]].concat());
        let torn: Vec<_> = (0..64).map(|seed| platter.cut(Cut::Torn { sector: 512, seed })["a"].clone()).collect();
        assert!(torn.iter().all(|file| file[..512] == [1; 512]), "synced and not written again");
        for (from, byte, len) in [(512, 1, 1024), (512, 2, 1024), (512, 2, 1536)] {
            let seen = torn.iter().any(|file| file.len() == len && file[from..from + 512] == [byte; 512]);
            assert!(seen, "{byte} in a file of {len}");
        }
        // The second sector was written and the first was not: reordered.
        assert!(torn.iter().any(|file| file.len() == 1536 && file[512] == 1));
        let gone = self::platter(&[create, written(0, 1, 8)]);
        assert!(gone.cut(Cut::Lost).is_empty(), "a name that nothing settled");
        assert!(after(&[Op::Delete { name: "a".to_owned() }]).cut(Cut::Lost).contains_key("a"));
    }
}
