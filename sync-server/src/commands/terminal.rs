//! `terminal invite`, `list`, `withdraw`: which machines stand at the gates.

use std::io::Write;

use chrono::TimeDelta;
use shared::{
    ids::{CampusId, GateIndex, TerminalId},
    sync::enrol::InviteCode,
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
    let root = keys::load_root(&office.config.data_dir)?;
    writeln!(out, "Enrolment code for {} (campus {campus}, gate {gate}):", office.place(campus, gate))?;
    writeln!(out)?;
    writeln!(out, "    {code}")?;
    writeln!(out)?;
    writeln!(out, "Good once, until {} campus time. At the terminal:", until.campus_clock())?;
    writeln!(out, "    gate-terminal --config gate.toml enrol")?;
    writeln!(out, "Compare on the telephone: the terminal must show the root fingerprint {}", root.fingerprint())?;
    Ok(())
}

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let terminals = office.store.terminals().await?;
    if terminals.is_empty() {
        writeln!(out, "No terminal has enrolled yet; see: sync-server terminal invite --help")?;
        return Ok(());
    }
    let rows: Vec<[String; 5]> = terminals
        .iter()
        .map(|terminal| {
            [
                terminal.id.to_string(),
                office.place(terminal.campus, terminal.gate),
                terminal.enrolled.campus_date_and_clock(),
                terminal
                    .withdrawn
                    .map_or_else(|| "in service".to_owned(), |at| format!("withdrawn {}", at.campus_date_and_clock())),
                terminal.public.fingerprint(),
            ]
        })
        .collect();
    table::print(out, ["id", "gate", "enrolled", "state", "fingerprint"], &rows)?;
    Ok(())
}

pub(super) async fn withdraw(office: &Office, terminal: TerminalId, out: &mut dyn Write) -> Result<(), Failure> {
    if office.store.withdraw(terminal, office.now()).await? {
        writeln!(out, "Terminal {terminal} is withdrawn; its next call is refused")?;
        Ok(())
    } else {
        Err(Failure::UnknownTerminal(terminal))
    }
}
