//! Where keys lie in the data directory.

use std::path::{Path, PathBuf};

use shared::{ids::KeyId, pass::KeyUse};

use super::{BEACON_KEY, PASS_KEY};

pub(super) struct Places {
    pub(super) secrets: PathBuf,
    pub(super) identity: PathBuf,
    pub(super) set: PathBuf,
}

impl Places {
    pub(super) fn of(data_dir: &Path) -> Self {
        let secrets = data_dir.join("secrets");
        Self { identity: secrets.join("identity.key"), secrets, set: data_dir.join("key-set.json") }
    }

    /// The first two are called by their use alone.
    pub(super) fn secret(&self, id: KeyId, r#use: KeyUse) -> PathBuf {
        let name = match r#use {
            KeyUse::Pass => "pass",
            KeyUse::Beacon => "beacon",
        };
        if id == PASS_KEY || id == BEACON_KEY {
            return self.secrets.join(format!("{name}.key"));
        }
        self.secrets.join(format!("{name}-{id}.key"))
    }
}

/// Where a root key stands unless somebody names a better place.
#[must_use]
pub fn root_path(data_dir: &Path) -> PathBuf {
    data_dir.join("secrets/root.key")
}

/// And the spare.
#[must_use]
pub fn spare_path(data_dir: &Path) -> PathBuf {
    data_dir.join("secrets/spare-root.key")
}

/// Root keys that nobody moved away from where the server keeps its own: whoever takes those takes these, too.
#[must_use]
pub fn roots_left(data_dir: &Path) -> Vec<PathBuf> {
    [root_path(data_dir), spare_path(data_dir)].into_iter().filter(|path| path.exists()).collect()
}
