//! `clock accept`: an operator's word that the server's clock is right.
//!
//! Asked for where a machine cannot tell a clock that was put from a server that was off.

use std::io::Write;

use super::{Failure, Office};

pub(super) async fn accept(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let now = office.now();
    let before = office.store.accept_clock(now).await?;
    writeln!(out, "The clock is taken as right: {} campus time", now.campus_date_and_clock())?;
    if let Some(chores) = before.chores {
        writeln!(out, "The minute's chores were last done at {}", chores.campus_date_and_clock())?;
    }
    writeln!(out, "A server that is running goes on within a minute; one that refused to start may be started")?;
    Ok(())
}
