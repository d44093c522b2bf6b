//! An office with a host and a deputy, whose every answer is written down.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use shared::{
    identity::{PersonName, Phone},
    ids::{BookingId, CampusId, GateMask, KeyId, PassId, StaffNumber},
    pass::{EntriesAllowed, PassSigner},
    time::{CampusDay, Moment},
};
use sync_server::{
    config::Config,
    office::{BookingForm, CompanionDocuments, Rules, Staff},
    store::{HostLinks, Issuing, PageToken, Sent, Store, Submission, Submitted},
};

use super::{super::journey::Journey, key};

pub(super) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(super) const CAMPUS: CampusId = CampusId::new(1);

pub(super) struct Day {
    pub(super) journey: Journey,
    store: Option<Store>,
    pub(super) config: Config,
    pub(super) host: Staff,
    pub(super) deputy: Staff,
    pub(super) now: Moment,
}

/// Asks the store, and notes its answer under the name of what was asked.
macro_rules! told {
    ($day:expr, $asked:ident ( $($with:expr),* $(,)? )) => {{
        let answer = $day.store().$asked($($with),*).await.unwrap();
        $day.journey.answered(stringify!($asked));
        answer
    }};
}
pub(super) use told;

impl Day {
    pub(super) async fn begin(mut journey: Journey) -> Self {
        let store = Store::open(&journey.database(), key()).unwrap();
        journey.started("a first start");
        let (host, deputy) = (staff("T1", "李文", "13800130100"), staff("T2", "王芳", "13800130101"));
        let now = today().at_minute(8 * 60);
        let mut day = Self { journey, store: Some(store), config: Config::default(), host, deputy, now };
        told!(day, import_directory(vec![day.host.clone(), day.deputy.clone()], now));
        told!(day, set_places(day.config.places(), now));
        day
    }

    pub(super) const fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub(super) fn close_and_open(&mut self) {
        drop(self.store.take());
        self.journey.started("an orderly end");
        self.store = Some(Store::open(&self.journey.database(), key()).unwrap());
        self.journey.started("another start");
    }

    /// The log is written back beside an office that stays open, and what comes next begins it anew.
    pub(super) async fn log_written_back(&mut self) {
        for round in 0.. {
            if self.journey.writes_back() {
                break;
            }
            assert!(round < 3_000, "the log is not written back");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        // Whatever of it is still under way is part of what comes next.
        self.journey.started("the log is written back");
    }

    pub(super) fn end(mut self) -> Journey {
        drop(self.store.take());
        self.journey.started("an orderly end");
        self.journey
    }

    /// As an operator or an older version left it.
    pub(super) fn by_hand(&mut self, sql: &str) {
        Connection::open(self.journey.database()).unwrap().execute_batch(sql).unwrap();
        self.journey.started("by hand");
    }

    pub(super) fn rules(&self) -> Rules {
        Rules { companion_documents: CompanionDocuments::Optional, ..self.config.rules() }
    }

    pub(super) fn later(&self, minutes: i64) -> Moment {
        self.now.plus(TimeDelta::minutes(minutes))
    }

    pub(super) fn issuing(&self, seed: u8) -> Issuing {
        Issuing {
            signer: Arc::new(PassSigner::new(KeyId::new(1), SigningKey::from_bytes(&[7; 32]))),
            pass: PassId::from_bytes([seed; 8]),
            page: PageToken::from_random([seed; 24]),
            gates: GateMask::EVERY,
            entries: EntriesAllowed::ONE,
        }
    }

    pub(super) async fn submits(&mut self, form: &BookingForm, seed: u8) -> BookingId {
        let submission = Submission {
            invitation: None,
            booking: form.check(&self.rules(), self.now).unwrap(),
            by: (Phone::parse(&form.phone).unwrap(), HERE),
            limits: self.config.booking.limits(),
            notice: "1",
            links: links(seed),
            form: Sent { id: format!("form-{seed}"), mark: None },
        };
        match told!(self, submit(submission, self.now)) {
            Submitted::Booked(id) => id,
            other @ (Submitted::HostUnknown | Submitted::InvitationOver | Submitted::Limited { .. }) => {
                panic!("{other:?}")
            }
        }
    }
}

/// The host's, and a deputy's.
pub(super) fn links(seed: u8) -> HostLinks {
    let [own, deputy] = [0, 20].map(|after| [0, 50, 100].map(|channel| [seed + after + channel; 24]));
    HostLinks::from_random(own, deputy)
}

pub(super) fn today() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap()
}

fn staff(number: &str, name: &str, phone: &str) -> Staff {
    Staff {
        number: StaffNumber::parse(number).unwrap(),
        name: PersonName::parse(name).unwrap(),
        department: "计算机学院".to_owned(),
        phone: Phone::parse(phone).unwrap(),
        wecom_id: Some(format!("{number}-wecom")),
        hall_id: None,
    }
}

/// For today, ten to eleven.
pub(super) fn form() -> BookingForm {
    let text = str::to_owned;
    BookingForm {
        visitor_name: text("张晓明"),
        document_kind: text("resident_id"),
        document_number: text("11010519491231002X"),
        phone: text("13800130000"),
        reason: text("学术报告"),
        campus: text("1"),
        day: today().to_string(),
        from: text("10:00"),
        until: text("11:00"),
        host_name: text("李文"),
        host_number: text("T1"),
        privacy: text("yes"),
        document_consent: text("yes"),
        visit_kind: text("ordinary"),
        ..BookingForm::default()
    }
}

pub(super) fn phone() -> Phone {
    Phone::parse(&form().phone).unwrap()
}
