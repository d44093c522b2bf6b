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
            writeln!(out, "Pass {pass} is revoked; terminals that are connected know within seconds")?;
            Ok(())
        }
        EndOutcome::AlreadyEnded(standing) => Err(Failure::EndedBefore { pass, standing: standing.name() }),
        EndOutcome::NotTheirs | EndOutcome::NotFound => Err(Failure::UnknownPass(pass)),
    }
}
