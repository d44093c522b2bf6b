//! A day at the sign-in page with attackers before it: the real policy and the real store, a clock that is moved by hand, and
//! chance that repeats itself. The same for the test, which takes a few requests, and for the benchmark, which takes a million.
//!
//! Two calm days come first, because an office that is attacked has been open before: networks have a name by then, and some
//! browsers are known. Each strategy is tried on a copy of that office.

mod attackers;
mod crowd;
mod tally;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
};

use chrono::TimeDelta;
use gatehouse::chance::Chance;
use shared::{
    identity::Phone,
    time::{CampusDay, Moment},
};
use sync_server::{
    config::SignIn,
    office::{CodeLimits, Retention, Span, notice::Fact},
    store::{BrowserToken, Caller, Came, CodeCheck, CodeIssued, IdentityKey, Store},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

use self::crowd::{PATIENCE_S, Person, Step};
pub use self::{attackers::Strategy, crowd::Guest, tally::Tally};
use crate::Trouble;

/// The days of the calendar that are calm, and the one that is not.
const CALM: [&str; 2] = ["2026-11-19", "2026-11-20"];
const STORMY: &str = "2026-11-23";

#[derive(Debug)]
pub struct Siege {
    limits: CodeLimits,
    foreign: bool,
    seed: u64,
    calm: PathBuf,
}

impl Siege {
    /// Where days go by fastest: in memory, where the machine has a place for that.
    pub fn folder() -> Result<TempDir, Trouble> {
        let memory = Path::new("/dev/shm");
        Ok(if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? })
    }

    /// An office after two calm days, kept in `folder`.
    pub async fn prepared(folder: &Path, seed: u64) -> Result<Self, Trouble> {
        let settings = SignIn::default();
        let siege =
            Self { limits: settings.limits(), foreign: settings.foreign, seed, calm: folder.join("calm.sqlite3") };
        let mut day = Day::open(&siege, &siege.calm, CALM[0])?;
        let directory = crowd::directory()?;
        day.store.import_directory(directory, day.at(0)).await.map_err(told)?;
        for (number, date) in (1..).zip(CALM) {
            day = Day { people: crowd::of_day(number, seed)?, ..day.on(date)? };
            day.pass(None, 0).await?;
        }
        Ok(siege)
    }

    /// One day on which so many requests are made beside those of the guests.
    pub async fn withstands(&self, strategy: Option<Strategy>, requests: u64) -> Result<Tally, Trouble> {
        let name = strategy.map_or("calm day", Strategy::name);
        let file = self.calm.with_file_name(format!("{name}.sqlite3"));
        std::fs::copy(&self.calm, &file)?;
        let mut day = Day { people: crowd::of_day(9, self.seed)?, ..Day::open(self, &file, STORMY)? };
        day.pass(strategy, requests).await?;
        let tally = day.tally(name).await?;
        drop(day);
        std::fs::remove_file(&file)?;
        Ok(tally)
    }
}

struct Day {
    store: Store,
    limits: CodeLimits,
    foreign: bool,
    date: CampusDay,
    chance: Chance,
    people: Vec<Person>,
    /// Codes that an attacker was told are on their way, to be guessed at.
    guessed_at: Vec<(Phone, BrowserToken, IpAddr)>,
    /// Messages that left, to anybody.
    messages: u32,
    hits: u32,
}

impl Day {
    fn open(siege: &Siege, file: &Path, date: &str) -> Result<Self, Trouble> {
        let store = Store::open(file, IdentityKey::from_bytes(&[3; 32])).map_err(told)?;
        let empty = Self {
            store,
            limits: siege.limits,
            foreign: siege.foreign,
            date: CampusDay::of(Moment::from_unix_s(0)),
            chance: Chance::of(siege.seed),
            people: Vec::new(),
            guessed_at: Vec::new(),
            messages: 0,
            hits: 0,
        };
        empty.on(date)
    }

    fn on(self, date: &str) -> Result<Self, Trouble> {
        let date = CampusDay::parse(date).ok_or_else(|| Trouble::NotHeld(date.to_owned()))?;
        Ok(Self { date, ..self })
    }

    fn at(&self, second: i64) -> Moment {
        self.date.start().plus(TimeDelta::seconds(second))
    }

    async fn pass(&mut self, strategy: Option<Strategy>, requests: u64) -> Result<(), Trouble> {
        let mut by_time = BTreeMap::<i64, Vec<usize>>::new();
        for (number, person) in self.people.iter().enumerate() {
            by_time.entry(person.next_at).or_default().push(number);
        }
        let mut asked = 0;
        for second in 0..86_400_u32 {
            let (now_s, now) = (i64::from(second), self.at(i64::from(second)));
            if second.is_multiple_of(3600) {
                self.store.erase_due(Retention::default(), now).await.map_err(told)?;
            }
            let mut leaves = false;
            if let Some(strategy) = strategy {
                let many = strategy.in_second(requests, u64::from(second));
                self.guess(now).await?;
                leaves |= self.attack(strategy, asked, many, now).await?;
                asked += many;
            }
            for number in by_time.remove(&now_s).unwrap_or_default() {
                leaves |= self.act(number, now_s).await?;
                if let Some(person) = self.people.get(number)
                    && person.next_at > now_s
                {
                    by_time.entry(person.next_at).or_default().push(number);
                }
            }
            if leaves {
                self.deliver(now, now_s, &mut by_time).await?;
            }
        }
        Ok(())
    }

    /// So many strangers ask, all at once.
    async fn attack(&mut self, strategy: Strategy, first: u64, many: u64, now: Moment) -> Result<bool, Trouble> {
        let mut asking = JoinSet::new();
        for number in first..first + many {
            let phone = Phone::parse(&strategy.phone(&mut self.chance)).map_err(told)?;
            let browser = BrowserToken::from_random(self.chance.secret());
            let caller = Caller { phone, browser, address: strategy.address(number, &mut self.chance) };
            let (store, code, limits) = (self.store.clone(), self.chance.code(), self.limits);
            asking.spawn(async move { (store.issue_code(&caller, &code, now, &limits).await, caller) });
        }
        let mut leaves = false;
        while let Some(asked) = asking.join_next().await {
            let (issued, caller) = asked.map_err(told)?;
            let issued = issued.map_err(told)?;
            let may = matches!(issued, CodeIssued::Sent | CodeIssued::Uncertain | CodeIssued::UncertainHere);
            leaves |= may;
            if may && strategy == Strategy::Guess {
                self.guessed_at.push((caller.phone, caller.browser, caller.address));
            }
        }
        Ok(leaves)
    }

    async fn guess(&mut self, now: Moment) -> Result<(), Trouble> {
        for (phone, browser, address) in std::mem::take(&mut self.guessed_at) {
            let caller = Caller { phone, browser: Some(browser), address };
            loop {
                let code = self.chance.code();
                match self.store.check_code(&caller, &code, now, &self.limits).await.map_err(told)? {
                    CodeCheck::Wrong { .. } => {}
                    CodeCheck::Right => {
                        self.hits += 1;
                        break;
                    }
                    CodeCheck::OneMore | CodeCheck::OneMoreLater { .. } | CodeCheck::Gone => break,
                }
            }
        }
        Ok(())
    }

    /// What one guest does now; whether a message may leave by it.
    async fn act(&mut self, number: usize, now_s: i64) -> Result<bool, Trouble> {
        let now = self.at(now_s);
        let Some(person) = self.people.get_mut(number) else { return Ok(false) };
        if now_s - person.comes_at > PATIENCE_S {
            person.step = Step::GaveUp;
            return Ok(false);
        }
        match person.step.clone() {
            Step::Asks | Step::Waits { .. } => {
                let code = self.chance.code();
                let caller =
                    Caller { phone: person.phone.clone(), browser: person.browser.clone(), address: person.address };
                let issued = self.store.issue_code(&caller, &code, now, &self.limits).await.map_err(told)?;
                person.next_at = now_s + 60 + i64::from(self.chance.below(5));
                match issued {
                    CodeIssued::Sent | CodeIssued::Uncertain => {
                        person.step = Step::Waits { asked_at: now_s };
                        Ok(true)
                    }
                    // As the page says: off the Wi-Fi, and at once again. It may come all the same.
                    CodeIssued::UncertainHere => {
                        person.step = Step::Waits { asked_at: now_s };
                        if !person.stays {
                            person.address = crowd::by_phone(&mut self.chance);
                            person.next_at = now_s + i64::from(self.chance.between(15, 40));
                        }
                        Ok(true)
                    }
                    // Somebody has asked for this phone from afar: as the page says, unless it was only a moment ago.
                    CodeIssued::LimitedHere { retry_at } if !person.stays && retry_at.since(now).num_seconds() > 90 => {
                        person.address = crowd::by_phone(&mut self.chance);
                        person.next_at = now_s + i64::from(self.chance.between(15, 40));
                        Ok(false)
                    }
                    CodeIssued::Limited { .. } | CodeIssued::LimitedHere { .. } => Ok(false),
                    CodeIssued::Owing { .. } => {
                        if !person.stays {
                            person.address = crowd::by_phone(&mut self.chance);
                            person.next_at = now_s + i64::from(self.chance.between(15, 40));
                        }
                        Ok(false)
                    }
                }
            }
            Step::Types { code, mistyped } => {
                let caller = Caller {
                    phone: person.phone.clone(),
                    browser: Some(person.browser.clone()),
                    address: person.address,
                };
                let typed = if mistyped { self.chance.code() } else { code.clone() };
                let checked = self.store.check_code(&caller, &typed, now, &self.limits).await.map_err(told)?;
                person.next_at = now_s + i64::from(self.chance.between(5, 15));
                person.step = match checked {
                    CodeCheck::Right => {
                        person.next_at = now_s;
                        Step::In { after_s: now_s - person.comes_at }
                    }
                    CodeCheck::OneMore => {
                        person.next_at = now_s + 60;
                        Step::Waits { asked_at: now_s }
                    }
                    CodeCheck::OneMoreLater { retry_at } => {
                        person.next_at = retry_at.since(self.date.start()).num_seconds() + 1;
                        Step::Types { code, mistyped: false }
                    }
                    CodeCheck::Wrong { .. } => Step::Types { code, mistyped: false },
                    CodeCheck::Gone => Step::Asks,
                };
                Ok(matches!(checked, CodeCheck::OneMore))
            }
            Step::In { .. } | Step::GaveUp => Ok(false),
        }
    }

    /// Empties the outbox: whose message it is gets it within seconds, but for one of a hundred.
    async fn deliver(
        &mut self,
        now: Moment,
        now_s: i64,
        by_time: &mut BTreeMap<i64, Vec<usize>>,
    ) -> Result<(), Trouble> {
        for notice in self.store.due_notices(now, 5000).await.map_err(told)? {
            let sent = Came::Sent { adapter: "siege", handle: None };
            self.store.keep_notices(vec![(notice.id, sent)], now).await.map_err(told)?;
            self.messages += 1;
            let waits = |person: &Person| {
                matches!(person.step, Step::Waits { asked_at } if asked_at == now_s)
                    && person.phone.as_str() == notice.to
            };
            let Some(number) = self.people.iter().position(waits) else { continue };
            let (lost, mistyped) = (self.chance.percent(1), self.chance.percent(3));
            let reads_at = now_s + i64::from(self.chance.between(3, 16) + self.chance.between(8, 35));
            let (Some(person), Some(code)) = (self.people.get_mut(number), notice.fact(Fact::Code)) else { continue };
            if lost || person.idle {
                continue;
            }
            if let Some(others) = by_time.get_mut(&person.next_at) {
                others.retain(|other| *other != number);
            }
            person.step = Step::Types { code: code.to_owned(), mistyped };
            person.next_at = reads_at;
            by_time.entry(reads_at).or_default().push(number);
        }
        Ok(())
    }

    async fn tally(&self, name: &'static str) -> Result<Tally, Trouble> {
        let book = self.store.code_book(self.at(86_399)).await.map_err(told)?;
        let (sent, _) = book.ledger.counts(Span::Day);
        if sent != self.messages {
            return Err(Trouble::NotHeld(format!("{} messages left and {sent} are in the book", self.messages)));
        }
        Ok(Tally::of(name, self, book.ledger.guesses_open()))
    }
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
