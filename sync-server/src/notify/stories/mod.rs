//! The outbox over a real database, with providers that do what they are told.

mod each_failure;
mod faults;
mod lanes;
mod order;

use std::{
    collections::VecDeque,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use ed25519_dalek::SigningKey;
use shared::{
    identity::{PersonName, Phone},
    ids::{BookingId, GateMask, KeyId, PassId, StaffNumber},
    pass::{EntriesAllowed, PassSigner},
    time::CampusDay,
};

use super::{About, Accepted, Asking, Fate, Outbox, Pace, Sender, Sending, Unsent};
use crate::{
    clock::{Clock as _, SetClock},
    config::Config,
    office::{BookingForm, Channel, Staff, form::sample},
    store::{
        HostLinks, IdentityKey, Issuing, Links, Notice, PageToken, Sent, Store, StoreError, Submission, Submitted,
    },
};

/// An office that people write to.
struct Desk {
    store: Option<Store>,
    path: PathBuf,
    clock: Arc<SetClock>,
    _dir: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        // Thousands of commits that are no story about a disk.
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let path = dir.path().join("office.sqlite3");
        let clock = Arc::new(SetClock::at(today().at_minute(8 * 60)));
        let store = open(&path).unwrap();
        store.import_directory(vec![host()], clock.now()).await.unwrap();
        Self { store: Some(store), path, clock, _dir: dir }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// As after a crash: whatever was not committed is gone.
    async fn reopen(&mut self) {
        drop(self.store.take());
        self.store = Some(open(&self.path).unwrap());
        self.let_go().await;
    }

    /// What a start does first.
    async fn let_go(&self) {
        self.store().notices_let_go(self.clock.now()).await.unwrap();
    }

    async fn submit(&self, seed: [u8; 2]) -> (BookingId, Links) {
        let token = |channel: u8| {
            let mut token = [channel; 24];
            token[..2].copy_from_slice(&seed);
            token
        };
        let links = HostLinks::from_random([1, 2, 3].map(token), [4, 5, 6].map(token));
        let form = form();
        let config = Config::default();
        let mut limits = config.booking.limits();
        limits.per_phone.most = u16::MAX;
        let submission = Submission {
            invitation: None,
            booking: form.check(&config.rules(), self.clock.now()).unwrap(),
            by: (Phone::parse("13800130009").unwrap(), Ipv4Addr::LOCALHOST.into()),
            limits,
            notice: "1",
            links: links.clone(),
            form: Sent { id: String::new(), mark: None },
        };
        match self.store().submit(submission, self.clock.now()).await.unwrap() {
            Submitted::Booked(id) => (id, links.own),
            other @ (Submitted::HostUnknown | Submitted::InvitationOver | Submitted::Limited { .. }) => {
                panic!("{other:?}")
            }
        }
    }

    fn issuing(seed: [u8; 2]) -> Issuing {
        let mut pass = [9; 8];
        pass[..2].copy_from_slice(&seed);
        let mut page = [9; 24];
        page[..2].copy_from_slice(&seed);
        Issuing {
            signer: Arc::new(PassSigner::new(KeyId::new(1), SigningKey::from_bytes(&[7; 32]))),
            pass: PassId::from_bytes(pass),
            page: PageToken::from_random(page),
            gates: GateMask::EVERY,
            entries: EntriesAllowed::ONE,
        }
    }

    fn outbox(&self, senders: Vec<Box<dyn Sender>>) -> Outbox {
        Outbox::new(self.store().clone(), self.clock.clone(), senders).drawing(|| u16::MAX)
    }
}

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(path, IdentityKey::from_bytes(&[1; 32]))
}

fn today() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap()
}

fn host() -> Staff {
    Staff {
        number: StaffNumber::parse("T1").unwrap(),
        name: PersonName::parse("李文").unwrap(),
        department: "计算机学院".to_owned(),
        phone: Phone::parse("13800130100").unwrap(),
        wecom_id: None,
        hall_id: None,
    }
}

fn form() -> BookingForm {
    let text = str::to_owned;
    BookingForm { from: text("20:00"), until: text("21:00"), ..sample::form() }
}

/// What a provider does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Take,
    Refuse,
    /// Not now.
    Later(Option<u64>),
    /// Cuts the line, having taken it or not.
    Cut {
        taken: bool,
    },
    /// Is still busy when the server goes down, having taken it or not.
    Crash {
        taken: bool,
    },
}

/// A provider of one channel that plays a script and takes everything afterwards; it tells what became of a notice if it `answers`.
struct Post {
    channel: Channel,
    answers: bool,
    script: Mutex<VecDeque<Does>>,
    /// Every call, in its order: what it was about and whether it was taken.
    seen: Mutex<Vec<(Notice, bool)>>,
    asked: Mutex<usize>,
    pace: Pace,
    crashed: tokio::sync::Notify,
}

impl Post {
    fn new(channel: Channel, answers: bool, script: &[Does]) -> Arc<Self> {
        Arc::new(Self::paced(channel, answers, script, 1000))
    }

    /// Takes one after another, and everything.
    fn slow(channel: Channel) -> Arc<Self> {
        Arc::new(Self::paced(channel, true, &[], 20))
    }

    fn paced(channel: Channel, answers: bool, script: &[Does], per_second: u32) -> Self {
        Self {
            channel,
            answers,
            script: Mutex::new(script.iter().copied().collect()),
            seen: Mutex::default(),
            asked: Mutex::default(),
            pace: Pace { at_once: 4, per_second },
            crashed: tokio::sync::Notify::new(),
        }
    }

    fn sender(self: &Arc<Self>) -> Vec<Box<dyn Sender>> {
        vec![Box::new(Line(self.clone()))]
    }

    fn taken(&self) -> Vec<Notice> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|(_, taken)| *taken).map(|(notice, _)| notice.clone()).collect()
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    fn handle(notice: &Notice) -> Accepted {
        Accepted { handle: Some(format!("h{}", notice.key())) }
    }
}

struct Line(Arc<Post>);

impl Sender for Line {
    fn about(&self) -> About {
        About { adapter: "post", channel: Some(self.0.channel), pace: self.0.pace }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            let does = self.0.script.lock().unwrap().pop_front().unwrap_or(Does::Take);
            let taken = matches!(does, Does::Take | Does::Cut { taken: true } | Does::Crash { taken: true });
            self.0.seen.lock().unwrap().push((notice.clone(), taken));
            match does {
                Does::Take => Ok(Post::handle(notice)),
                Does::Refuse => Err(Unsent::permanent("no such number")),
                Does::Later(None) => Err(Unsent::later("busy")),
                Does::Later(Some(wait)) => Err(Unsent::later_after(Duration::from_secs(wait), "busy")),
                Does::Cut { .. } => Err(Unsent::unknown("cut off")),
                Does::Crash { .. } => {
                    self.0.crashed.notify_one();
                    std::future::pending().await
                }
            }
        })
    }

    fn ask<'a>(&'a self, notice: &'a Notice) -> Asking<'a> {
        Box::pin(async move {
            *self.0.asked.lock().unwrap() += 1;
            if !self.0.answers {
                return Ok(Fate::Untold);
            }
            let taken = self.0.taken().iter().any(|one| one.id == notice.id);
            Ok(if taken { Fate::Taken(Post::handle(notice)) } else { Fate::NotTaken })
        })
    }
}
