//! Whose a file is: what root's command makes must be of use to the server, which is somebody else.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, lchown},
    path::Path,
};

/// Gives `new`, which root has made, to whom `like` belongs. What is somebody's already stays theirs, and what a link leads to is not
/// given away.
pub(crate) fn give_as(new: &Path, like: &Path) -> io::Result<()> {
    let (found, wanted) = (fs::symlink_metadata(new)?, fs::metadata(like)?);
    match found.uid() {
        owner if (owner, found.gid()) == (wanted.uid(), wanted.gid()) => Ok(()),
        ROOT => lchown(new, Some(wanted.uid()), Some(wanted.gid())),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

const ROOT: u32 = 0;
