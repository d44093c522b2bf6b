//! What arrived, as its reader would see it on a telephone, in WeCom or in the service hall.
//!
//! A provider may have taken what it does not show yet: that is changed and closed like all others, and shown as it is by then.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use crate::Fault;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// By which double it came.
    pub double: String,
    pub to: String,
    /// The sender's own name for it: what makes two of them one.
    pub key: String,
    pub text: String,
    pub link: Option<String>,
    /// What became of it since: a card that was changed, a to-do that was closed.
    pub state: String,
}

#[derive(Debug, Default)]
pub struct Shown(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    messages: Vec<Message>,
    /// Taken and not shown yet, by number.
    behind: Vec<(u64, Message)>,
    counter: u64,
}

/// When anybody sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Showing {
    Now,
    Never,
    After(Duration),
}

impl Showing {
    pub(crate) const fn with(fault: Option<Fault>) -> Self {
        match fault {
            Some(Fault::SilentDrop) => Self::Never,
            Some(Fault::Overtaken(span)) => Self::After(span),
            _ => Self::Now,
        }
    }
}

impl Shown {
    pub(crate) fn place(self: &Arc<Self>, message: Message, showing: Showing) {
        match showing {
            Showing::Now => self.inner().messages.push(message),
            Showing::Never => {}
            Showing::After(span) => {
                let number = {
                    let mut inner = self.inner();
                    inner.counter += 1;
                    let number = inner.counter;
                    inner.behind.push((number, message));
                    number
                };
                let shown = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(span).await;
                    shown.inner().catch_up(number);
                });
            }
        }
    }

    /// Changes those that are `meant`; how many they were.
    pub fn change(&self, meant: impl Fn(&Message) -> bool, change: impl Fn(&mut Message)) -> usize {
        let mut inner = self.inner();
        let Inner { messages, behind, .. } = &mut *inner;
        let all = messages.iter_mut().chain(behind.iter_mut().map(|(_, message)| message));
        all.filter(|message| meant(message)).map(change).count()
    }

    pub fn all(&self) -> Vec<Message> {
        self.inner().messages.clone()
    }

    /// How many are `wanted`.
    pub fn count(&self, wanted: impl Fn(&Message) -> bool) -> usize {
        self.inner().messages.iter().filter(|message| wanted(message)).count()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn catch_up(&mut self, number: u64) {
        if let Some(place) = self.behind.iter().position(|(one, _)| *one == number) {
            self.messages.push(self.behind.remove(place).1);
        }
    }
}
