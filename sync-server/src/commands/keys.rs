//! `keys init`: every key of a new office, once.

use std::{io::Write, path::PathBuf};

use shared::time::Moment;

use super::Failure;
use crate::{
    config::Config,
    keys::{Keys, root_path},
};

pub(super) fn init(config: &Config, root: Option<PathBuf>, now: Moment, out: &mut dyn Write) -> Result<(), Failure> {
    let root_file = root.unwrap_or_else(|| root_path(&config.data_dir));
    let root = Keys::init(&config.data_dir, &root_file, now)?;
    writeln!(out, "Keys and key set 1 made in {}", config.data_dir.display())?;
    writeln!(out, "Root key: {}", root_file.display())?;
    writeln!(out, "  move it to a medium that is locked away; the server does not need it")?;
    writeln!(out, "Root fingerprint, to compare at every enrolment:")?;
    writeln!(out, "  {}", root.fingerprint())?;
    Ok(())
}
