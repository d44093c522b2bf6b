//! `bench notify`: what the outbox costs beside bare posts of the same bodies, and what a long queue takes of the memory.
//!
//! A provider with no delay stands on a socket. The outbox empties a real store into it, each notice taken and its answer kept on
//! the disk; beside it as many callers post the same bodies and know nothing. They take turns in one process.

use std::{
    io::Write,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use gatehouse::{
    Trouble,
    machine::{now, resident_kib},
    trouble::hold,
};
use serde_json::{Value, json};
use shared::identity::Phone;
use sync_server::{
    clock::SetClock,
    config::Config,
    notify::{About, Accepted, Line, Outbox, Pace, Sender, Sending, Unsent},
    office::{BookingForm, Channel, TimeOfDay},
    store::{HostLinks, IdentityKey, Notice, Sent, Store, Submission, Submitted},
};
use tokio::{net::TcpListener, task::JoinSet, time::sleep};
use world::{campus::today, people};

use crate::spread::middle;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Calls at once by each of the three channels
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    /// Bookings of a turn; each is three notices
    #[arg(long, default_value_t = 6_000)]
    bookings: u32,
    /// How many turns each has
    #[arg(long, default_value_t = 5)]
    turns: u8,
    /// Bookings of the long queue, three notices each
    #[arg(long, default_value_t = 33_334)]
    queue: u32,
}

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure(wanted, out))
}

async fn measure(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { at_once, bookings, turns, queue } = *wanted;
    let mut office = Office::open(at_once).await?;
    writeln!(
        out,
        "The outbox: {turns} turns of {} notices each, {at_once} calls at once on each channel",
        bookings * 3
    )?;
    let (mut ours, mut bare, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        office.queue(bookings).await?;
        let (sent, posted) = (office.drain(|_| Ok(())).await?, office.bare(bookings * 3).await?);
        ours.push(sent);
        bare.push(posted);
        shares.push(100.0 * sent / posted);
    }
    let (ours, bare, share) = (middle(ours), middle(bare), middle(shares));
    writeln!(
        out,
        "\nper second of the clock  notices  bare posts  share   (the middle of each; at least 50 % is wanted)"
    )?;
    writeln!(out, "{:24} {ours:7.0} {bare:11.0} {share:4.0} %", "")?;

    office.queue(queue).await?;
    let mut resident = Vec::new();
    let speed = office
        .drain(|share| {
            if share >= 0.1 && resident.is_empty() || share >= 1.0 {
                resident.push(resident_kib(std::process::id())?);
            }
            Ok(())
        })
        .await?;
    let [tenth, .., end] = resident.as_slice() else {
        return Err(Trouble::NotHeld("the queue was too short".to_owned()));
    };
    writeln!(
        out,
        "\n{} notices drained, {speed:.0} a second; resident after a tenth {} MiB, at the end {} MiB",
        queue * 3,
        tenth / 1024,
        end / 1024
    )?;
    Ok(())
}

/// An office whose every channel is one provider.
struct Office {
    store: Store,
    clock: Arc<SetClock>,
    provider: Provider,
    at_once: usize,
    /// Phones given to visitors so far: nobody books too often.
    visitors: u32,
    _room: tempfile::TempDir,
}

#[derive(Clone)]
struct Provider {
    line: Line,
    address: String,
    taken: Arc<AtomicU64>,
}

impl Office {
    async fn open(at_once: usize) -> Result<Self, Trouble> {
        let room = tempfile::Builder::new().prefix("campus-outbox-").tempdir()?;
        let store =
            Store::open(&room.path().join("office.sqlite3"), IdentityKey::from_bytes(&[1; 32])).map_err(told)?;
        let clock = Arc::new(SetClock::at(today().at_minute(8 * 60)));
        store.import_directory(people::directory(), today().at_minute(8 * 60)).await.map_err(told)?;
        let taken = Arc::new(AtomicU64::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/take", listener.local_addr()?);
        let router = Router::new().route("/take", post(take)).with_state(taken.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let provider = Provider { line: Line::open().map_err(told)?, address, taken };
        Ok(Self { store, clock, provider, at_once, visitors: 0, _room: room })
    }

    /// As many hosts are told as there are bookings.
    async fn queue(&mut self, bookings: u32) -> Result<(), Trouble> {
        let mut booking = JoinSet::new();
        for _ in 0..bookings {
            self.visitors += 1;
            booking.spawn(book(self.store.clone(), self.visitors));
            if booking.len() >= 256
                && let Some(booked) = booking.join_next().await
            {
                booked.map_err(told)??;
            }
        }
        while let Some(booked) = booking.join_next().await {
            booked.map_err(told)??;
        }
        Ok(())
    }

    /// Notices a second. `at` is told which share has gone out.
    async fn drain(&self, mut at: impl FnMut(f64) -> Result<(), Trouble>) -> Result<f64, Trouble> {
        let (_, counts) = self.store.notices_listed(1).await.map_err(told)?;
        let before = self.provider.taken.load(Ordering::Relaxed);
        let sender = Post { provider: self.provider.clone(), at_once: self.at_once };
        let since = now();
        let running = tokio::spawn(Outbox::new(self.store.clone(), self.clock.clone(), vec![Box::new(sender)]).run());
        let far = today().plus_days(9).start();
        loop {
            let taken = self.provider.taken.load(Ordering::Relaxed) - before;
            at((share(taken, counts.waiting)).min(0.99))?;
            if taken >= counts.waiting && self.store.due_notices(far, 1).await.map_err(told)?.is_empty() {
                break;
            }
            sleep(Duration::from_millis(2)).await;
        }
        let took = since.elapsed();
        at(1.0)?;
        running.abort();
        let taken = self.provider.taken.load(Ordering::Relaxed) - before;
        hold(taken == counts.waiting, &format!("{taken} of {} notices came", counts.waiting))?;
        Ok(per_second(taken, took))
    }

    async fn bare(&self, posts: u32) -> Result<f64, Trouble> {
        let callers = u32::try_from(self.at_once * Channel::ALL.len()).unwrap_or(u32::MAX).max(1);
        let since = now();
        let mut posting = JoinSet::new();
        for caller in 0..callers {
            let provider = self.provider.clone();
            posting.spawn(async move {
                for number in (caller..posts).step_by(usize::try_from(callers).unwrap_or(1)) {
                    let text = "访客 张晓明 预约 2026-11-23 10:00-11:00 来访，事由：学术报告。请打开链接审核。";
                    let path = format!("/decide/{}", "a".repeat(43));
                    provider.post(&body(&format!("1795363200000-{number}"), "T000001", text, Some(&path))).await?;
                }
                Ok::<_, Unsent>(())
            });
        }
        while let Some(posted) = posting.join_next().await {
            posted.map_err(told)?.map_err(told)?;
        }
        Ok(per_second(u64::from(posts), since.elapsed()))
    }
}

impl Provider {
    async fn post(&self, body: &Value) -> Result<Accepted, Unsent> {
        let answer = self.line.call(self.line.client().post(&self.address).json(body)).await?;
        let said: Value = serde_json::from_slice(&answer.body).map_err(|_| Unsent::unknown("not JSON"))?;
        Ok(Accepted { handle: said.get("id").and_then(Value::as_str).map(str::to_owned) })
    }
}

struct Post {
    provider: Provider,
    at_once: usize,
}

impl Sender for Post {
    fn about(&self) -> About {
        About { adapter: "post", channel: None, pace: Pace { at_once: self.at_once, per_second: u32::MAX } }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            let path = notice.path.as_deref();
            self.provider.post(&body(&notice.key().to_string(), &notice.to, &notice.text, path)).await
        })
    }
}

fn body(key: &str, to: &str, text: &str, path: Option<&str>) -> Value {
    json!({"key": key, "to": to, "text": text, "path": path})
}

async fn take(State(taken): State<Arc<AtomicU64>>, Json(body): Json<Value>) -> Json<Value> {
    taken.fetch_add(1, Ordering::Relaxed);
    Json(json!({"id": body.get("key")}))
}

async fn book(store: Store, visitor: u32) -> Result<(), Trouble> {
    let morning = today().at_minute(8 * 60);
    let phone = Phone::parse(&format!("139{visitor:08}")).map_err(told)?;
    let hour = |hour| TimeOfDay::of(hour, 0).unwrap_or(TimeOfDay::MIDNIGHT).to_string();
    let text = str::to_owned;
    let form = BookingForm {
        visitor_name: text("张晓明"),
        document_kind: text("resident_id"),
        document_number: text("11010519491231002X"),
        phone: text("13800130000"),
        reason: text("学术报告"),
        campus: text("1"),
        day: today().to_string(),
        from: hour(10),
        until: hour(11),
        host_name: text(people::HOST_NAME),
        host_phone: text(people::HOST_PHONE),
        privacy: text("yes"),
        document_consent: text("yes"),
        visit_kind: text("ordinary"),
        ..BookingForm::default()
    };
    let config = Config::default();
    let booking = form.check(&config.rules(), morning).map_err(|problems| Trouble::NotHeld(format!("{problems:?}")))?;
    let token = |channel: u8| {
        let mut token = [channel; 24];
        token.iter_mut().zip(visitor.to_be_bytes()).for_each(|(to, from)| *to = from);
        token
    };
    let submission = Submission {
        invitation: None,
        booking,
        by: (phone, Ipv4Addr::LOCALHOST.into()),
        limits: config.booking.limits(),
        notice: "1",
        links: HostLinks::from_random([1, 2, 3].map(token), [4, 5, 6].map(token)),
        form: Sent { id: String::new(), mark: None },
    };
    match store.submit(submission, morning).await.map_err(told)? {
        Submitted::Booked(_) => Ok(()),
        other @ (Submitted::HostUnknown | Submitted::InvitationOver | Submitted::Limited { .. }) => {
            Err(Trouble::NotHeld(format!("{other:?}")))
        }
    }
}

fn share(part: u64, whole: u64) -> f64 {
    count(part) / count(whole.max(1))
}

fn per_second(how_many: u64, took: Duration) -> f64 {
    count(how_many) / took.as_secs_f64()
}

fn count(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
