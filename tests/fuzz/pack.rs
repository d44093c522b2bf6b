//! Between the engine, which wants a folder of files, and the corpus, which is one file for each target.

use std::{fs, io, path::Path};

use crate::corpus;

/// Each kept input of a target as a file of its own.
pub fn unpack(target: &str, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, input) in corpus::kept(target)?.into_iter().enumerate() {
        fs::write(folder.join(format!("kept-{number:04}")), input)?;
    }
    Ok(())
}

/// From here on the files of this folder are kept of a target, too, as far as there is room.
pub fn pack(target: &str, folder: &Path) -> io::Result<()> {
    let files = fs::read_dir(folder)?.map(|entry| fs::read(entry?.path()));
    corpus::keep(target, files.collect::<io::Result<_>>()?)
}
