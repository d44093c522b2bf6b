//! A clock of the story's own: it stands until it is moved, and the machine's running time with it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::TimeDelta;
use shared::time::Moment;
use sync_server::clock::Clock;

#[derive(Debug)]
pub(crate) struct Still(AtomicI64);

impl Still {
    pub(crate) fn at(moment: Moment) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(moment.unix_ms())))
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment::from_unix_ms(self.0.load(Ordering::SeqCst))
    }

    fn running(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.0.load(Ordering::SeqCst))
    }
}
