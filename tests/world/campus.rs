//! The office of the story, inside the test's own process: the whole server on a loopback socket, with a clock of the story's.
//!
//! Only the clock and where the notices go are the story's own; routes, database, keys and signatures are the real ones. A campus that
//! rehearses has its channels from its settings, as a real one, and they lead to the providers' doubles.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use doubles::{Doubles, Gateway, Hall};
use shared::{
    entry::{Entry, EntryId},
    time::{CampusDay, Moment},
};
use sync_server::{
    clock::{SetClock, SystemClock},
    config::Config,
    keys::Keys,
    notify::{Console, Sender},
    serve,
    state::AppState,
    store::EntryFilter,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    Trouble,
    mailbox::Mailbox,
    people::{self, Form},
    person::Person,
};

/// The day of every story; it begins at 08:00.
pub const DAY: &str = "2026-11-23";

#[derive(Debug)]
pub struct Campus {
    pub url: String,
    pub clock: Arc<SetClock>,
    pub mailbox: Mailbox,
    pub state: AppState,
    room: TempDir,
    listen: SocketAddr,
    settings: String,
    /// Where the channels lead; without them notices are printed.
    doubles: Option<Doubles>,
    open: Option<Open>,
    /// Of the terminals: the same time passes everywhere.
    elsewhere: Mutex<Vec<gate_terminal::clock::SetClock>>,
}

#[derive(Debug)]
struct Open {
    close: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), serve::ServeFault>>,
}

impl Campus {
    /// A new office with the story's directory, open, at 08:00.
    pub async fn open() -> Result<Self, Trouble> {
        Self::open_with("").await
    }

    /// The same with settings of the story's own.
    pub async fn open_with(settings: &'static str) -> Result<Self, Trouble> {
        Self::open_at(today().at_minute(8 * 60), settings).await
    }

    /// The same on the machine's own time and for visits at any hour, for programs that look at the machine's clock.
    pub async fn of_today() -> Result<Self, Trouble> {
        use sync_server::clock::Clock as _;
        const AT_ANY_HOUR: &str = "[booking]\nopens = \"00:00\"\ncloses = \"24:00\"\n\
            [notify.quiet]\nfrom = \"00:00\"\nuntil = \"00:00\"\n";
        Self::open_at(SystemClock.now(), AT_ANY_HOUR).await
    }

    /// At 08:00, with settings of its own.
    pub async fn with(settings: &'static str) -> Result<Self, Trouble> {
        Self::open_at(today().at_minute(8 * 60), settings).await
    }

    /// At 08:00, with every channel in its settings, each leading to its double, and settings of its own.
    pub async fn rehearsing(gateway: Gateway, hall: Hall, settings: &str) -> Result<(Self, Doubles), Trouble> {
        Self::rehearsing_with(gateway, hall, |channels| format!("{settings}\n{channels}")).await
    }

    /// The same with settings made of those of the channels.
    pub async fn rehearsing_with(
        gateway: Gateway,
        hall: Hall,
        settings: impl FnOnce(String) -> String,
    ) -> Result<(Self, Doubles), Trouble> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let doubles = Doubles::of_office(&format!("http://{}", listener.local_addr()?));
        let theirs = TcpListener::bind("127.0.0.1:0").await?;
        let at = format!("http://{}", theirs.local_addr()?);
        tokio::spawn(doubles.clone().answer(theirs));
        let settings = settings(doubles.settings(&at, gateway, hall));
        let begin = today().at_minute(8 * 60);
        doubles.set_time(begin.unix_s());
        Ok((Self::listening(listener, begin, settings, Some(doubles.clone())).await?, doubles))
    }

    async fn open_at(begin: Moment, settings: &str) -> Result<Self, Trouble> {
        Self::listening(TcpListener::bind("127.0.0.1:0").await?, begin, settings.to_owned(), None).await
    }

    async fn listening(
        listener: TcpListener,
        begin: Moment,
        settings: String,
        doubles: Option<Doubles>,
    ) -> Result<Self, Trouble> {
        let room = tempfile::Builder::new().prefix("campus-story-").tempdir()?;
        let listen = listener.local_addr()?;
        let clock = Arc::new(SetClock::at(begin));
        let secrets = doubles.as_ref().map_or_else(Vec::new, Doubles::secrets);
        put_secrets(&room.path().join("server"), &secrets)?;
        let state = office(room.path(), listen, &clock, &settings).await?;
        state.store.import_directory(people::directory(), now(&clock)).await.map_err(told)?;
        let url = format!("http://{listen}");
        let mailbox =
            doubles.as_ref().map_or_else(Mailbox::default, |doubles| Mailbox::watching(doubles.shown.clone()));
        let mut campus = Self {
            url,
            clock,
            mailbox,
            state,
            room,
            listen,
            settings,
            doubles,
            open: None,
            elsewhere: Mutex::default(),
        };
        campus.serve(listener)?;
        Ok(campus)
    }

    pub fn room(&self) -> &Path {
        self.room.path()
    }

    /// Where its office keeps everything.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.room().join("server/office.sqlite3")
    }

    /// Where it listens, as in `127.0.0.1:8460`.
    #[must_use]
    pub fn listen(&self) -> String {
        self.listen.to_string()
    }

    #[must_use]
    pub fn now(&self) -> Moment {
        now(&self.clock)
    }

    /// The office goes on as before on the same address and files.
    pub async fn reopen_office(&mut self) -> Result<(), Trouble> {
        self.state = office(self.room.path(), self.listen, &self.clock, &self.settings).await?;
        let listener = TcpListener::bind(self.listen).await?;
        self.serve(listener)
    }

    /// The server is down: nobody gets an answer.
    pub async fn close_office(&mut self) -> Result<(), Trouble> {
        if let Some(Open { close, serving }) = self.open.take() {
            // If it has stopped listening to us it has stopped altogether, which the next line tells.
            close.send(()).ok();
            serving.await.map_err(told)?.map_err(told)?;
        }
        Ok(())
    }

    /// Time passes, in the office and at every gate.
    pub fn later(&self, span: TimeDelta) {
        self.clock.advance(span);
        if let Some(doubles) = &self.doubles {
            doubles.set_time(self.now().unix_s());
        }
        let ms = u32::try_from(span.num_milliseconds()).unwrap_or(0);
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|clock| clock.advance_ms(ms));
    }

    /// A terminal's machine, whose clock goes with the story's from now on.
    pub(crate) fn takes_along(&self, clock: gate_terminal::clock::SetClock) {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).push(clock);
    }

    /// The server's entry log, oldest first.
    pub async fn log(&self) -> Result<Vec<(EntryId, Entry)>, Trouble> {
        let rows = self.state.store.entries(EntryFilter::default()).await.map_err(told)?;
        rows.into_iter().map(|row| Ok((row.id, row.entry.map_err(Trouble::NotHeld)?))).collect()
    }

    /// A visitor books, the host approves by the first link: the booking's page, and the text in its QR code.
    pub async fn approved(&self, form: &Form) -> Result<Approved, Trouble> {
        let visitor = Person::signed_in(&self.url, people::VISITOR_PHONE, &self.mailbox).await?;
        let booking = visitor.booked(form).await?;
        let [sms, ..] = self.mailbox.take_three().await?;
        Person::new(&self.url)?.decide(&sms, "approve").await?;
        let page = visitor.get(&booking).await?;
        let address =
            page.pass_picture().ok_or_else(|| Trouble::NotHeld(format!("no pass on {booking}: {}", page.body)))?;
        let picture = visitor.picture(address).await?;
        let text = crate::terminal::read(&picture)?;
        // A real person would wait a minute before asking for another code.
        self.later(TimeDelta::minutes(2));
        Ok(Approved { booking, text, picture, visitor })
    }

    fn serve(&mut self, listener: TcpListener) -> Result<(), Trouble> {
        let senders: Vec<Box<dyn Sender>> = match &self.doubles {
            Some(_) => serve::channels(&self.state).map_err(told)?,
            None => vec![Box::new(Console::new(&self.url, self.mailbox.slot()))],
        };
        let (close, closed) = oneshot::channel::<()>();
        let until = async { closed.await.unwrap_or_default() };
        let serving = tokio::spawn(serve::answer(listener, self.state.clone(), senders, until));
        self.open = Some(Open { close, serving });
        Ok(())
    }
}

/// A booking that became a pass.
#[derive(Debug)]
pub struct Approved {
    /// The address of its page.
    pub booking: String,
    /// What its QR code says.
    pub text: String,
    /// The PNG the page shows.
    pub picture: Vec<u8>,
    /// The visitor's browser, signed in.
    pub visitor: Person,
}

#[must_use]
pub fn today() -> CampusDay {
    CampusDay::parse(DAY).unwrap_or(CampusDay::of(Moment::from_unix_s(0)))
}

/// Each in a file of its own that only its owner may read.
pub fn put_secrets(data: &Path, secrets: &[(&str, String)]) -> Result<(), Trouble> {
    let folder = data.join("secrets");
    let failed = |error| Trouble::File(folder.clone(), error);
    fs::create_dir_all(&folder).map_err(failed)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    for (name, line) in secrets {
        let file = folder.join(name);
        fs::write(&file, line).map_err(failed)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    Ok(())
}

async fn office(room: &Path, listen: SocketAddr, clock: &Arc<SetClock>, settings: &str) -> Result<AppState, Trouble> {
    let data = room.join("server");
    let text = format!("listen = \"{listen}\"\npublic_url = \"http://{listen}\"\ndata_dir = {data:?}\n{settings}");
    let config = Config::parse(&text).map_err(told)?;
    Keys::load_or_init(&config.data_dir, now(clock)).map_err(told)?;
    serve::open(config, clock.clone()).await.map_err(told)
}

fn now(clock: &SetClock) -> Moment {
    use sync_server::clock::Clock as _;
    clock.now()
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
