//! A whole office on one listener: both doors, the outbox, the minute's chores, and an orderly end.
//!
//! Nothing here decides anything. When it is told to stop it first lets go of held calls, then waits for answers under way, then
//! stops its background tasks. A task that ends by itself is a fault: a server that has quietly stopped publishing passes is worse
//! than one that is restarted.

use std::{
    fs::{self, File, TryLockError},
    future::Future,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
    time::{self, MissedTickBehavior},
};

use crate::{
    clock::Clock,
    config::Config,
    keys::{Keys, KeysFault},
    notify::{Console, Outbox, Sender},
    office::Channel,
    pages,
    state::AppState,
    store::{Store, StoreError},
    sync,
};

/// How long answers under way may take once the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Passes are published a day ahead and numbers erased a day late: a minute is nothing to either.
const CHORES_EVERY: Duration = Duration::from_secs(60);

/// Opens keys and store, and tells the feed which places there are. Until [`answer`] is given the channels there are none.
pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<AppState, ServeFault> {
    let now = clock.now();
    let keys = if config.demo { Keys::load_or_init(&config.data_dir, now) } else { Keys::load(&config.data_dir) }?;
    if config.demo {
        tracing::warn!("demo mode: codes and links are printed for everybody to see; never for real visitors");
    }
    if keys.end_soon(now) {
        tracing::warn!(until = keys.hold_until.campus_date_and_clock(), "the signing keys end soon");
    }
    let store = Store::open(&config.database(), keys.identity.clone())?;
    store.set_places(config.places(), now).await?;
    store.index_companions(now).await?;
    Ok(AppState { config: Arc::new(config), store, clock, keys: Arc::new(keys), texts_leave: false })
}

/// Held as long as this process serves: two servers on one data directory would both think themselves the one writer.
/// Commands may run beside it.
pub fn only_here(config: &Config) -> Result<File, ServeFault> {
    let path = config.data_dir.join("serving.lock");
    let fault = |cause| ServeFault::Lock { path: path.clone(), cause };
    fs::create_dir_all(&config.data_dir).map_err(fault)?;
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeFault::AlreadyServing { path }),
        Err(TryLockError::Error(cause)) => Err(fault(cause)),
    }
}

/// Answers with a `state` that is open already: how a story brings its own clock and its own telephones.
pub async fn answer(
    listener: TcpListener,
    state: AppState,
    senders: Vec<Box<dyn Sender>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeFault> {
    let state = AppState { texts_leave: senders.iter().any(|sender| sender.carries(Channel::Sms)), ..state };
    if !state.texts_leave {
        tracing::warn!("no channel carries text messages: nobody can be sent a code, and the sign-in page says so");
    }
    let (close, mut closing) = watch::channel(false);
    let router = pages::router(state.clone()).merge(sync::router(state.clone(), closing.clone()));
    let told = async move {
        shutdown.await;
        close.send_replace(true);
    };
    let serving = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(told)
        .into_future();
    tokio::pin!(serving);
    let mut tasks = background(&state, senders);
    tokio::select! {
        ended = &mut serving => ended.map_err(ServeFault::Listen)?,
        Some(ended) = tasks.join_next() => return Err(ServeFault::TaskEnded(ended.err())),
        () = closed(&mut closing) => {
            if time::timeout(LAST_ANSWERS, serving).await.is_err() {
                tracing::warn!("answers still under way were cut off");
            }
        }
    }
    tasks.shutdown().await;
    Ok(())
}

/// A sender that is gone is a server that stops, too.
async fn closed(closing: &mut watch::Receiver<bool>) {
    closing.wait_for(|closing| *closing).await.ok();
}

#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    #[error(transparent)]
    Keys(#[from] KeysFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("another server serves this data directory already ({} is locked)", path.display())]
    AlreadyServing { path: PathBuf },
    #[error("{}: cannot be made or locked", path.display())]
    Lock {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("cannot listen on {listen}")]
    Bind {
        listen: SocketAddr,
        #[source]
        cause: io::Error,
    },
    #[error("listening ended")]
    Listen(#[source] io::Error),
    #[error("a background task ended by itself")]
    TaskEnded(#[source] Option<JoinError>),
}

/// Real channels come with their settings; until there are some, only a demo can be heard.
#[must_use]
pub fn channels(state: &AppState) -> Vec<Box<dyn Sender>> {
    if state.config.demo { vec![Box::new(Console::stdout(&state.config.public_url))] } else { Vec::new() }
}

fn background(state: &AppState, senders: Vec<Box<dyn Sender>>) -> JoinSet<()> {
    let AppState { store, clock, .. } = state;
    let outbox = Outbox::new(store.clone(), clock.clone(), senders);
    let mut tasks = JoinSet::new();
    tasks.spawn(outbox.run());
    tasks.spawn(chores(state.clone()));
    tasks
}

/// What falls due by itself: passes to publish, numbers to forget.
async fn chores(state: AppState) {
    let mut minute = time::interval(CHORES_EVERY);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minute.tick().await;
        if let Err(cause) = minute_round(&state).await {
            tracing::error!(cause = &cause as &dyn std::error::Error, "the minute's chores were not done");
        }
    }
}

async fn minute_round(state: &AppState) -> Result<(), StoreError> {
    let now = state.clock.now();
    state.store.publish_due(now).await?;
    state.store.erase_due(state.config.retention, now).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
        os::unix::fs::PermissionsExt as _,
    };

    use shared::time::Moment;
    use tokio::{sync::oneshot, task::spawn_blocking};

    use super::*;
    use crate::clock::SetClock;

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    fn config(dir: &tempfile::TempDir, demo: bool) -> Config {
        Config { data_dir: dir.path().join("data"), demo, ..Config::default() }
    }

    #[tokio::test]
    async fn a_server_answers_until_it_is_told_to_stop() {
        let dir = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = open(config(&dir, true), Arc::new(SetClock::at(NOW))).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(answer(listener, state, Vec::new(), async { stopped.await.unwrap() }));

        let page = spawn_blocking(move || visit(address, "/")).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");

        // A line that is open and idle does not hold up the end.
        let _idle = TcpStream::connect(address).unwrap();
        stop.send(()).unwrap();
        time::timeout(Duration::from_secs(5), serving).await.unwrap().unwrap().unwrap();
        assert!(TcpStream::connect(address).is_err());
    }

    #[tokio::test]
    async fn a_server_that_can_send_no_code_says_so_where_people_sign_in() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(NOW));
        for (console, status) in [(false, "503"), (true, "200")] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let state = open(config(&dir, true), clock.clone()).await.unwrap();
            let senders: Vec<Box<dyn Sender>> =
                if console { vec![Box::new(Console::new("", io::sink()))] } else { Vec::new() };
            let (stop, stopped) = oneshot::channel::<()>();
            let serving = tokio::spawn(answer(listener, state, senders, async { stopped.await.unwrap() }));
            let page = spawn_blocking(move || visit(address, "/sign-in")).await.unwrap();
            assert!(page.starts_with(&format!("HTTP/1.1 {status}")), "{page}");
            stop.send(()).unwrap();
            serving.await.unwrap().unwrap();
        }
    }

    fn visit(address: SocketAddr, path: &str) -> String {
        let mut line = TcpStream::connect(address).unwrap();
        line.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut page = String::new();
        line.read_to_string(&mut page).unwrap();
        page
    }

    #[test]
    fn one_data_directory_is_served_once() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(&dir, true);
        let held = only_here(&config).unwrap();
        assert!(matches!(only_here(&config), Err(ServeFault::AlreadyServing { .. })));
        drop(held);
        assert!(only_here(&config).is_ok());
    }

    #[tokio::test]
    async fn without_keys_only_the_demo_makes_them() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(NOW));
        let refused = open(config(&dir, false), clock.clone()).await;
        assert!(matches!(refused, Err(ServeFault::Keys(KeysFault::None { .. }))));
        let made = open(config(&dir, true), clock.clone()).await.unwrap();
        let found = open(config(&dir, false), clock).await.unwrap();
        assert_eq!(found.keys.root, made.keys.root);
    }

    #[tokio::test]
    async fn a_secret_that_others_may_read_keeps_the_server_down() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(NOW));
        open(config(&dir, true), clock.clone()).await.unwrap();
        let key = dir.path().join("data/secrets/pass.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let told = open(config(&dir, false), clock).await.unwrap_err().to_string();
        assert!(told.contains(&format!("chmod 600 {}", key.display())), "{told}");
    }
}
