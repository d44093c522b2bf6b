//! The office that is killed: its settings, its process on one address, and what it prints.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener as Port,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use doubles::{Doubles, Gateway, Hall};
use gatehouse::machine::now;
use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
};
use sync_server::{
    clock::{Clock as _, SystemClock},
    config::Config,
    keys::Keys,
    office::Staff,
    store::{SessionToken, Store},
};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use world::{Trouble, campus::put_secrets, mailbox::Notice, people::HOST_NAME, program::built_as};

use super::life::Life;

/// Visits at any hour, nobody reminded, and a visitor who books as often as they like.
const SETTINGS: &str = "[booking]\nopens = \"00:00\"\ncloses = \"24:00\"\n\
    [notify.remind]\nhost_after_min = []\ndeputy_after_min = 0\n";
/// Far longer than a start takes, and than anything a story waits for.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(20);

pub(super) struct Office {
    pub(super) url: String,
    pub(super) doubles: Doubles,
    pub(super) store: Store,
    pub(super) start_takes: Duration,
    settings: PathBuf,
    printed: Arc<Printed>,
}

/// How often each notice was printed, and that there is more.
pub(super) struct Printed {
    notices: Mutex<BTreeMap<(String, String), u64>>,
    more: watch::Sender<u64>,
}

impl Office {
    /// With so many lives before it, each with a visitor who has signed in and a host of its own.
    pub(super) async fn prepare(room: &Path, lives: usize) -> Result<(Self, Vec<Life>), Trouble> {
        // Where no other story looks for a place while a server that was killed is away from its own.
        let listen = Port::bind("127.0.0.2:0")?.local_addr()?;
        let url = format!("http://{listen}");
        let doubles = Doubles::of_office(&url);
        let theirs = TcpListener::bind("127.0.0.1:0").await?;
        let at = format!("http://{}", theirs.local_addr()?);
        tokio::spawn(doubles.clone().answer(theirs));
        let data = room.join("data");
        let text = format!(
            "listen = \"{listen}\"\npublic_url = \"{url}\"\ndata_dir = {data:?}\ndemo = true\n{SETTINGS}{}",
            channels(&doubles, &at)
        );
        let settings = room.join("office.toml");
        fs::write(&settings, text)?;
        put_secrets(&data, &doubles.secrets())?;
        let config = Config::load(&settings).map_err(told)?;
        let now_is = SystemClock.now();
        let keys = Keys::load_or_init(&config.data_dir, now_is).map_err(told)?;
        let store = Store::open(&config.database(), keys.identity).map_err(told)?;
        let mut all = Vec::new();
        let mut directory = Vec::new();
        for number in 0..lives {
            let life = Life::new(number);
            directory.push(staff(&life)?);
            doubles.halls.welcome(&life.host);
            let (token, lasts) = (SessionToken::from_random(life.secret()), chrono::TimeDelta::days(1));
            let phone = Phone::parse(&life.visitor).map_err(told)?;
            store.open_session(&token, phone, now_is, now_is.plus(lasts), lasts).await.map_err(told)?;
            all.push(life);
        }
        store.import_directory(directory, now_is).await.map_err(told)?;
        let printed = Arc::new(Printed { notices: Mutex::default(), more: watch::Sender::new(0) });
        let mut office = Self { url, doubles, store, start_takes: Duration::ZERO, settings, printed };
        let since = now();
        Server::listening(&office).await?.kill()?;
        office.start_takes = since.elapsed();
        Ok((office, all))
    }

    /// How often what was printed for this member of staff was, by its text and link.
    pub(super) fn printed_for(&self, member: &str) -> Vec<u64> {
        let notices = self.printed.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.iter().filter(|((to, _), _)| to == member).map(|(_, times)| *times).collect()
    }

    pub(super) async fn prints_for(&self, member: &str) -> Result<(), Trouble> {
        let mut more = self.printed.more.subscribe();
        let printed = more.wait_for(|_| !self.printed_for(member).is_empty());
        let printed = timeout(PATIENCE, printed).await;
        printed.map_err(|_| Trouble::Waited(format!("a line for {member}")))?.map(drop).map_err(told)
    }

    pub(super) async fn comes_about(&self, what: &str, holds: impl Fn(&Self) -> bool) -> Result<(), Trouble> {
        let since = now();
        while !holds(self) {
            if since.elapsed() > PATIENCE {
                return Err(Trouble::Waited(what.to_owned()));
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    /// Everything has left, and the last receipt has come.
    pub(super) async fn all_left(&self) -> Result<(), Trouble> {
        let since = now();
        while self.store.notices_listed(1).await.map_err(told)?.1.waiting > 0 {
            if since.elapsed() > 3 * PATIENCE {
                let waiting = self.store.notices_listed(20).await.map_err(told)?;
                return Err(Trouble::Waited(format!("an empty outbox: {waiting:?}")));
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }
}

impl Printed {
    fn read(&self, line: &str) {
        if let Some(notice) = Notice::parse(line) {
            let name = (notice.to, format!("{} {}", notice.text, notice.link.unwrap_or_default()));
            *self.notices.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
            self.more.send_modify(|lines| *lines += 1);
        }
    }
}

pub(super) struct Server {
    process: Running,
    reader: JoinHandle<()>,
    listens: watch::Receiver<bool>,
}

impl Server {
    pub(super) fn start(office: &Office) -> Result<Self, Trouble> {
        let mut process = Command::new(built_as("sync-server")?)
            .arg("--config")
            .arg(&office.settings)
            .arg("serve")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(output) = process.stdout.take() else { return Err(Trouble::NotHeld("no output".to_owned())) };
        let (says, listens) = watch::channel(false);
        let printed = office.printed.clone();
        let reader = thread::Builder::new().name("lines".to_owned()).spawn(move || read(output, &printed, &says))?;
        Ok(Self { process: Running(process), reader, listens })
    }

    pub(super) async fn listening(office: &Office) -> Result<Self, Trouble> {
        let mut server = Self::start(office)?;
        let listening = timeout(PATIENCE, server.listens.wait_for(|listens| *listens)).await;
        listening.map_err(|_| Trouble::Waited("the server to listen".to_owned()))?.map_err(told)?;
        Ok(server)
    }

    /// Kill -9; whatever it had printed is still in the pipe.
    pub(super) fn kill(mut self) -> Result<(), Trouble> {
        self.process.0.kill()?;
        self.process.0.wait()?;
        self.reader.join().map_err(|_| Trouble::NotHeld("the reader broke down".to_owned()))
    }
}

/// Does not outlive a story that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn read(output: ChildStdout, printed: &Printed, says: &watch::Sender<bool>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if line.starts_with("listening on ") {
            says.send_replace(true);
        }
        printed.read(&line);
    }
}

/// Texts, whose list is whole at any moment, and a hall that knows keys. What WeCom would carry is printed.
fn channels(doubles: &Doubles, at: &str) -> String {
    let channels = doubles.settings(at, Gateway::Aliyun, Hall::Webhook);
    let channels = channels.replacen("receipts = true\n", "receipts = true\nlisted_within_s = 0\n", 1);
    let (before, rest) = channels.split_once("[notify.wecom]").unwrap_or((&channels, ""));
    let after = rest.split_once("[notify.hall]").map_or("", |(_, after)| after);
    format!("{before}[notify.hall]{after}")
}

fn staff(life: &Life) -> Result<Staff, Trouble> {
    Ok(Staff {
        number: StaffNumber::parse(&life.host).ok_or_else(|| Trouble::NotHeld(life.host.clone()))?,
        name: PersonName::parse(HOST_NAME).map_err(told)?,
        department: "计算机学院".to_owned(),
        phone: Phone::parse(&life.telephone).map_err(told)?,
        wecom_id: Some(life.member.clone()),
        hall_id: Some(life.host.clone()),
    })
}

pub(super) fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
