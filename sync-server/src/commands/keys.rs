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
    writeln!(out, "密钥和第 1 号密钥集已生成于 {}。Keys and key set 1 are made", config.data_dir.display())?;
    writeln!(out, "根密钥 Root key: {}", root_file.display())?;
    writeln!(out, "  请移到上锁保存的介质上，服务本身不需要它。Move it to a medium that is locked away")?;
    writeln!(out, "根密钥指纹，每次登记终端时核对。Root fingerprint, to compare at every enrolment:")?;
    writeln!(out, "  {}", root.fingerprint())?;
    Ok(())
}
