//! `serve`: the server, until it is told to stop. The log goes to standard error; standard output says when it listens.

use std::{
    io::{IsTerminal as _, Write},
    sync::Arc,
};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

use super::Failure;
use crate::{
    clock::Clock,
    config::{Config, Log},
    listening,
    office::{Channel, leap::Erasing},
    serve::{self, ServeFault},
};

pub(super) async fn serve(config: Config, clock: Arc<dyn Clock>, out: &mut dyn Write) -> Result<(), Failure> {
    start_log(&config.log)?;
    listening::raise_open_files();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listen = config.listen;
    let _lock = serve::only_here(&config)?;
    let state = serve::open(config, clock).await?;
    let channels = serve::channels(&state)?;
    if let Erasing::Held { since } = serve::erasing(&state).await? {
        writeln!(out, "暂不删除任何数据：自 {} 起本服务没有运行，或时钟不对。", since.campus_date_and_clock())?;
        writeln!(out, "若时钟正确，请运行 sync-server clock accept。Nothing is erased until the clock is accepted")?;
    }
    if !channels.iter().any(|channel| channel.about().carries(Channel::Sms)) {
        writeln!(out, "没有设置 notify.sms：登录验证码和短信都发不出去，登录页会这样说。")?;
        writeln!(
            out,
            "没有 [notify.sms]。Without it nobody can be sent a code or a text message, and the sign-in page says so"
        )?;
    }
    let listener = TcpListener::bind(listen).await.map_err(|cause| ServeFault::Bind { listen, cause })?;
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    out.flush()?;
    let told = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to stop");
    };
    let store = state.store.clone();
    let ended = serve::answer(listener, state, channels, told).await;
    // Nobody waits for what has not begun, also where another process has the database.
    store.stop();
    Ok(ended?)
}

fn start_log(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let plain = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // It would say on standard error that standard error is full, and panic over it.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A log that is running already (in a test) serves as well.
    if log.json { plain.json().try_init() } else { plain.try_init() }.ok();
    Ok(())
}
