//! A thousand bookings through three providers that fail in every way at random, while the server goes down between any two steps.
//!
//! One provider knows a notice again by its name, one can be asked, one can neither. Everything follows from the seed: what goes wrong
//! goes wrong again.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::MutexGuard,
};

use chrono::TimeDelta;

use super::*;
use crate::{
    office::{Choice, Revision, Standing, notice::NoticeKind},
    store::{GivenUp, NoticeKey, NoticeState, Outcome},
};

const CAMPUSES: u64 = 50;
const BOOKINGS: u8 = 20;

/// SplitMix64.
struct Lots(u64);

impl Lots {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Knows {
    /// The same name is taken once.
    Names,
    /// It tells what became of a name.
    Answers,
    Nothing,
}

struct Provider {
    channel: Channel,
    knows: Knows,
    clock: Arc<SetClock>,
    book: Mutex<Book>,
    crashed: tokio::sync::Notify,
}

struct Book {
    lots: Lots,
    /// Of a hundred calls so many fail.
    faults: u64,
    /// What reached somebody, in its order.
    shown: Vec<Notice>,
    refused: Vec<Notice>,
    /// Calls whose answer never came.
    in_doubt: BTreeSet<i64>,
    /// Sent again in such a doubt.
    again_in_doubt: u64,
}

impl Provider {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn shown(&self, id: i64) -> usize {
        self.book().shown.iter().filter(|notice| notice.id == id).count()
    }

    fn take(&self, notice: &Notice) -> Accepted {
        let mut book = self.book();
        if self.knows != Knows::Names || !book.shown.iter().any(|one| one.id == notice.id) {
            book.shown.push(notice.clone());
        }
        Post::handle(notice)
    }

    fn draw(&self, notice: &Notice) -> Does {
        let mut book = self.book();
        if book.in_doubt.contains(&notice.id) && self.knows != Knows::Answers {
            book.again_in_doubt += 1;
        }
        // A number that does not exist does not exist the next time either.
        let refuses = book.faults > 0 && Lots(notice.id.unsigned_abs()).below(40) == 0;
        let fault = book.lots.below(100) < book.faults;
        let does = match book.lots.below(5) {
            _ if refuses => Does::Refuse,
            _ if !fault => Does::Take,
            0 => Does::Later(None),
            1 => Does::Later(Some(30)),
            2 => Does::Cut { taken: book.lots.below(2) == 0 },
            3 => Does::Crash { taken: book.lots.below(2) == 0 },
            _ => {
                // Slow, and well in the end.
                self.clock.advance(TimeDelta::seconds(20));
                Does::Take
            }
        };
        if let Does::Cut { .. } | Does::Crash { .. } = does {
            book.in_doubt.insert(notice.id);
        }
        if does == Does::Refuse {
            book.refused.push(notice.clone());
        }
        does
    }
}

struct ToProvider(Arc<Provider>);

impl Sender for ToProvider {
    fn about(&self) -> About {
        About { adapter: self.0.channel.name(), channel: Some(self.0.channel), pace: Pace::UNHURRIED }
    }

    fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
        Box::pin(async move {
            let does = self.0.draw(notice);
            if let Does::Cut { taken: true } | Does::Crash { taken: true } = does {
                self.0.take(notice);
            }
            match does {
                Does::Take => Ok(self.0.take(notice)),
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
            if self.0.knows != Knows::Answers {
                return Ok(Fate::Untold);
            }
            let fails = {
                let mut book = self.0.book();
                let faults = book.faults;
                book.lots.below(100) < faults / 2
            };
            if fails {
                return Err(Unsent::later("busy"));
            }
            Ok(if self.0.shown(notice.id) > 0 { Fate::Taken(Post::handle(notice)) } else { Fate::NotTaken })
        })
    }
}

struct Campus {
    desk: Desk,
    lots: Lots,
    providers: Vec<Arc<Provider>>,
    /// How each booking was decided first.
    decided: BTreeMap<BookingId, Standing>,
    links: Vec<(BookingId, Links)>,
}

impl Campus {
    async fn open(seed: u64) -> Self {
        let desk = Desk::open().await;
        let knows = [Knows::Names, Knows::Answers, Knows::Nothing];
        let providers = (0..).zip(Channel::ALL).map(|(number, channel)| {
            let knows = knows[usize::try_from(seed + number).unwrap() % 3];
            let book = Book {
                lots: Lots(seed * 7 + number),
                faults: 45,
                shown: Vec::new(),
                refused: Vec::new(),
                in_doubt: BTreeSet::new(),
                again_in_doubt: 0,
            };
            let (clock, crashed) = (desk.clock.clone(), tokio::sync::Notify::new());
            Arc::new(Provider { channel, knows, clock, book: Mutex::new(book), crashed })
        });
        let providers = providers.collect();
        Self { desk, lots: Lots(seed), providers, decided: BTreeMap::new(), links: Vec::new() }
    }

    fn outbox(&mut self) -> Outbox {
        let senders = self.providers.iter().map(|provider| Box::new(ToProvider(provider.clone())) as Box<dyn Sender>);
        let lot = u16::try_from(self.lots.below(1 << 16)).unwrap();
        self.desk.outbox(senders.collect()).drawing(move || lot)
    }

    /// One round of the outbox, or as much of it as there is before the server goes down.
    async fn send(&mut self) {
        let outbox = self.outbox();
        let [one, two, three] = self.providers.as_slice() else { panic!("three channels") };
        let went_down = tokio::select! {
            biased;
            sent = outbox.send_due() => { sent.unwrap(); false }
            () = one.crashed.notified() => true,
            () = two.crashed.notified() => true,
            () = three.crashed.notified() => true,
        };
        drop(outbox);
        if went_down {
            self.go_down().await;
        }
    }

    async fn go_down(&mut self) {
        if self.lots.below(4) == 0 { self.desk.reopen().await } else { self.desk.let_go().await }
    }

    async fn submit(&mut self) {
        let number = u8::try_from(self.links.len()).unwrap();
        self.links.push(self.desk.submit([number, 1]).await);
    }

    async fn decide(&mut self) {
        let Ok(count) = u64::try_from(self.links.len()) else { return };
        if count == 0 {
            return;
        }
        let number = usize::try_from(self.lots.below(count)).unwrap();
        let (booking, links) = self.links[number].clone();
        let link = links.of(Channel::ALL[usize::try_from(self.lots.below(3)).unwrap()]);
        // A yes is costly on purpose, so there are few.
        let choice = if self.lots.below(40) == 0 { Choice::Approve } else { Choice::Decline { reason: None } };
        let issuing = Desk::issuing([u8::try_from(number).unwrap(), 1]);
        let now = self.desk.clock.now();
        match self.desk.store().decide(link, choice.on(Revision::FIRST), issuing, now).await.unwrap() {
            Outcome::Decided(standing) => {
                assert!(self.decided.insert(booking, standing).is_none(), "decided twice");
            }
            Outcome::AlreadyDecided(standing) => assert_eq!(self.decided.get(&booking), Some(&standing)),
            other @ (Outcome::Changed | Outcome::TooLate | Outcome::NotFound) => panic!("{other:?}"),
        }
    }

    async fn live(&mut self) {
        while self.links.len() < usize::from(BOOKINGS) {
            match self.lots.below(10) {
                0..=1 => self.submit().await,
                2..=3 => self.decide().await,
                4 => self.go_down().await,
                5..=6 => {
                    let seconds = i64::try_from(self.lots.below(120)).unwrap();
                    self.desk.clock.advance(TimeDelta::seconds(seconds));
                }
                _ => self.send().await,
            }
        }
        while self.decided.len() < self.links.len() {
            self.decide().await;
            if self.lots.below(4) == 0 {
                self.send().await;
            }
        }
        // The providers recover.
        for provider in &self.providers {
            provider.book().faults = 0;
        }
        for _ in 0..4 {
            self.desk.clock.advance(TimeDelta::minutes(16));
            self.send().await;
        }
    }

    async fn check(&self, seed: u64) {
        let store = self.desk.store();
        let (mut shown_twice, mut again_in_doubt) = (0, 0);
        for provider in &self.providers {
            let book = provider.book();
            let mut times: BTreeMap<i64, u64> = BTreeMap::new();
            let mut keys: HashSet<NoticeKey> = HashSet::new();
            for notice in &book.shown {
                *times.entry(notice.id).or_default() += 1;
                if let Some(follows) = &notice.follows {
                    assert!(keys.contains(&follows.key), "{seed}: closed before it was shown: {notice:?}");
                    assert_eq!(notice.kind, NoticeKind::Settled);
                }
                keys.insert(notice.key());
            }
            let twice: u64 = times.values().map(|times| times - 1).sum();
            if provider.knows == Knows::Nothing {
                shown_twice += twice;
            } else {
                assert_eq!(twice, 0, "{seed}: {:?} showed something twice", provider.knows);
            }
            if provider.knows != Knows::Answers {
                again_in_doubt += book.again_in_doubt;
            }
        }
        let (listed, counts) = store.notices_listed(9999).await.unwrap();
        assert_eq!(counts.waiting, 0, "{seed}: {listed:?}");
        assert_eq!(counts.doubles, again_in_doubt, "{seed}: each sending in doubt is counted and no other");
        assert!(shown_twice <= counts.doubles, "{seed}");
        for (booking, _) in &self.links {
            let (view, notices) = store.booking_with_notices(*booking, None).await.unwrap().unwrap();
            assert_eq!(Some(&view.standing), self.decided.get(booking), "{seed}");
            for provider in &self.providers {
                self.check_told(*booking, provider, seed);
            }
            for notice in notices {
                let ends = matches!(
                    notice.state,
                    NoticeState::Sent { .. } | NoticeState::GivenUp(GivenUp::Refused | GivenUp::Needless)
                );
                assert!(ends, "{seed}: {notice:?}");
            }
        }
    }

    /// The host of it has heard, and the visitor; every to-do and card is closed. What the provider refused it refused.
    fn check_told(&self, booking: BookingId, provider: &Provider, seed: u64) {
        let book = provider.book();
        let told = |kinds: &[NoticeKind]| {
            let is_meant = |one: &&Notice| one.booking == Some(booking) && kinds.contains(&one.kind);
            let shown: BTreeSet<i64> = book.shown.iter().filter(is_meant).map(|one| one.id).collect();
            (shown.len(), book.refused.iter().any(|one| is_meant(&one)))
        };
        let (asked, refused) = told(&[NoticeKind::ApprovalAsked]);
        assert!(asked == 1 || refused, "{seed}: {:?} did not ask", provider.channel);
        let ends = if provider.channel == Channel::Sms {
            told(&[NoticeKind::Approved, NoticeKind::Declined])
        } else if asked == 1 {
            told(&[NoticeKind::Settled])
        } else {
            (1, false)
        };
        assert!(ends == (1, false) || ends.1, "{seed}: {:?} still asks, or the visitor was not told", provider.channel);
    }
}

#[tokio::test]
async fn of_a_thousand_bookings_each_host_is_told_and_no_decision_is_lost() {
    let mut told = [0, 0];
    for seed in 0..CAMPUSES {
        let mut campus = Campus::open(seed).await;
        campus.live().await;
        campus.check(seed).await;
        told[0] += campus.links.len();
        told[1] += campus.providers.iter().map(|provider| provider.book().shown.len()).sum::<usize>();
    }
    assert_eq!(told[0], 1000);
    assert!(told[1] > 5000, "{told:?}");
}
