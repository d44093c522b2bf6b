//! Bookings per second, each on the disk before it is answered, and what each takes of the machine.
//!
//! The cores are shared by callers, server and rows, and all wait for the same disk: so beside the rate by the clock stands what one
//! booking, or one booking's rows, took of the CPU, and what a sync costs here.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    response::IntoResponse as _,
    routing::post,
};
use gatehouse::{
    Trouble,
    machine::{cpu_of_threads, now},
};
use tokio::{net::TcpListener, runtime::Runtime};
use world::{
    campus::{Campus, today},
    people::{Form, resident_number},
};

use super::{CALLERS, SERVER, WRITER, line::Line, middle, pages, rows::Rows};

pub(super) fn run(
    office: &Runtime,
    outside: &Runtime,
    campus: &Campus,
    at_once: u16,
    (turn, turns): (Duration, u8),
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let forms = outside.block_on(forms(campus, at_once))?;
    let numbers = Arc::new(AtomicU64::new(0));
    let head = outside.block_on(each_books_once(&campus.listen(), &forms, &numbers))?;
    let (same, of_a_booking) = Rows::same(&campus.database(), &campus.room().join("same.sqlite3"))?;
    let plain = Rows::plain(&campus.room().join("plain.sqlite3"), of_a_booking)?;
    let bare = office.block_on(bare(head, same.clone()))?;
    let [mut ours, mut least, mut rows, mut table] = [(); 4].map(|()| Costs::default());
    for _ in 0..turns {
        for (server, costs) in [(campus.listen(), &mut ours), (bare.clone(), &mut least)] {
            let (booked, before) = (Arc::new(AtomicU64::new(0)), Spent::until_now()?);
            outside.block_on(async {
                let booking = forms.iter().map(|form| {
                    tokio::spawn(keep_booking(server.clone(), form.clone(), numbers.clone(), turn, booked.clone()))
                });
                for booking in booking.collect::<Vec<_>>() {
                    booking.await.map_err(|error| Trouble::NotHeld(error.to_string()))??;
                }
                Ok::<_, Trouble>(())
            })?;
            costs.add(&booked, before, turn)?;
        }
        for (putting, costs) in [(&same, &mut rows), (&plain, &mut table)] {
            let (put, before) = (Arc::new(AtomicU64::new(0)), Spent::until_now()?);
            outside.block_on(putting.keep_putting(forms.len(), turn, &put))?;
            costs.add(&put, before, turn)?;
        }
        campus.mailbox.clear();
    }
    let sync = middle_sync(&campus.room().join("sync"))?;
    let [ours, least, rows, table] = [ours, least, rows, table].map(Costs::middle);
    writeln!(out, "\n                              a second  share   microseconds of CPU for each")?;
    writeln!(out, "                          of the clock           server  of which writer  callers")?;
    let all = [
        ("bookings", &ours),
        ("their rows, no office", &rows),
        ("the same, bare handler", &least),
        ("as many, in one table", &table),
    ];
    for (name, cost) in all {
        let share = 100.0 * ours.rate / cost.rate;
        let (server, writer) = (cost.server + cost.rows, cost.writer + cost.rows);
        writeln!(out, "{name:26} {:11.0} {share:5.0} % {server:8.0} {writer:16.0} {:8.0}", cost.rate, cost.callers)?;
    }
    writeln!(
        out,
        "The share is ours of it; at least 50 % of what their rows give that are put in by nobody who thinks is wanted."
    )?;
    writeln!(
        out,
        "A sync of 4 KiB to this disk takes {:.2} ms of the clock, in the middle.",
        sync.as_secs_f64() * 1e3
    )?;
    Ok(())
}

/// The callers book for so many guests in turn: hundreds of bookings by one phone are nobody's morning.
const GUESTS: u16 = 2048;

/// What each caller sends, for one guest after another. The guests themselves have hung up.
async fn forms(campus: &Campus, at_once: u16) -> Result<Vec<Vec<Filled>>, Trouble> {
    let each = GUESTS.div_ceil(at_once.max(1));
    let mut forms = Vec::new();
    for caller in 0..at_once {
        let mut theirs = Vec::new();
        for number in 0..each {
            let nth = at_once + caller * each + number;
            let guest = super::guest(campus, nth).await?;
            let form =
                Form::good(today()).with("phone", super::phone(nth)).with("document_number", resident_number(nth));
            let sending = guest.sending(&guest.numbered(&form).await?)?;
            theirs.push(Filled::of(&sending).ok_or_else(|| Trouble::NotHeld("a form has no number".to_owned()))?);
        }
        forms.push(theirs);
    }
    Ok(forms)
}

/// A form that a browser sends, around its number: sent twice under one number it would be one booking.
#[derive(Clone)]
struct Filled {
    before: String,
    after: String,
}

impl Filled {
    const NUMBER: &str = "form_id=";
    const DIGITS: usize = 32;

    fn of(sending: &str) -> Option<Self> {
        let (before, rest) = sending.split_once(Self::NUMBER)?;
        let after = rest.get(Self::DIGITS..)?.to_owned();
        Some(Self { before: format!("{before}{}", Self::NUMBER), after })
    }

    fn under(&self, number: u64) -> String {
        format!("{}{number:0digits$x}{}", self.before, self.after, digits = Self::DIGITS)
    }
}

/// What the first of them is answered.
async fn each_books_once(server: &str, forms: &[Vec<Filled>], numbers: &AtomicU64) -> Result<HeaderMap, Trouble> {
    let mut first = None;
    for form in forms.iter().flatten() {
        let (head, _) = pages::answer(server, &form.under(numbers.fetch_add(1, Ordering::Relaxed)), 303).await?;
        first = first.or(Some(head));
    }
    Ok(first.unwrap_or_default())
}

/// The least that could book: it takes the same form, knows nothing, puts its rows in and sends the same answer after their commit.
async fn bare(head: HeaderMap, rows: Rows) -> Result<String, Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?.to_string();
    let book = move |form: Bytes| async move {
        if form.is_empty() || !rows.put().await {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        (StatusCode::SEE_OTHER, head).into_response()
    };
    let router = Router::new().route("/book", post(book));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(server)
}

async fn keep_booking(
    server: String,
    forms: Vec<Filled>,
    numbers: Arc<AtomicU64>,
    turn: Duration,
    booked: Arc<AtomicU64>,
) -> Result<(), Trouble> {
    let mut line = Line::to(&server).await?;
    let since = now();
    for form in forms.iter().cycle().take_while(|_| since.elapsed() < turn) {
        line.ask(&form.under(numbers.fetch_add(1, Ordering::Relaxed))).await?.must_be(303)?;
        booked.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// CPU time by whose threads had it.
struct Spent {
    server: Duration,
    writer: Duration,
    callers: Duration,
    rows: Duration,
}

impl Spent {
    fn until_now() -> Result<Self, Trouble> {
        let of = |threads: &str| cpu_of_threads(|name| name.starts_with(threads));
        Ok(Self { server: of(SERVER)?, writer: of(WRITER)?, callers: of(CALLERS)?, rows: of(Rows::THREAD)? })
    }
}

/// What each took in one turn: how many there were in a second, and the microseconds of one.
#[derive(Default)]
struct Costs {
    rate: Vec<f64>,
    server: Vec<f64>,
    writer: Vec<f64>,
    callers: Vec<f64>,
    rows: Vec<f64>,
}

struct Cost {
    rate: f64,
    server: f64,
    writer: f64,
    callers: f64,
    rows: f64,
}

impl Costs {
    fn add(&mut self, count: &AtomicU64, before: Spent, turn: Duration) -> Result<(), Trouble> {
        let after = Spent::until_now()?;
        let count = u32::try_from(count.load(Ordering::Relaxed)).map_or(f64::MAX, f64::from);
        let each = |after: Duration, before: Duration| after.saturating_sub(before).as_secs_f64() * 1e6 / count;
        self.rate.push(count / turn.as_secs_f64());
        self.server.push(each(after.server, before.server));
        self.writer.push(each(after.writer, before.writer));
        self.callers.push(each(after.callers, before.callers));
        self.rows.push(each(after.rows, before.rows));
        Ok(())
    }

    fn middle(self) -> Cost {
        Cost {
            rate: middle(self.rate),
            server: middle(self.server),
            writer: middle(self.writer),
            callers: middle(self.callers),
            rows: middle(self.rows),
        }
    }
}

/// What both ways wait for: a page written behind the others and synced, as a commit to the log is.
fn middle_sync(path: &Path) -> Result<Duration, Trouble> {
    let trouble = |cause| Trouble::File(path.to_owned(), cause);
    let file = File::create(path).map_err(trouble)?;
    let mut syncs = Vec::new();
    for at in 0..200 {
        file.write_all_at(&[7; 4096], at * 4096).map_err(trouble)?;
        let since = now();
        file.sync_data().map_err(trouble)?;
        syncs.push(since.elapsed());
    }
    syncs.sort();
    Ok(syncs.get(syncs.len() / 2).copied().unwrap_or_default())
}
