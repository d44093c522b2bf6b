//! A small office for the store's own tests: a host, a form that is right, passes and links made of small numbers.

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc};

use ed25519_dalek::SigningKey;
use shared::{
    identity::{PersonName, Phone},
    ids::{BookingId, CampusId, GateMask, KeyId, PassId, StaffNumber},
    pass::{EntriesAllowed, PassSigner},
    sync::{change::Change, pull::Cursor},
    time::{CampusDay, Moment},
};

use super::{
    Fed, HostLinks, IdentityKey, Issuing, Links, PageToken, Store, Submission,
    submissions::{Sent, Submitted},
};
pub(super) use crate::office::form::sample::form;
use crate::{
    config::Config,
    office::{BookingForm, CompanionDocuments, Rules, Staff},
};

pub(super) const CAMPUS: CampusId = CampusId::new(1);

pub(super) struct Office {
    pub(super) store: Store,
    pub(super) now: Moment,
    pub(super) host: Staff,
    pub(super) path: PathBuf,
    pub(super) _dir: tempfile::TempDir,
}

impl Office {
    pub(super) fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.sqlite3");
        let store = Store::open(&path, key()).unwrap();
        let now = today().at_minute(8 * 60);
        Self { store, now, host: staff("T1", "李文", "13800130100"), path, _dir: dir }
    }

    pub(super) async fn with_host() -> Self {
        let office = Self::open();
        office.store.import_directory(vec![office.host.clone()], office.now).await.unwrap();
        office
    }

    pub(super) fn rules(&self) -> Rules {
        Rules { companion_documents: CompanionDocuments::Optional, ..Config::default().rules() }
    }

    /// Books with links made of `seed`, by a phone that is not the visitor's.
    pub(super) async fn submit(&self, form: &BookingForm, seed: u8) -> (BookingId, Links) {
        let links = links(seed);
        (self.submit_with(form, links.clone()).await, links.own)
    }

    pub(super) async fn submit_with(&self, form: &BookingForm, links: HostLinks) -> BookingId {
        self.submit_by(&Phone::parse("13800130009").unwrap(), form, links).await
    }

    pub(super) async fn submit_by(&self, booker: &Phone, form: &BookingForm, links: HostLinks) -> BookingId {
        let submission = Submission {
            booking: form.check(&self.rules(), self.now).unwrap(),
            by: (booker.clone(), Ipv4Addr::LOCALHOST.into()),
            limits: Config::default().booking.limits(),
            notice: "1",
            links,
            invitation: None,
            form: Sent { id: form.form_id.clone(), mark: form.mark() },
        };
        match self.store.submit(submission, self.now).await.unwrap() {
            Submitted::Booked(id) => id,
            other @ (Submitted::HostUnknown | Submitted::InvitationOver | Submitted::Limited { .. }) => {
                panic!("{other:?}")
            }
        }
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

    pub(super) async fn fed(&self) -> Fed {
        self.store.feed_after(CAMPUS, Cursor { epoch: 1, seq: 0 }, 1000).await.unwrap().unwrap()
    }

    pub(super) async fn changes(&self) -> Vec<Change> {
        self.fed().await.links.iter().map(|link| serde_json::from_str(link.body.get()).unwrap()).collect()
    }

    /// One number straight from the file.
    pub(super) fn look(&self, sql: &str) -> i64 {
        let db = rusqlite::Connection::open(&self.path).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// Made of small numbers: the host's, and a deputy's.
pub(super) fn links(seed: u8) -> HostLinks {
    let [own, deputy] = [0, 20].map(|after| [0, 50, 100].map(|channel| [seed + after + channel; 24]));
    HostLinks::from_random(own, deputy)
}

pub(super) fn key() -> IdentityKey {
    IdentityKey::from_bytes(&[3; 32])
}

pub(super) fn today() -> CampusDay {
    CampusDay::parse("2026-11-23").unwrap()
}

pub(super) fn staff(number: &str, name: &str, phone: &str) -> Staff {
    Staff {
        number: StaffNumber::parse(number).unwrap(),
        name: PersonName::parse(name).unwrap(),
        department: "计算机学院".to_owned(),
        phone: Phone::parse(phone).unwrap(),
        wecom_id: None,
        hall_id: None,
    }
}

/// The form with these companions; of each the name and, where it is given, the number.
pub(super) fn with_companions(companions: &[(&str, &str)]) -> BookingForm {
    BookingForm {
        companion_name: companions.iter().map(|(name, _)| (*name).to_owned()).collect(),
        companion_number: companions.iter().map(|(_, number)| (*number).to_owned()).collect(),
        ..form()
    }
}
