//! A storm over the providers: for every seed one booking whose host and visitor meet faults of their own at each double, drawn by lot,
//! once, again and again, or for good. The same for the test, which takes a thousand, and for the benchmark, which takes any number.
//!
//! What a seed meets follows from its number alone, however many others are under way: dials are one person's, and nobody is in two
//! seeds. Only tokens are nobody's own; their dials are turned by the first seed of a campus. There are sixteen campuses: each pair
//! of gateway and hall, with links or with codes in its texts; the seeds of each share one server and its doubles, over HTTP.
//!
//! The office's time goes by faster than the wall's, so that its waits are short; how long a provider takes to answer is real.

mod books;
mod plan;
mod story;

use std::{collections::HashSet, fmt, ops::Range, sync::Arc, time::Duration};

use chrono::TimeDelta;
use doubles::{Doubles, Gateway, Hall};
use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
};
use sync_server::office::Staff;
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use self::{plan::Plan, story::Decided};
use crate::{
    Trouble,
    campus::Campus,
    people::{self, HOST_NAME},
};

const KINDS: u64 = 16;
/// Servers at once: what they wait for is mostly time.
const CAMPUSES_AT_ONCE: usize = 8;

/// The office's time goes on by so much at every step of the wall's.
const STEP: TimeDelta = TimeDelta::seconds(1);
const EVERY: Duration = Duration::from_millis(40);
const GLANCE: Duration = Duration::from_millis(100);
const GLANCES: u32 = 900;

/// Nobody is reminded, so that whoever is told twice was told twice of the same. Many share one line here.
const SETTINGS: &str = "[notify.remind]\nhost_after_min = []\ndeputy_after_min = 0\n";
const SMS: &str = "receipts = true\nlisted_within_s = 20\nat_once = 64\nper_second = 1000\n";
const WECOM: &str = "callback = true\nat_once = 64\nper_second = 160\n";
const HALL: &str = "[notify.hall]\nat_once = 64\nper_second = 1000\n";

/// What became of them, when all that had to hold did.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub bookings: usize,
    pub approved: usize,
    /// Calls for which a dial was turned.
    pub faults: usize,
    /// Dials that were turned for good, and how many of those were never turned back.
    pub lasting: usize,
    pub never_mended: usize,
    pub notices: usize,
    /// Shown twice by a provider that can neither tell a notice again nor be asked; and how often the office says it may have been.
    pub twice: u64,
    pub counted: u64,
}

/// All that must hold of these seeds does.
pub async fn withstood(seeds: Range<u64>) -> Result<Tally, Trouble> {
    let places = Arc::new(Semaphore::new(CAMPUSES_AT_ONCE));
    let mut campuses = JoinSet::new();
    for number in 0..KINDS {
        let seeds: Vec<u64> = seeds.clone().filter(|seed| seed % KINDS == number).collect();
        if !seeds.is_empty() {
            let places = places.clone();
            campuses.spawn(async move {
                let _place = places.acquire_owned().await.map_err(told)?;
                of_campus(Kind(number), &seeds).await
            });
        }
    }
    let mut tally = Tally::default();
    while let Some(ended) = campuses.join_next().await {
        tally = tally.and(ended.map_err(told)??);
    }
    Ok(tally)
}

async fn of_campus(kind: Kind, seeds: &[u64]) -> Result<Tally, Trouble> {
    let town = Arc::new(Town::open(kind, seeds).await?);
    let time = town.time_goes_by();
    let mut stories = JoinSet::new();
    for seed in seeds.iter().copied() {
        let town = town.clone();
        stories.spawn(async move {
            let plan = Plan::drawn(seed, kind);
            plan.turn(&town.doubles);
            let decided = story::told(&town, &plan).await;
            plan.mend(&town.doubles);
            decided.map_err(|trouble| plan.replayed(kind, &trouble)).map(|decided| (plan, decided))
        });
    }
    let mut ended: Vec<(Plan, Decided)> = Vec::new();
    while let Some(story) = stories.join_next().await {
        ended.push(story.map_err(told)??);
    }
    let never_mended = ended.iter().flat_map(|(plan, _)| plan.never_mended()).collect();
    town.all_left(&never_mended).await?;
    // What can never leave has aged out: what was asked after a day, what closes it after three.
    for days in [1, 3] {
        town.campus.later(TimeDelta::days(days) + TimeDelta::hours(1));
        town.all_left(if days == 1 { &never_mended } else { &NOBODY }).await?;
    }
    let tally = books::checked(&town, kind, &ended).await?;
    time.abort();
    Ok(tally)
}

static NOBODY: std::sync::LazyLock<HashSet<String>> = std::sync::LazyLock::new(HashSet::new);

/// Which gateway, which hall, and whether texts hold links or codes.
#[derive(Debug, Clone, Copy)]
struct Kind(u64);

impl Kind {
    const fn gateway(self) -> Gateway {
        if self.0.is_multiple_of(2) { Gateway::Aliyun } else { Gateway::Tencent }
    }

    const fn hall(self) -> Hall {
        match self.0 / 2 % 4 {
            0 => Hall::Weaver,
            1 => Hall::Webhook,
            2 => Hall::MessageCentre,
            _ => Hall::Wisedu,
        }
    }

    const fn by_code(self) -> bool {
        self.0 / 8 == 1
    }

    fn settings(self, channels: &str) -> String {
        const TEMPLATE: &str = "[[notify.sms.template]]";
        // A template that needs a link is not registered where texts may hold none.
        let wanted = |part: &&str| !(self.by_code() && part.contains("'approval_asked'") && part.contains("'token'"));
        let channels: Vec<&str> = channels.split(TEMPLATE).filter(wanted).collect();
        let channels = channels.join(TEMPLATE).replacen("receipts = true\n", SMS, 1);
        let channels = channels.replacen("callback = true\n", WECOM, 1).replacen("[notify.hall]\n", HALL, 1);
        format!("{SETTINGS}{channels}")
    }
}

struct Town {
    campus: Campus,
    doubles: Doubles,
    kind: Kind,
}

impl Town {
    async fn open(kind: Kind, seeds: &[u64]) -> Result<Self, Trouble> {
        let settings = |channels: String| kind.settings(&channels);
        let (campus, doubles) = Campus::rehearsing_with(kind.gateway(), kind.hall(), settings).await?;
        let mut directory = people::directory();
        for seed in seeds {
            let cast = plan::Cast::of(*seed);
            doubles.halls.welcome(&cast.number);
            directory.extend(staff(&cast));
        }
        campus.state.store.import_directory(directory, campus.now()).await.map_err(told)?;
        if let Some(first) = seeds.first() {
            plan::turn_tokens(*first, kind, &doubles);
        }
        Ok(Self { campus, doubles, kind })
    }

    fn time_goes_by(self: &Arc<Self>) -> JoinHandle<()> {
        let town = self.clone();
        tokio::spawn(async move {
            loop {
                sleep(EVERY).await;
                town.campus.later(STEP);
            }
        })
    }

    /// Nothing waits in the outbox but for these.
    async fn all_left(&self, but_to: &HashSet<String>) -> Result<(), Trouble> {
        let mut waiting = Vec::new();
        for _ in 0..GLANCES {
            sleep(GLANCE).await;
            waiting = self.campus.state.store.notices_listed(usize::MAX).await.map_err(told)?.0;
            waiting.retain(|one| matches!(one.status.state, sync_server::store::NoticeState::Waiting { .. }));
            if waiting.iter().all(|one| but_to.contains(&one.to)) {
                return Ok(());
            }
        }
        waiting.retain(|one| !but_to.contains(&one.to));
        Err(Trouble::Waited(format!("{:?}: an empty outbox, there are {waiting:?}", self.kind)))
    }
}

fn staff(cast: &plan::Cast) -> Option<Staff> {
    Some(Staff {
        number: StaffNumber::parse(&cast.number)?,
        name: PersonName::parse(HOST_NAME).ok()?,
        department: "计算机学院".to_owned(),
        phone: Phone::parse(&cast.host).ok()?,
        wecom_id: Some(cast.member.clone()),
        hall_id: Some(cast.number.clone()),
    })
}

impl Tally {
    const fn and(self, other: Self) -> Self {
        Self {
            bookings: self.bookings + other.bookings,
            approved: self.approved + other.approved,
            faults: self.faults + other.faults,
            lasting: self.lasting + other.lasting,
            never_mended: self.never_mended + other.never_mended,
            notices: self.notices + other.notices,
            twice: self.twice + other.twice,
            counted: self.counted + other.counted,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bookings, approved, faults, lasting, never_mended, notices, twice, counted } = self;
        write!(
            f,
            "{bookings} bookings ({approved} approved), {notices} notices shown; {faults} calls dialled to fail, {lasting} dials \
             for good ({never_mended} never turned back); {twice} shown twice, {counted} counted"
        )
    }
}

fn told(error: impl fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
