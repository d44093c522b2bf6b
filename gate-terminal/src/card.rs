//! The thread that hashes the numbers of cards.
//!
//! The hash is slow on purpose, so that a stolen list cannot be searched; on the gate's own thread it would keep the next visitor
//! waiting. A number lives here as long as its hash takes.

use std::{
    io,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use crate::{
    ports::{CardQuestion, Cards, Event},
    vital,
};

/// A second card is held up only after the first has been answered.
const CARDS_WAITING: usize = 1;

/// The gate's end.
#[derive(Debug)]
pub struct Questions(SyncSender<CardQuestion>);

/// The other end, for the thread or for a story that answers by hand.
#[derive(Debug)]
pub struct Asked(Receiver<CardQuestion>);

#[must_use]
pub fn desk() -> (Questions, Asked) {
    let (sender, receiver) = sync_channel(CARDS_WAITING);
    (Questions(sender), Asked(receiver))
}

impl Cards for Questions {
    fn look_up(&mut self, question: CardQuestion) {
        if self.0.try_send(question).is_err() {
            tracing::warn!("a card was not looked up: another one is, or the thread has ended");
        }
    }
}

impl Asked {
    /// The answer to what was asked, if anything was.
    pub fn answer(&self) -> Option<Event> {
        self.0.try_recv().ok().map(|question| Event::CardHashed(question.answer()))
    }
}

/// The thread "cards"; it ends with the gate.
pub fn spawn(asked: Asked, events: SyncSender<Event>) -> io::Result<()> {
    std::thread::Builder::new().name("cards".to_owned()).spawn(move || {
        vital::work(|| {
            while let Ok(question) = asked.0.recv() {
                if events.send(Event::CardHashed(question.answer())).is_err() {
                    break;
                }
            }
        });
    })?;
    Ok(())
}
