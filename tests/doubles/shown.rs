//! What arrived, as its reader would see it on a telephone, in WeCom or in the service hall.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

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
pub struct Shown(Mutex<Vec<Message>>);

impl Shown {
    pub fn put(&self, message: Message) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// Changes those that are `meant`; how many they were.
    pub fn change(&self, meant: impl Fn(&Message) -> bool, change: impl Fn(&mut Message)) -> usize {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter_mut().filter(|message| meant(message)).map(change).count()
    }

    pub fn all(&self) -> Vec<Message> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
