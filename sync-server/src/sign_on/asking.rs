//! Turns to ask a house about somebody: only so many at once, a share of them for one address, and none for one that brings rubbish.
//!
//! Whoever holds a state of ours can make up a ticket, and the house is asked about each. Were that free, one machine could keep the
//! house busy until nobody signs in, or until the house shuts us out. So what an address has in flight is a quarter of all, others
//! wait a little instead of being sent away, and an address whose words were refused thirty times is not heard for ten minutes. A
//! sign-in that succeeds clears its address: behind the campus's own stand thousands.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use shared::time::Moment;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::store::network;

const AT_ONCE: usize = 16;
const AT_ONCE_OF_ONE: usize = 4;
/// A page may take so long, and a house answers in less.
const WAITS_AT_MOST: Duration = Duration::from_secs(5);
const REFUSED_AT_MOST: usize = 30;
const REFUSED_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// Addresses that are kept in mind before those that do nothing are forgotten.
const ADDRESSES: usize = 10_000;

#[derive(Debug)]
pub(super) struct Asking {
    turns: Semaphore,
    addresses: Mutex<HashMap<String, Address>>,
}

#[derive(Debug)]
struct Address {
    turns: Arc<Semaphore>,
    refused: VecDeque<Moment>,
}

/// Over when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _one: SemaphorePermit<'a>,
    _of_one_address: OwnedSemaphorePermit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Asking {
    pub(super) fn new() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), addresses: Mutex::default() }
    }

    pub(super) async fn turn(&self, from: IpAddr, now: Moment) -> Result<Turn<'_>, TooMany> {
        let own = self.share(&network(from), now)?;
        let both = async {
            let own = own.acquire_owned().await.map_err(|_| TooMany)?;
            let one = self.turns.acquire().await.map_err(|_| TooMany)?;
            Ok(Turn { _one: one, _of_one_address: own })
        };
        tokio::time::timeout(WAITS_AT_MOST, both).await.unwrap_or(Err(TooMany))
    }

    pub(super) fn refused(&self, from: IpAddr, now: Moment) {
        if let Some(address) = self.addresses().get_mut(&network(from)) {
            address.refused.push_back(now);
            while address.refused.len() > REFUSED_AT_MOST {
                address.refused.pop_front();
            }
        }
    }

    pub(super) fn known(&self, from: IpAddr) {
        if let Some(address) = self.addresses().get_mut(&network(from)) {
            address.refused.clear();
        }
    }

    fn share(&self, from: &str, now: Moment) -> Result<Arc<Semaphore>, TooMany> {
        let mut addresses = self.addresses();
        if addresses.len() >= ADDRESSES {
            addresses.retain(|_, address| !address.is_idle(now));
        }
        let address = addresses.entry(from.to_owned()).or_insert_with(Address::new);
        address.forget(now);
        if address.refused.len() >= REFUSED_AT_MOST { Err(TooMany) } else { Ok(Arc::clone(&address.turns)) }
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<String, Address>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Address {
    fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE_OF_ONE)), refused: VecDeque::new() }
    }

    /// What a clock wrote that ran ahead binds nobody.
    fn forget(&mut self, now: Moment) {
        self.refused.retain(|at| *at <= now && now < at.plus(REFUSED_WITHIN));
    }

    fn is_idle(&mut self, now: Moment) -> bool {
        self.forget(now);
        self.refused.is_empty() && Arc::strong_count(&self.turns) == 1
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future as _,
        net::Ipv4Addr,
        task::{Context, Waker},
    };

    use shared::time::CampusDay;

    use super::*;

    fn from(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
    }

    fn morning() -> Moment {
        CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60)
    }

    #[tokio::test]
    async fn one_address_has_a_quarter_of_the_turns_and_who_finds_none_waits() {
        let asking = Asking::new();
        let mut held = Vec::new();
        for last in 1..=4 {
            for _ in 0..AT_ONCE_OF_ONE {
                held.push(asking.turn(from(last), morning()).await.unwrap());
            }
            let mut fifth = Box::pin(asking.turn(from(last), morning()));
            assert!(fifth.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending(), "{last}");
        }
        let mut other = Box::pin(asking.turn(from(9), morning()));
        assert!(other.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        held.pop();
        assert!(other.await.is_ok());
    }

    #[tokio::test]
    async fn whose_words_are_refused_again_and_again_is_not_heard_for_a_while_and_the_next_address_is() {
        let asking = Asking::new();
        for _ in 0..REFUSED_AT_MOST {
            drop(asking.turn(from(1), morning()).await.unwrap());
            asking.refused(from(1), morning());
        }
        assert!(asking.turn(from(1), morning()).await.is_err());
        assert!(asking.turn(from(2), morning()).await.is_ok());
        assert!(asking.turn(from(1), morning().plus(REFUSED_WITHIN)).await.is_ok());
        asking.refused(from(2), morning());
        asking.known(from(2));
        assert!(asking.addresses().get("192.0.2.2").unwrap().refused.is_empty());
    }

    #[tokio::test]
    async fn addresses_that_do_nothing_are_forgotten() {
        let asking = Asking::new();
        let kept = asking.turn(from(1), morning()).await.unwrap();
        for number in 0..u32::try_from(2 * ADDRESSES).unwrap() {
            drop(asking.turn(IpAddr::V4(Ipv4Addr::from_bits(number)), morning()).await);
        }
        assert!(asking.addresses().len() <= ADDRESSES && asking.addresses().contains_key("192.0.2.1"));
        drop(kept);
    }
}
