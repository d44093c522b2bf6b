//! The server is killed three hundred times while its notices leave: none is lost, and who knows a notice again by its link gets it
//! once.
//!
//! The program is the real one, killed with `kill -9` a moment after it printed so many lines, both drawn by lot, so that a slow machine
//! is killed at the same steps as a quick one. It prints its notices, and a printer cannot be asked what it has printed: what was under way is printed again, and must be counted.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use shared::time::CampusDay;
use sync_server::{
    clock::{Clock as _, SystemClock},
    config::Config,
    keys::Keys,
    office::{BookingForm, Channel},
    store::{HostLinks, Sent, Store, Submission, Submitted},
};
use world::{Trouble, mailbox::Notice, people, program::built_as, trouble::hold};

const TIMES: u32 = 300;
/// Bookings that wait at each start.
const AT_ONCE: u32 = 2;
/// That it listens, and the notices of what waits; at none the kill may come before it is up.
const LINES: u64 = 9;
/// From one step into the next.
const MOMENT: Duration = Duration::from_millis(4);
/// What has not been said by now is not going to be.
const PATIENCE: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_three_hundred_times_the_server_loses_no_notice_and_counts_what_may_have_come_twice()
-> Result<(), Trouble> {
    let room = tempfile::tempdir()?;
    let mut office = Office::prepare(room.path()).await?;
    let mut lot = Lot(1);
    let mut before_the_first = 0;
    for _ in 0..TIMES {
        for _ in 0..AT_ONCE {
            office.book().await?;
        }
        let server = Server::start(&office)?;
        server.has_printed(lot.below(LINES));
        thread::sleep(Duration::from_micros(lot.below(u64::try_from(MOMENT.as_micros()).map_err(told)?)));
        before_the_first += u32::from(!server.kill()?);
    }
    let server = Server::start(&office)?;
    let mut glances = 0;
    while office.store.notices_listed(1).await.map_err(told)?.1.waiting > 0 {
        hold(glances < 3000, "the outbox was emptied")?;
        glances += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.kill()?;

    let printed = office.printed.lock().unwrap().clone();
    let doubles = office.store.notices_listed(1).await.map_err(told)?.1.doubles;
    for (link, channel) in &office.links {
        hold(printed.contains_key(link), &format!("a notice by {channel:?} was lost"))?;
    }
    hold(printed.len() == office.links.len(), "each is known by one link")?;
    let twice: u64 = printed.values().map(|times| times - 1).sum();
    hold(twice <= doubles, &format!("{twice} came twice, {doubles} were counted"))?;
    // Otherwise the moments were no test: some before the first notice, some with notices under way.
    hold(before_the_first > 5 && before_the_first < TIMES - 50, &format!("{before_the_first} before the first"))?;
    hold(doubles > 0, "some were under way")?;
    let notices = office.links.len();
    writeln!(std::io::stdout(), "{notices} notices, {TIMES} kills, {twice} came twice, {doubles} may have")?;
    Ok(())
}

struct Office {
    settings: PathBuf,
    store: Store,
    /// What must be printed, and by which channel.
    links: BTreeMap<String, Channel>,
    printed: Arc<Mutex<BTreeMap<String, u64>>>,
    booked: u32,
}

impl Office {
    async fn prepare(room: &Path) -> Result<Self, Trouble> {
        let settings = room.join("office.toml");
        let text = format!("listen = \"127.0.0.1:0\"\ndata_dir = {:?}\ndemo = true\n", room.join("data"));
        fs::write(&settings, text)?;
        let config = Config::load(&settings).map_err(told)?;
        let now = SystemClock.now();
        let keys = Keys::load_or_init(&config.data_dir, now).map_err(told)?;
        let store = Store::open(&config.database(), keys.identity).map_err(told)?;
        store.import_directory(people::directory(), now).await.map_err(told)?;
        Ok(Self { settings, store, links: BTreeMap::new(), printed: Arc::default(), booked: 0 })
    }

    async fn book(&mut self) -> Result<(), Trouble> {
        self.booked += 1;
        let now = SystemClock.now();
        let text = str::to_owned;
        let form = BookingForm {
            visitor_name: text("张晓明"),
            document_kind: text("resident_id"),
            document_number: people::resident_number(1),
            phone: text("13800130000"),
            reason: text("学术报告"),
            campus: text("1"),
            day: CampusDay::of(now).plus_days(1).to_string(),
            from: text("10:00"),
            until: text("11:00"),
            host_name: text(people::HOST_NAME),
            host_number: text(people::HOST_NUMBER),
            privacy: text("yes"),
            document_consent: text("yes"),
            visit_kind: text("ordinary"),
            ..BookingForm::default()
        };
        let config = Config::default();
        let booking = form.check(&config.rules(), now).map_err(|problems| Trouble::NotHeld(format!("{problems:?}")))?;
        let token = |channel: u8| {
            let mut token = [channel; 24];
            token.iter_mut().zip(self.booked.to_be_bytes()).for_each(|(to, from)| *to = from);
            token
        };
        let links = HostLinks::from_random([1, 2, 3].map(token), [4, 5, 6].map(token));
        for channel in Channel::ALL {
            self.links.insert(format!("/decide/{}", links.own.of(channel).text()), channel);
        }
        let visitor = format!("139{:08}", 10_000_000 + self.booked);
        let submission = Submission {
            booking,
            by: (shared::identity::Phone::parse(&visitor).map_err(told)?, Ipv4Addr::LOCALHOST.into()),
            limits: config.booking.limits(),
            notice: "1",
            links,
            form: Sent { id: String::new(), mark: None },
        };
        match self.store.submit(submission, now).await.map_err(told)? {
            Submitted::Booked(_) => Ok(()),
            other @ (Submitted::HostUnknown | Submitted::Limited { .. }) => Err(Trouble::NotHeld(format!("{other:?}"))),
        }
    }
}

struct Server {
    process: Child,
    reader: JoinHandle<()>,
    lines: Receiver<()>,
    spoke: Arc<AtomicBool>,
}

impl Server {
    fn start(office: &Office) -> Result<Self, Trouble> {
        let mut process = Command::new(built_as("sync-server")?)
            .arg("--config")
            .arg(&office.settings)
            .arg("serve")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(output) = process.stdout.take() else { return Err(Trouble::NotHeld("no output".to_owned())) };
        let (spoke, printed) = (Arc::new(AtomicBool::new(false)), office.printed.clone());
        let (speaks, (said, lines)) = (spoke.clone(), sync_channel(64));
        let read = move || read(output, &printed, &speaks, &said);
        let reader = thread::Builder::new().name("lines".to_owned()).spawn(read)?;
        Ok(Self { process, reader, lines, spoke })
    }

    /// Waits for so many lines, or until no more come.
    fn has_printed(&self, lines: u64) {
        for _ in 0..lines {
            if self.lines.recv_timeout(PATIENCE).is_err() {
                return;
            }
        }
    }

    /// Whether a notice had left.
    fn kill(mut self) -> Result<bool, Trouble> {
        self.process.kill()?;
        self.process.wait()?;
        // Whatever it had printed is still in the pipe.
        self.reader.join().map_err(|_| Trouble::NotHeld("the reader broke down".to_owned()))?;
        Ok(self.spoke.load(Ordering::SeqCst))
    }
}

fn read(output: ChildStdout, printed: &Mutex<BTreeMap<String, u64>>, spoke: &AtomicBool, said: &SyncSender<()>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // Nobody counts them any more once the kill is on its way.
        said.try_send(()).ok();
        let link = Notice::parse(&line).and_then(|notice| notice.link);
        if let Some(path) = link.as_deref().and_then(|link| link.find("/decide/").and_then(|at| link.get(at..))) {
            spoke.store(true, Ordering::SeqCst);
            *printed.lock().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_default() += 1;
        }
    }
}

/// SplitMix64.
struct Lot(u64);

impl Lot {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
