//! `terminal invite`, `list`, `withdraw`: which machines stand at the gates.

use std::io::Write;

use chrono::TimeDelta;
use shared::{
    ids::{CampusId, GateIndex, TerminalId},
    sync::{enrol::InviteCode, pull::Ailment},
};

use super::{Failure, Office, table};
use crate::{keys, random};

/// Long enough to walk to the gate with it, or to read it over the telephone.
const CODE_HOLDS: TimeDelta = TimeDelta::minutes(10);

pub(super) async fn invite(
    office: &Office,
    campus: CampusId,
    gate: GateIndex,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    if office.config.campus(campus).and_then(|campus| campus.gate(gate)).is_none() {
        return Err(Failure::UnknownGate { campus, gate, known: office.places() });
    }
    let code = InviteCode::from_random(random::bytes()?);
    let now = office.now();
    let until = now.plus(CODE_HOLDS);
    office.store.invite(campus, gate, &code, until, now).await?;
    let root = keys::load_roots(&office.config.data_dir)?;
    writeln!(out, "{} 的登记码 Enrolment code (campus {campus}, gate {gate}):", office.place(campus, gate))?;
    writeln!(out)?;
    writeln!(out, "    {code}")?;
    writeln!(out)?;
    writeln!(out, "只能用一次，有效到校园时间 {}。在终端上运行 At the terminal:", until.campus_clock())?;
    writeln!(out, "    gate-terminal --config gate.toml enrol")?;
    writeln!(out, "请电话核对：终端上显示的根密钥指纹必须是 {}。Compare the root fingerprint", root.fingerprint())?;
    Ok(())
}

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let terminals = office.store.terminals().await?;
    if terminals.is_empty() {
        writeln!(out, "还没有终端登记，请看 sync-server terminal invite --help。No terminal has enrolled yet")?;
        return Ok(());
    }
    let rows: Vec<[String; 5]> = terminals
        .iter()
        .map(|terminal| {
            [
                terminal.id.to_string(),
                office.place(terminal.campus, terminal.gate),
                terminal.enrolled.campus_date_and_clock(),
                terminal.withdrawn.map_or_else(
                    || "使用中 in service".to_owned(),
                    |at| format!("已停用 withdrawn {}", at.campus_date_and_clock()),
                ),
                terminal.public.fingerprint(),
            ]
        })
        .collect();
    table::print(out, ["编号 id", "校门 gate", "登记时间 enrolled", "状态 state", "指纹 fingerprint"], &rows)?;
    for terminal in &terminals {
        for (ailment, since) in office.store.ailments(terminal.id).await? {
            writeln!(out, "终端 {}，自 {} 起：{}", terminal.id, since.campus_date_and_clock(), said(ailment))?;
        }
    }
    Ok(())
}

const fn said(ailment: Ailment) -> &'static str {
    match ailment {
        Ailment::JournalUnwritten => "出入记录副本写不了。Its journal of entries cannot be written",
        Ailment::JournalAltered => "出入记录副本有对不上的行，见该机“健康”页。Lines of its journal do not hold",
        Ailment::JournalDiffers => "出入记录副本与数据库不符，已另存。Its journal differed and was set aside",
    }
}

pub(super) async fn withdraw(office: &Office, terminal: TerminalId, out: &mut dyn Write) -> Result<(), Failure> {
    let before = office.store.terminal(terminal).await?.and_then(|terminal| terminal.withdrawn);
    if !office.store.withdraw(terminal, office.now()).await? {
        return Err(Failure::UnknownTerminal(terminal));
    }
    match before {
        Some(at) => {
            let at = at.campus_date_and_clock();
            writeln!(out, "终端 {terminal} 早在 {at} 就已停用，没有改动。It was withdrawn then; nothing has changed")?;
        }
        None => writeln!(out, "终端 {terminal} 已停用，它的下一次请求会被拒绝。The terminal is withdrawn")?,
    }
    Ok(())
}
