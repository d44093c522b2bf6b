//! `--stay`: everything goes on running, for people to play with.
//!
//! The office is started again with all its channels, which lead to the providers' doubles: one page shows every telephone, WeCom and the
//! service hall, and has the dials by which each of them fails.

use std::{path::Path, process::Command};

use doubles::Doubles;
use tokio::net::TcpListener;
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
    let telephones = doubles_of(&office).await?;
    office.start()?;
    println!("\n在这里预约 Book a visit at {}", office.url);
    println!("  访客用 {VISITOR_PHONE} 登录 The visitor signs in so");
    println!(
        "  被访人 {HOST_NAME} 用 {HOST_PHONE} 登录，或以工号 T2001 走统一身份认证 The host signs in so, or by the university's own sign-on"
    );
    println!(
        "手机、企业微信和网办大厅都在这里，还可以让它们出故障 Telephones, WeCom, the service hall, and dials to make them fail: {telephones}/"
    );
    let window = window(&mut gate)?;
    match window {
        Some(_) => {
            println!(
                "终端的窗口正在打开，把通行码图片放进 {} 即可识读。The terminal's window is opening; it reads pictures put there.",
                room.join("camera").display()
            )
        }
        None => println!("这里没有显示器，不打开终端窗口。There is no display here for the terminal's window."),
    }
    println!("按 Ctrl-C 结束。Ctrl-C ends it.\n");
    tokio::signal::ctrl_c().await?;
    drop(window);
    Ok(())
}

/// On the port where the doubles' own program would be, or on any other.
const USUAL_PORT: u16 = 8470;

/// They end with the demo.
async fn doubles_of(office: &Office) -> Result<String, Trouble> {
    let listener = match TcpListener::bind(("127.0.0.1", USUAL_PORT)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind("127.0.0.1:0").await?,
    };
    let at = format!("http://{}", listener.local_addr()?);
    let doubles = Doubles::of_office(&office.url);
    office.reach(&doubles, &at)?;
    tokio::spawn(doubles.answer(listener));
    Ok(at)
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
