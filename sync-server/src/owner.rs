//! Whose a file is: what root's command makes must be of use to the server, which is somebody else.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, chown},
    path::Path,
};

/// Gives `new` to whom `like` belongs; where it does already, that needs no right to give files away.
pub(crate) fn give_as(new: &Path, like: &Path) -> io::Result<()> {
    let of = |path: &Path| fs::metadata(path).map(|found| (found.uid(), found.gid()));
    let (owned, owner) = (of(new)?, of(like)?);
    if owned == owner { Ok(()) } else { chown(new, Some(owner.0), Some(owner.1)) }
}
