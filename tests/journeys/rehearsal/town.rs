//! An office with its providers' doubles, a visitor who is signed in, and the patience to wait for what comes about.
//!
//! Time is the story's: it goes on only while something is waited for, a second at a time, for the office and the providers alike.

use std::time::Duration;

use chrono::TimeDelta;
use doubles::{Doubles, Gateway, Hall, Message};
use world::{
    Trouble,
    campus::{Campus, today},
    mailbox::Notice,
    page::Page,
    people::{Form, HOST_PHONE, VISITOR_PHONE},
    person::Person,
};

/// Nobody is reminded, so that whoever is told twice was told twice of the same.
const NO_REMINDERS: &str = "[notify.remind]\nhost_after_min = []\ndeputy_after_min = 0\n";
const GLANCES: u32 = 1500;
const GLANCE: Duration = Duration::from_millis(20);

pub(super) struct Town {
    pub(super) campus: Campus,
    pub(super) doubles: Doubles,
    pub(super) visitor: Person,
}

/// What one booking asks its host, by each channel.
pub(super) struct Asked {
    /// The address of its page.
    pub(super) booking: String,
    pub(super) sms: Notice,
    pub(super) wecom: Notice,
    pub(super) hall: Notice,
}

impl Asked {
    pub(super) fn all(&self) -> [&Notice; 3] {
        [&self.sms, &self.wecom, &self.hall]
    }
}

impl Town {
    /// The visitor has signed in by the code that the gateway's telephone showed.
    pub(super) async fn open(gateway: Gateway, hall: Hall) -> Result<Self, Trouble> {
        let (campus, doubles) = Campus::rehearsing(gateway, hall, NO_REMINDERS).await?;
        let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
        Ok(Self { campus, doubles, visitor })
    }

    pub(super) async fn usual() -> Result<Self, Trouble> {
        Self::open(Gateway::Aliyun, Hall::Weaver).await
    }

    /// A visitor books, and the host is asked by all three.
    pub(super) async fn asked(&self) -> Result<Asked, Trouble> {
        let booking = self.visitor.booked(&Form::good(today())).await?;
        self.comes_about("three notices", || self.asking().len() == 3).await?;
        let [sms, hall, wecom] = self.campus.mailbox.take_three().await?;
        Ok(Asked { booking, sms, wecom, hall })
    }

    /// Everything that asks the host, as the doubles show it.
    pub(super) fn asking(&self) -> Vec<Message> {
        self.shown(|message| Notice::of(message).asks() || message.state.starts_with("changed"))
    }

    /// What reached the visitor's telephone and says so.
    pub(super) fn texts(&self, said: &str) -> Vec<Message> {
        self.shown(|message| Notice::of(message).to == VISITOR_PHONE && message.text.contains(said))
    }

    pub(super) fn by(&self, channel: &str) -> Vec<Message> {
        self.asking().into_iter().filter(|message| Notice::of(message).channel == channel).collect()
    }

    pub(super) fn shown(&self, wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
        self.doubles.shown.all().into_iter().filter(wanted).collect()
    }

    /// Time passes until it does.
    pub(super) async fn comes_about(&self, what: &str, holds: impl Fn() -> bool) -> Result<(), Trouble> {
        for _ in 0..GLANCES {
            if holds() {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
            self.campus.later(TimeDelta::seconds(1));
        }
        Err(Trouble::Waited(format!("{what}: {:#?}", self.doubles.shown.all())))
    }

    /// Time passes until the booking's page says it.
    pub(super) async fn page_says(&self, booking: &str, said: &str) -> Result<Page, Trouble> {
        let mut page = self.visitor.get(booking).await?;
        for _ in 0..GLANCES {
            if page.says(said) {
                return Ok(page);
            }
            tokio::time::sleep(GLANCE).await;
            self.campus.later(TimeDelta::seconds(1));
            page = self.visitor.get(booking).await?;
        }
        Err(Trouble::Waited(format!("{said} on {}", page.body)))
    }

    /// Whether every notice that was written has left or been given up.
    pub(super) async fn all_quiet(&self) -> Result<(), Trouble> {
        for _ in 0..GLANCES {
            let counts = self.campus.state.store.notices_listed(1).await.map_err(told)?.1;
            if counts.waiting == 0 {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
            self.campus.later(TimeDelta::seconds(1));
        }
        Err(Trouble::Waited("an empty outbox".to_owned()))
    }

    /// How many notices may have come twice, as the office counts.
    pub(super) async fn counted_doubles(&self) -> Result<u64, Trouble> {
        Ok(self.campus.state.store.notices_listed(1).await.map_err(told)?.1.doubles)
    }

    pub(super) fn host(&self) -> Result<Person, Trouble> {
        Person::new(&self.campus.url)
    }
}

pub(super) fn is_to_host(message: &Message) -> bool {
    [HOST_PHONE, "wangjg", "T2001"].contains(&Notice::of(message).to.as_str())
}

pub(super) fn told(error: impl std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}
