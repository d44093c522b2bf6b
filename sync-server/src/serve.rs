//! A whole office on one listener: both doors, the outbox, the minute's chores, and an orderly end.
//!
//! Nothing here decides anything. When it is told to stop it first lets go of held calls, then waits for answers under way, then lets
//! go of what the store has not begun, and stops its background tasks. A task that ends by itself is a fault: a server that has quietly stopped publishing passes is worse
//! than one that is restarted.

mod backups;
mod hall;
mod renewing;
mod standing;
mod wecom;

use std::{
    fs::{self, File, TryLockError},
    future::Future,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use shared::{ids::TerminalId, time::Moment};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
    time::{self, MissedTickBehavior},
};

use crate::{
    assets::{Assets, AssetsFault},
    clock::Clock,
    config::{Config, SmsFault},
    keys::{DoorToken, Keyring, Keys, KeysFault, SecretFault, provider_secret},
    listening::{self, Terms, closed},
    notify::{Console, Line, Outbox, Sender, Trouble, sms},
    office::{Channel, Quiet, leap, leap::Erasing, reminder::off_the_hour},
    owner, pages, providers,
    random::{self, NoRandomness},
    sign_on::SignOns,
    state::{AppState, Parts},
    store::{Links, Store, StoreError},
    sync,
    timekeeper::{Leapt, Timekeeper},
};
pub use renewing::second_round;
pub use standing::{heard_of, not_gone};
pub use wecom::WecomFault;

pub use hall::HallFault;

/// How long answers under way may take once the server is told to stop. What is asked of a store that has more to do is asked again.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// How long "no" may take, to those who were asked too late.
const LAST_REFUSALS: Duration = Duration::from_secs(1);

/// Passes are published a day ahead and numbers erased a day late: a minute is nothing to either.
const CHORES_EVERY: Duration = Duration::from_secs(60);

/// What stands at the end of the address that the gateway is told to push receipts to.
const SMS_RECEIPTS_SECRET: &str = "sms-receipts.secret";

/// Opens keys and store, and tells the feed which places there are. Until [`answer`] is given the channels there are none.
pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<AppState, ServeFault> {
    let now = clock.now();
    let keys = if config.demo { Keys::load_or_init(&config.data_dir, now) } else { Keys::load(&config.data_dir) }?;
    if config.demo {
        tracing::warn!("demo mode: codes and links are printed for everybody to see; never for real visitors");
    }
    renewing::warn(&config, &keys, now);
    not_gone(&config, now)?;
    let store = Store::open(&config.database(), keys.identity.clone())?;
    standing::not_older(&config, &store).await?;
    its_keys(&store, &keys).await?;
    let kept = store.clock_kept().await?;
    if let Some(newest) = leap::turned_back(store.newest_moment().await?, now) {
        return Err(ServeFault::TurnedBack { now, newest });
    }
    let timekeeper = Arc::new(Timekeeper::start(clock.clone(), kept.accepted));
    if let Some(together) = config.notify.together.together() {
        store.tell_together(together);
    }
    store.set_places(config.places(), now).await?;
    standing::keep(&config, &store).await?;
    store.index_parties(now).await?;
    let by_kind = store.watched_by_kind_alone().await?;
    if by_kind > 0 {
        tracing::warn!(
            people = by_kind,
            "put on the watchlist by an older version, they are found under one kind and spelling only; put them on it again"
        );
    }
    let assets = Arc::new(Assets::of(&config.university)?);
    let wecom = wecom::open(&config, &store, &clock)?;
    let sms_receipts = sms_receipts(&config)?.map(Arc::new);
    let houses = hall::cas(&config)?.into_iter().chain(wecom::sign_on(wecom.as_ref(), &store));
    let sign_ons = SignOns::new(houses, random::bytes()?);
    let hall_code = hall::code(&config)?;
    Ok(AppState::of(Parts {
        config: Arc::new(config),
        store,
        clock,
        timekeeper,
        keys: Keyring::new(keys),
        assets,
        sms_receipts,
        texts_leave: false,
        wecom,
        sign_ons,
        hall_code,
        opening: Arc::default(),
    }))
}

/// Secrets and key set that were put back from an older copy, or are another office's, would seal passes that no gate believes.
pub async fn its_keys(store: &Store, keys: &Keys) -> Result<(), ServeFault> {
    let ours = keys.key_set_number;
    let ahead = store.terminals().await?.into_iter().filter(|one| one.withdrawn.is_none() && one.key_set > ours);
    if let Some(ahead) = ahead.max_by_key(|one| one.key_set) {
        return Err(ServeFault::OlderKeys { terminal: ahead.id, held: ahead.key_set, ours });
    }
    if store.opens_what_it_sealed().await? { Ok(()) } else { Err(ServeFault::OtherIdentity) }
}

fn sms_receipts(config: &Config) -> Result<Option<DoorToken>, ServeFault> {
    let setting = "notify.sms.receipts";
    if !config.notify.sms.as_ref().is_some_and(|sms| sms.receipts) {
        return Ok(None);
    }
    let secret = provider_secret(&config.data_dir, SMS_RECEIPTS_SECRET);
    let secret = secret.map_err(|cause| ServeFault::Secret { setting, cause })?;
    DoorToken::new(&secret).map(Some).ok_or(ServeFault::WeakSecret { setting, file: SMS_RECEIPTS_SECRET })
}

/// Whether the minute's chores may erase, and if not, since when nothing is known of the time.
pub async fn erasing(state: &AppState) -> Result<Erasing, StoreError> {
    Ok(Erasing::after(state.store.clock_kept().await?.chores, state.clock.now()))
}

/// Held as long as this process serves: two servers on one data directory would both think themselves the one writer.
/// Commands may run beside it.
pub fn only_here(config: &Config) -> Result<File, ServeFault> {
    locked(config, "serving.lock", File::try_lock, |path| ServeFault::AlreadyServing { path })
}

/// Held by a command as long as it has the database open: it may run beside the server and beside others, but not while the file
/// gives way to another.
pub fn beside(config: &Config) -> Result<File, ServeFault> {
    lock_at_work(config, File::try_lock_shared)
}

/// Held while another file takes the database's place: no command has the old one open, and none opens it.
pub fn alone(config: &Config) -> Result<File, ServeFault> {
    lock_at_work(config, File::try_lock)
}

fn lock_at_work(config: &Config, lock: fn(&File) -> Result<(), TryLockError>) -> Result<File, ServeFault> {
    locked(config, "at-work.lock", lock, |path| ServeFault::AtWork { path })
}

fn locked(
    config: &Config,
    name: &str,
    lock: fn(&File) -> Result<(), TryLockError>,
    taken: fn(PathBuf) -> ServeFault,
) -> Result<File, ServeFault> {
    let path = config.data_dir.join(name);
    let fault = |cause| ServeFault::Lock { path: path.clone(), cause };
    fs::create_dir_all(&config.data_dir).map_err(fault)?;
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(fault)?;
    // Made by root's command, it is to be of use to the server. Who may not give it away finds it another's, and is told so then.
    owner::give_as(&path, &config.data_dir).ok();
    match lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(taken(path)),
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
    let state = state.with_texts(senders.iter().any(|sender| sender.about().carries(Channel::Sms)));
    if !state.texts_leave {
        tracing::warn!(
            "no [notify.sms], so no channel carries text messages: nobody can be sent a code, and the sign-in page says so"
        );
    }
    let (close, mut closing) = watch::channel(false);
    let router = pages::router(state.clone())
        .merge(providers::router(state.clone()))
        .merge(sync::router(state.clone(), closing.clone()));
    let told = async move {
        shutdown.await;
        close.send_replace(true);
    };
    tokio::spawn(told);
    let https = state.config.public_url.starts_with("https://");
    let terms = Terms::usual(state.config.behind_proxy, https);
    let serving = listening::answer(listener, router, terms, closing.clone());
    tokio::pin!(serving);
    let mut tasks = background(&state, senders);
    tokio::select! {
        () = &mut serving => {}
        Some(ended) = tasks.join_next() => return Err(ServeFault::TaskEnded(ended.err())),
        () = closed(&mut closing) => {
            if time::timeout(LAST_ANSWERS, serving.as_mut()).await.is_err() {
                state.store.stop();
                if time::timeout(LAST_REFUSALS, serving).await.is_err() {
                    tracing::warn!("answers still under way were cut off");
                }
            }
        }
    }
    tasks.shutdown().await;
    standing::keep(&state.config, &state.store).await.ok();
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    #[error(transparent)]
    Keys(#[from] KeysFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Assets(#[from] AssetsFault),
    #[error(transparent)]
    Wecom(#[from] WecomFault),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("已有一个服务在使用这个数据目录（{} 已被锁定）。Another server serves this data directory already", path.display())]
    AlreadyServing { path: PathBuf },
    #[error("另一个 sync-server 命令正在使用这个数据目录（{} 已被锁定），请等它结束。Another command is at work in it; wait for it", path.display())]
    AtWork { path: PathBuf },
    #[error("{} 无法创建或锁定；数据目录和里面的文件都要属于运行服务的用户。It cannot be made or locked: all in there belongs to whoever serves", path.display())]
    Lock {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{} 看不到。It cannot be looked for", path.display())]
    Unseen {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "数据库 {0} 不见了，而它的备份还在：请停止服务后运行 sync-server restore {1}（另有更新的备份就用那一份），或把数据库放回原处。真要从空的开始，先把备份和 {2} 移到别处。\
         The database is gone and its copies are not: restore the newest, or move the copies away to begin anew",
        database.display(), newest.display(), mark.display()
    )]
    Gone { database: PathBuf, mark: PathBuf, newest: PathBuf },
    #[error(
        "数据库 {0} 不见了，而 {1} 记着它有过：请运行 sync-server restore 恢复备份，或把数据库放回原处。真要从空的开始，先移走 {1}。\
         The database is gone: restore a copy of it, or move the mark away to begin anew",
        database.display(), mark.display()
    )]
    GoneWhole { database: PathBuf, mark: PathBuf },
    #[error(
        "数据库比本服务上次运行时旧，可能是备份被直接拷回了原处：校门不会再相信它。请运行 sync-server restore {0}，让校门重新同步；\
         它若是空的，或另有更新的备份，就恢复那一份。The database is older than it was, as a copy that was put back by hand: gates would \
         believe it nothing; restore it in its place, or a newer copy",
        database.display()
    )]
    Older { database: PathBuf },
    #[error(
        "终端 {terminal} 已有第 {held} 号密钥集，这里只有第 {ours} 号：请放回最新的 secrets 和 key-set.json，否则校门不认现在签发的通行码。\
         实在找不到，就停用各终端（sync-server terminal withdraw），再重新登记。\
         The keys here are older than the gates': put back the newest secrets and key set, or withdraw the terminals and enrol them anew"
    )]
    OlderKeys { terminal: TerminalId, held: u32, ours: u32 },
    #[error(
        "secrets 里的 identity.key 不是这个数据库的，打不开其中封存的内容：请放回原来的 secrets。\
         The secrets are of another office: what this database holds sealed cannot be opened with them"
    )]
    OtherIdentity,
    #[error("无法在 {listen} 上监听。Cannot listen there")]
    Bind {
        listen: SocketAddr,
        #[source]
        cause: io::Error,
    },
    #[error(
        "时钟被拨回：现在显示 {now}，但本服务在 {newest} 已经运行过。请校准时钟；若现在是准的，请运行 sync-server clock accept。\
         The clock was turned back: it says {now}, but at {newest} this server was at work already. Put it right, or accept it",
        now = .now.campus_date_and_clock(), newest = .newest.campus_date_and_clock()
    )]
    TurnedBack { now: Moment, newest: Moment },
    #[error("{setting} 缺少密钥或密钥不对。{setting} lacks its secret, or it is wrong")]
    Secret {
        setting: &'static str,
        #[source]
        cause: SecretFault,
    },
    #[error(
        "{setting} 的密钥文件 {file} 至少要有 32 个字母或数字，不能猜到。It must hold 32 letters and digits that nobody can guess"
    )]
    WeakSecret { setting: &'static str, file: &'static str },
    #[error(transparent)]
    Sms(#[from] SmsFault),
    #[error(transparent)]
    Line(#[from] Trouble),
    #[error(transparent)]
    Hall(#[from] HallFault),
    #[error("后台任务意外结束。A background task ended by itself")]
    TaskEnded(#[source] Option<JoinError>),
}

/// The channels that have settings; a demo prints what none of them carries.
pub fn channels(state: &AppState) -> Result<Vec<Box<dyn Sender>>, ServeFault> {
    let config = &state.config;
    let mut senders: Vec<Box<dyn Sender>> = Vec::new();
    if let Some(settings) = &config.notify.sms {
        let secret = provider_secret(&config.data_dir, sms::secret_file(settings.provider));
        let secret = sms::SmsSecret(secret.map_err(|cause| ServeFault::Secret { setting: "notify.sms", cause })?);
        senders.push(sms::open(settings, secret, Line::open()?, state.clock.clone())?);
    }
    senders.extend(hall::channel(state)?);
    if let Some(wecom) = &state.wecom {
        senders.push(Box::new(wecom.sender()));
    }
    if config.demo {
        senders.push(Box::new(Console::stdout(&config.public_url)));
    }
    Ok(senders)
}

fn background(state: &AppState, senders: Vec<Box<dyn Sender>>) -> JoinSet<()> {
    let outbox = Outbox::new(state.store.clone(), state.clock.clone(), senders).quiet(quiet(&state.config));
    let mut tasks = JoinSet::new();
    tasks.spawn(outbox.run());
    tasks.spawn(chores(state.clone()));
    tasks.spawn(renewing::watch(state.clone()));
    tasks.spawn(standing::watch(state.clone()));
    tasks
}

/// A demo is shown at any hour.
fn quiet(config: &Config) -> Quiet {
    if config.demo { Quiet::NONE } else { config.notify.quiet.quiet() }
}

/// What falls due by itself: hosts to remind, passes to publish, numbers to forget, sessions' uses to write down.
async fn chores(state: AppState) {
    let mut minute = time::interval(CHORES_EVERY);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for round in 0_u64.. {
        minute.tick().await;
        if round % SAID_DAILY_ROUNDS == SAID_EVERY_ROUNDS {
            renewing::warn(&state.config, &state.keys.now(), state.clock.now());
        }
        match minute_round(&state).await {
            Ok(Erasing::Due) => {}
            Ok(Erasing::Held { since }) if round % SAID_EVERY_ROUNDS == 0 => tracing::warn!(
                since = since.campus_date_and_clock(),
                "nothing is erased: the server was off for over a day, or its clock is wrong; \
                 if the clock is right, say so: sync-server clock accept"
            ),
            Ok(Erasing::Held { .. }) => {}
            Err(cause) => {
                tracing::error!(cause = &cause as &dyn std::error::Error, "the minute's chores were not done");
            }
        }
    }
}

/// Once an hour.
const SAID_EVERY_ROUNDS: u64 = 60;
const SAID_DAILY_ROUNDS: u64 = 24 * SAID_EVERY_ROUNDS;

/// One round of it, for a story that takes its minutes by hand, too.
pub async fn minute_round(state: &AppState) -> Result<Erasing, ChoresFault> {
    state.store.keep_seen().await?;
    standing::keep(&state.config, &state.store).await?;
    let kept = state.store.clock_kept().await?;
    let now = state.timekeeper.settle(kept.accepted)?;
    renewing::settle(state, now).await?;
    state.store.publish_due(now).await?;
    state.store.settle_days_over(now).await?;
    remind(state, now).await?;
    let erasing = Erasing::after(kept.chores, now);
    copy_if_due(state, now, erasing == Erasing::Due);
    if erasing == Erasing::Due {
        state.store.erase_due(state.config.retention, now).await?;
        state.store.keep_snapshots(now).await?;
        state.store.chores_done(now).await?;
    }
    Ok(erasing)
}

/// Beside the chores: a large database takes its time, and a copy that fails holds nothing else up.
fn copy_if_due(state: &AppState, now: Moment, trusted: bool) {
    if state.config.backup.is_none() {
        return;
    }
    let config = Arc::clone(&state.config);
    tokio::task::spawn_blocking(move || match backups::due(&config, now, trusted) {
        Ok(Some(path)) => tracing::info!(path = %path.display(), "the database was copied"),
        Ok(None) => {}
        Err(cause) => tracing::error!(cause = &cause as &dyn std::error::Error, "the database was not copied"),
    });
}

async fn remind(state: &AppState, now: Moment) -> Result<(), ChoresFault> {
    if !off_the_hour(now) {
        return Ok(());
    }
    let (ladder, quiet) = (state.config.notify.remind.ladder(), quiet(&state.config));
    for due in state.store.reminders_due(&ladder, quiet, now).await? {
        let links = Links::from_random([random::bytes()?, random::bytes()?, random::bytes()?]).made_at(now);
        let links = if state.config.notify.texts_hold_codes() { state.store.with_code(links) } else { links };
        state.store.remind(due, links, now).await?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum ChoresFault {
    #[error(transparent)]
    Random(#[from] NoRandomness),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Leapt(#[from] Leapt),
}

#[cfg(test)]
mod tests;
