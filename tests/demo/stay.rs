//! `--stay`: everything goes on running, for people to play with.

use std::{path::Path, process::Command};

use world::{
    Trouble,
    people::{HOST_NAME, HOST_PHONE, VISITOR_PHONE},
};

use crate::{
    gate::Gate,
    office::Office,
    programs::{Running, beside},
};

pub(crate) async fn until_interrupted(room: &Path, mut office: Office, mut gate: Gate) -> Result<(), Trouble> {
    office.stop()?;
    office.show_notices();
    office.start()?;
    println!("\nBook a visit at {}", office.url);
    println!("  visitor: sign in with {VISITOR_PHONE}");
    println!("  host:    {HOST_NAME}, sign in with {HOST_PHONE}");
    println!("Codes and approval links appear below: channel, to whom, text, link.");
    let window = window(&mut gate)?;
    match window {
        Some(_) => {
            println!("The terminal's window is opening; put pictures of passes into {}.", room.join("camera").display())
        }
        None => println!("There is no display here, so the terminal's window stays closed."),
    }
    println!("Ctrl-C ends it.\n");
    tokio::signal::ctrl_c().await?;
    drop(window);
    Ok(())
}

fn window(gate: &mut Gate) -> Result<Option<Running>, Trouble> {
    if std::env::var_os("DISPLAY").is_none_or(|display| display.is_empty()) {
        return Ok(None);
    }
    gate.stop()?;
    gate.clear_camera()?;
    let mut command = Command::new(beside("gate-terminal")?);
    command.arg("--config").arg(&gate.settings);
    Running::start(command, "the window", |_| ()).map(Some)
}
