//! `key-set.json`: the key set as a root signed it, with the roots' public keys and which of its keys sign beside it.
//!
//! The file holds no secret and proves nothing to a terminal, which believes only the roots it was enrolled with. They stand here
//! so that the server can hand them to new terminals and notice at start that secrets and set belong together. It is replaced whole:
//! a running server reads it again when it is another.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use shared::{
    ids::KeyId,
    pass::{KeySet, KeySetFault, RootKey, Roots, SealedKeySet},
    time::Moment,
};

use super::secret_file::give_to_the_owner_of_its_folder;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeySetFile {
    pub(super) root: RootKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) spare: Option<RootKey>,
    pub(super) set: SealedKeySet,
    /// Absent from offices that never changed their keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signing: Option<Signing>,
    /// Who signs as soon as the gates know them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<Signing>,
    /// No number is given to two keys, whatever left the set in between.
    #[serde(default)]
    pub(super) last_id: u16,
}

/// One key for each use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signing {
    pub(super) pass: KeyId,
    pub(super) beacon: KeyId,
    /// The first set that names both, and when it was signed.
    pub(super) set: u32,
    pub(super) since: Moment,
}

impl KeySetFile {
    pub(super) fn read(path: &Path) -> Result<(Self, KeySet), SetFault> {
        let unreadable = |cause| SetFault::Io { path: path.to_owned(), cause };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let file: Self = serde_json::from_str(&text).map_err(|cause| unreadable(cause.into()))?;
        let opened = KeySet::open(&file.set, file.roots());
        let set = opened.map_err(|cause| SetFault::Unproven { path: path.to_owned(), cause })?;
        Ok((file, set))
    }

    pub(super) const fn roots(&self) -> Roots {
        Roots { root: self.root, spare: self.spare }
    }

    /// The file as it was or this one, whole and durable, whenever the power goes.
    pub(super) fn put(&self, path: &Path) -> Result<(), SetFault> {
        let unwritten = |cause| SetFault::Io { path: path.to_owned(), cause };
        let text = serde_json::to_string_pretty(self).map_err(|cause| unwritten(cause.into()))?;
        let part = path.with_extension("json.part");
        let mut file = fs::File::create(&part).map_err(unwritten)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritten)?;
        give_to_the_owner_of_its_folder(&part);
        fs::rename(&part, path).map_err(unwritten)?;
        let folder = path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all());
        folder.map_err(unwritten)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SetFault {
    #[error("读写不了 {}。It cannot be read or written", .path.display())]
    Io {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} 的签名与其所列根密钥不符。It is not signed by a root key it names", .path.display())]
    Unproven {
        path: PathBuf,
        #[source]
        cause: KeySetFault,
    },
}
