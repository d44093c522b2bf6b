//! The outbox worker: takes what is due and sends it.

use std::{sync::Arc, time::Duration};

use tokio::time;

use super::{Sender, backoff::next_try};
use crate::{
    clock::Clock,
    store::{Notice, Store, StoreError},
};

/// Notices of other processes and tries that fell due are found by looking; a second is soon enough for a person.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Notices taken at once; the next lot is looked for at once when the lot was full.
const LOT: usize = 64;

pub struct Outbox {
    store: Store,
    clock: Arc<dyn Clock>,
    senders: Vec<Box<dyn Sender>>,
}

impl Outbox {
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, senders: Vec<Box<dyn Sender>>) -> Self {
        Self { store, clock, senders }
    }

    /// Sends for as long as it is polled.
    pub async fn run(self) {
        let mut written = self.store.notice_signal();
        if self.senders.is_empty() {
            tracing::warn!("no channel is configured: notices are kept in the outbox and nobody receives them");
        }
        loop {
            match self.send_due().await {
                Ok(tried) if tried == LOT => continue,
                Ok(_) => {}
                Err(cause) => tracing::error!(cause = &cause as &dyn std::error::Error, "the outbox cannot be read"),
            }
            // `changed` fails only when the store is gone, and this worker holds it.
            time::timeout(LOOK_EVERY, written.changed()).await.ok();
        }
    }

    /// Tries every notice due now, once; how many were tried.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let due = self.store.due_notices(self.clock.now(), LOT).await?;
        let mut tried = 0;
        for notice in &due {
            if let Some(sender) = self.senders.iter().find(|sender| sender.carries(notice.channel)) {
                self.send(sender.as_ref(), notice).await?;
                tried += 1;
            }
        }
        Ok(tried)
    }

    async fn send(&self, sender: &dyn Sender, notice: &Notice) -> Result<(), StoreError> {
        match sender.send(notice).await {
            Ok(_) => self.store.notice_sent(notice.id, self.clock.now()).await,
            Err(why) => {
                let now = self.clock.now();
                tracing::warn!(notice = notice.id, cause = &why as &dyn std::error::Error, "a notice did not leave");
                self.store
                    .notice_failed(
                        notice.id,
                        &why.to_string(),
                        next_try(notice.kind, notice.failed.saturating_add(1), now),
                    )
                    .await
            }
        }
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbox({} channels)", self.senders.len())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use chrono::TimeDelta;
    use shared::{identity::Phone, time::Moment};

    use super::*;
    use crate::{
        clock::SetClock,
        config::Config,
        notify::{Accepted, Sending, Unsent},
        office::Channel,
        store::{BrowserToken, Caller, CodeIssued, IdentityKey},
    };

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    /// Fails the first `failures` times.
    struct Gateway {
        failures: usize,
        tried: Arc<AtomicUsize>,
    }

    impl Sender for Gateway {
        fn carries(&self, channel: Channel) -> bool {
            channel == Channel::Sms
        }

        fn adapter(&self) -> &'static str {
            "gateway"
        }

        fn send<'a>(&'a self, _notice: &'a Notice) -> Sending<'a> {
            Box::pin(async {
                if self.tried.fetch_add(1, Ordering::SeqCst) < self.failures {
                    Err(Unsent::later("no line"))
                } else {
                    Ok(Accepted::default())
                }
            })
        }
    }

    async fn outbox_with_a_code(failures: usize) -> (Outbox, Arc<SetClock>, Arc<AtomicUsize>, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("office.sqlite3"), IdentityKey::from_bytes(&[1; 32])).unwrap();
        let caller = Caller {
            phone: Phone::parse("13800130001").unwrap(),
            browser: BrowserToken::from_random([1; 32]),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let limits = Config::default().sign_in.limits();
        assert_eq!(store.issue_code(&caller, "123456", NOW, &limits).await.unwrap(), CodeIssued::Sent);
        let (clock, tried) = (Arc::new(SetClock::at(NOW)), Arc::new(AtomicUsize::new(0)));
        let gateway = Gateway { failures, tried: tried.clone() };
        (Outbox::new(store, clock.clone(), vec![Box::new(gateway)]), clock, tried, dir)
    }

    #[tokio::test]
    async fn a_notice_is_sent_once() {
        let (outbox, clock, tried, _dir) = outbox_with_a_code(0).await;
        assert_eq!(outbox.send_due().await.unwrap(), 1);
        clock.advance(TimeDelta::days(1));
        assert_eq!(outbox.send_due().await.unwrap(), 0);
        assert_eq!(tried.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_failed_is_tried_again_later_and_not_sooner() {
        let (outbox, clock, tried, _dir) = outbox_with_a_code(1).await;
        assert_eq!(outbox.send_due().await.unwrap(), 1);
        assert_eq!(outbox.send_due().await.unwrap(), 0);
        clock.advance(TimeDelta::seconds(2));
        assert_eq!(outbox.send_due().await.unwrap(), 1);
        clock.advance(TimeDelta::days(1));
        assert_eq!(outbox.send_due().await.unwrap(), 0);
        assert_eq!(tried.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn without_a_channel_a_notice_waits() {
        let (mut outbox, _clock, tried, _dir) = outbox_with_a_code(0).await;
        let gateway = std::mem::take(&mut outbox.senders);
        assert_eq!(outbox.send_due().await.unwrap(), 0);
        outbox.senders = gateway;
        assert_eq!(outbox.send_due().await.unwrap(), 1);
        assert_eq!(tried.load(Ordering::SeqCst), 1);
    }
}
