//! `pass revoke`: the security officer's way to end a pass.

use std::io::Write;

use shared::ids::PassId;

use super::{Failure, Office};
use crate::{
    office::{Reason, RevokedBy},
    store::{EndOutcome, Target},
};

pub(super) async fn revoke(office: &Office, pass: PassId, reason: Reason, out: &mut dyn Write) -> Result<(), Failure> {
    let by = RevokedBy::Officer { reason };
    match office.store.revoke(Target::Pass(pass), by, office.now()).await? {
        EndOutcome::Ended(_) => {
            writeln!(out, "通行码 {pass} 已撤销，联网的终端几秒内获知。The pass is revoked")?;
            Ok(())
        }
        EndOutcome::AlreadyEnded(standing) => Err(Failure::EndedBefore { pass, standing: standing.name() }),
        EndOutcome::NotTheirs | EndOutcome::NotFound => Err(Failure::UnknownPass(pass)),
    }
}
