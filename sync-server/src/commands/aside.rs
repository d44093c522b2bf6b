//! `entries aside`: what gates pushed and the log did not take.

use std::io::Write;

use super::{Failure, Office, table};
use crate::store::{PushFault, SetAside};

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let faults = office.store.push_faults().await?;
    let lines = office.store.lines_set_aside().await?;
    if faults.is_empty() && lines.is_empty() {
        writeln!(out, "没有对不上或另外搁置的记录。Every push held, and nothing was set aside")?;
        return Ok(());
    }
    if !faults.is_empty() {
        writeln!(out, "对不上的上报，从哪一条起 Pushes that did not hold, and from where:")?;
        let rows: Vec<[String; 5]> = faults.iter().map(fault).collect();
        table::print(out, ["记录 entry", "原因 why", "首次 first", "最近 last", "次数 times"], &rows)?;
    }
    if !lines.is_empty() {
        writeln!(out, "终端停用以后上报的记录，没有记入 Pushed by terminals after they were withdrawn, in no log:")?;
        let rows: Vec<[String; 3]> = lines.iter().map(line).collect();
        table::print(out, ["记录 entry", "收到 received", "内容 as it came"], &rows)?;
    }
    Ok(())
}

fn fault(fault: &PushFault) -> [String; 5] {
    let why = match fault.what.as_str() {
        "fork" => "与已有的不同 differs from the one held",
        "altered" => "被改动 altered",
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

/// Whoever wrote it may have written anything: nothing in it moves the cursor of who reads.
fn line(line: &SetAside) -> [String; 3] {
    let body: String = line.body.chars().flat_map(char::escape_debug).collect();
    [format!("{}/{}", line.terminal, line.seq), line.received_at.campus_date_and_clock(), body.replace("\\\"", "\"")]
}
