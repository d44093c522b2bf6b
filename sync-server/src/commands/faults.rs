//! `entries faults`: what gates pushed and the log did not take, and what it took and told to no gate.

use std::io::Write;

use super::{Failure, Office, table};
use crate::store::PushFault;

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let faults = office.store.push_faults().await?;
    if faults.is_empty() {
        writeln!(out, "每次上报都对得上。Every push held")?;
        return Ok(());
    }
    writeln!(
        out,
        "对不上的上报和没有转告的记录，从哪一条起 Pushes that did not hold, entries told to no gate, and from where:"
    )?;
    let rows: Vec<[String; 5]> = faults.iter().map(fault).collect();
    table::print(out, ["记录 entry", "原因 why", "首次 first", "最近 last", "次数 times"], &rows)?;
    if faults.iter().any(|fault| fault.what == "fork") {
        writeln!(
            out,
            "“与已有的不同”：可能有两台机器用同一把密钥（数据目录被复制过），或终端的磁盘被换成了旧的。请查看该校门，停用（terminal \
             withdraw）后重新登记。\nTwo machines may have one key, or a disk was put back: look at that gate, withdraw it and enrol it anew"
        )?;
    }
    if faults.iter().any(|fault| fault.seq == 0) {
        writeln!(
            out,
            "编号 0：没有编号，或编号太多，其余的合计在此。Number 0 stands for none, or for more than are listed"
        )?;
    }
    Ok(())
}

fn fault(fault: &PushFault) -> [String; 5] {
    let why = match fault.what.as_str() {
        "fork" => "与已有的不同 differs from the one held",
        "altered" => "被改动 altered",
        "gate" => "写的是别的校门，未转告 names another gate; kept and told to none",
        "party" => "人数不可能，未转告 of too many people; kept and told to none",
        "many" => "一天里太多，未转告 too many in a day; kept and told to none",
        "unknown" => "不认识的通行码太多，未转告 of too many unknown passes; kept and told to none",
        _ => "签名或链尾不对 the head does not hold",
    };
    [
        format!("{}/{}", fault.terminal, fault.seq),
        why.to_owned(),
        fault.first_at.campus_date_and_clock(),
        fault.last_at.campus_date_and_clock(),
        fault.times.to_string(),
    ]
}
