//! `clock accept`: an operator's word that the server's clock is right.
//!
//! Asked for where a machine cannot tell a clock that was put from a server that was off.

use std::io::Write;

use super::{Failure, Office};

pub(super) async fn accept(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let now = office.now();
    let before = office.store.accept_clock(now).await?;
    writeln!(out, "已确认时钟正确：校园时间 {}。The clock is taken as right", now.campus_date_and_clock())?;
    if let Some(chores) = before.chores {
        writeln!(
            out,
            "每分钟的例行工作上次完成于 {}。The minute's chores were last done then",
            chores.campus_date_and_clock()
        )?;
    }
    writeln!(out, "运行中的服务一分钟内继续；拒绝启动的服务现在可以启动。A running server goes on within a minute")?;
    Ok(())
}
