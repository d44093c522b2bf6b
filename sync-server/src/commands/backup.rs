//! `backup` and `restore`: a copy of the database while it is in use, and its way back.
//!
//! Neither needs a key, and neither copies one: a copy that is stolen with them beside it would be the whole office.

use std::{io::Write, path::Path};

use shared::time::Moment;

use super::Failure;
use crate::{
    config::Config,
    serve::{self, ServeFault},
    store::{self, Copied, Restored},
};

pub(super) fn backup(config: &Config, file: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let copied = store::backup(&config.database(), file)?;
    writeln!(out, "已备份到 {}：{}", file.display(), said(copied))?;
    let [secrets, set] = ["secrets", "key-set.json"].map(|name| config.data_dir.join(name).display().to_string());
    writeln!(
        out,
        "密钥不在其中，请另外保存 {secrets} 和 {set}，两样缺一不可。The keys are not in it: save both apart"
    )?;
    Ok(())
}

pub(super) fn restore(config: &Config, file: &Path, now: Moment, out: &mut dyn Write) -> Result<(), Failure> {
    // A server that runs has the old database open, and would go on writing into it under its new name.
    let _lock = match serve::only_here(config) {
        Err(ServeFault::AlreadyServing { path }) => return Err(Failure::StopFirst { path }),
        held => held?,
    };
    let _alone = serve::alone(config)?;
    let heard = serve::heard_of(config);
    let Restored { copied, aside, terminals_known } = store::restore(file, &config.database(), now, heard)?;
    writeln!(out, "已恢复：{}", said(copied))?;
    if let Some(aside) = aside {
        writeln!(
            out,
            "原数据库另存为 {}，里面有访客信息：核对无误后请删除，本服务不会清理它。What lay there before is kept: delete it once all is well",
            aside.display()
        )?;
    }
    if !terminals_known && copied.terminals < heard.terminals {
        writeln!(
            out,
            "注意：这份备份里有 {} 台终端，原来有 {} 台：有更新的备份就恢复那一份，否则其余的要重新登记。\
             It knows fewer terminals than there were: restore a newer copy, or enrol the others anew",
            copied.terminals, heard.terminals
        )?;
    }
    if terminals_known {
        writeln!(
            out,
            "备份之后登记和停用的门岗终端已从原数据库带过来。Terminals enrolled or withdrawn since are known"
        )?;
    } else {
        writeln!(
            out,
            "备份之后停用的门岗终端又能使用，请用 terminal list 核对，重新停用；之后登记的须重新登记。\n\
             Terminals withdrawn since are welcome again: look at `terminal list` and withdraw them"
        )?;
    }
    writeln!(out, "备份之后的预约、审核和黑名单改动不在其中，请补办；各校门会自动重新同步并补传出入记录。")?;
    writeln!(out, "所有人已退出登录，等待发送的通知可能重复。What came after the copy is not in it; gates sync anew")?;
    Ok(())
}

fn said(copied: Copied) -> String {
    let Copied { bytes, bookings, entries, .. } = copied;
    let mb = bytes.div_ceil(1_000_000);
    format!("{bookings} 份预约，{entries} 条出入记录，{mb} MB，已校验并落盘。Checked and on the disk")
}
