//! `key-set.json`: the key set as the root signed it, with the root's public key beside it.
//!
//! The file holds no secret and proves nothing to a terminal, which believes only the root it was enrolled with. The root stands here
//! so that the server can hand it to new terminals and notice at start that secrets and set belong together.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use shared::pass::{KeySet, KeySetFault, RootKey, SealedKeySet};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeySetFile {
    pub(super) root: RootKey,
    pub(super) set: SealedKeySet,
}

impl KeySetFile {
    pub(super) fn read(path: &Path) -> Result<(Self, KeySet), SetFault> {
        let unreadable = |cause| SetFault::Io { path: path.to_owned(), cause };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let file: Self = serde_json::from_str(&text).map_err(|cause| unreadable(cause.into()))?;
        let opened = KeySet::open(&file.set, &file.root);
        let set = opened.map_err(|cause| SetFault::Unproven { path: path.to_owned(), cause })?;
        Ok((file, set))
    }

    /// Writes a new file, durably; one that exists is never overwritten.
    pub(super) fn create(&self, path: &Path) -> Result<(), SetFault> {
        let unwritten = |cause| SetFault::Io { path: path.to_owned(), cause };
        let text = serde_json::to_string_pretty(self).map_err(|cause| unwritten(cause.into()))?;
        let mut file = fs::File::create_new(path).map_err(unwritten)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritten)
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
    #[error("{} 的签名与其所列根密钥不符。It is not signed by the root key it names", .path.display())]
    Unproven {
        path: PathBuf,
        #[source]
        cause: KeySetFault,
    },
}
