//! What was asked of a disk, in the order in which it was asked.

/// A file keeps its number when its name is given to another.
pub type FileId = usize;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Create { file: FileId, name: String },
    Write { file: FileId, at: usize, bytes: Vec<u8> },
    Truncate { file: FileId, len: usize },
    Sync { file: FileId },
    Delete { name: String },
}

impl Op {
    #[must_use]
    pub const fn file(&self) -> Option<FileId> {
        match self {
            Self::Write { file, .. } | Self::Truncate { file, .. } | Self::Sync { file } => Some(*file),
            // A name belongs to the folder.
            Self::Create { .. } | Self::Delete { .. } => None,
        }
    }
}

/// Puts bytes where they belong; what lies between the end and there is `filler`, as on a disk that was never written there.
pub fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8], mut filler: impl FnMut() -> u8) {
    while file.len() < at {
        file.push(filler());
    }
    let over = bytes.len().min(file.len() - at);
    let (before, after) = bytes.split_at(over);
    file.iter_mut().skip(at).zip(before).for_each(|(old, new)| *old = *new);
    file.extend_from_slice(after);
}
