//! `bench web`: what the people's door costs beside the least that could answer.
//!
//! Pages are counted by the CPU time of the server's threads, beside a handler that sends the same bytes and knows nothing.
//! Bookings are counted by the clock, because there a disk is waited for: beside a handler that takes the same form from the same
//! callers and puts rows in with the same sync, and beside those rows alone. All take turns in one process, so that
//! a busy moment of the machine meets all.

mod bookings;
pub(crate) mod line;
mod pages;
mod rows;

use std::{io::Write, time::Duration};

use gatehouse::Trouble;
use tokio::runtime::{Builder, Runtime};
use world::{campus::Campus, person::Person};

use crate::spread::middle;

#[derive(Debug, clap::Args)]
pub(crate) struct Wanted {
    /// Callers at once
    #[arg(long, default_value_t = 32)]
    at_once: u16,
    /// How long each turn is, in seconds
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How many turns each has
    #[arg(long, default_value_t = 3)]
    turns: u8,
}

/// How the names of the server's threads begin, those of its store too; of its writer; and of those who call.
const SERVER: &str = "office";
const WRITER: &str = "office-writer";
const CALLERS: &str = "callers";

/// Whoever measures is no guest who might book too often, and the host is told of every booking by links of its own.
const OPEN_HOUSE: &str = "[booking]\nper_phone_day = 65535\n[sign_in]\nunused_per_address = 65535\n\
    unused_per_network = 65535\nper_minute = 65535\nper_hour = 65535\nper_day = 65535\n[notify.together]\nmore_than = 0\n";

pub(crate) fn run(wanted: &Wanted, out: &mut dyn Write) -> Result<(), Trouble> {
    let Wanted { at_once, seconds, turns } = *wanted;
    writeln!(out, "The people's door: {turns} turns of {seconds} s each, {at_once} callers at once")?;
    let (office, outside) = (threads(SERVER)?, threads(CALLERS)?);
    let campus = office.block_on(Campus::with(OPEN_HOUSE))?;
    let turn = Duration::from_secs(seconds);
    let guests = outside.block_on(guests(&campus, at_once))?;
    pages::run(&office, &outside, &campus, &guests, (turn, turns), out)?;
    bookings::run(&office, &outside, &campus, at_once, (turn, turns), out)?;
    Ok(())
}

fn threads(name: &str) -> Result<Runtime, Trouble> {
    Ok(Builder::new_multi_thread().worker_threads(2).thread_name(name).enable_all().build()?)
}

async fn guests(campus: &Campus, how_many: u16) -> Result<Vec<Person>, Trouble> {
    let mut guests = Vec::new();
    for number in 0..how_many {
        guests.push(guest(campus, number).await?);
    }
    Ok(guests)
}

/// A visitor who has signed in, with a phone of their own.
async fn guest(campus: &Campus, number: u16) -> Result<Person, Trouble> {
    Person::signed_in(&campus.url, &phone(number), &campus.mailbox).await
}

fn phone(number: u16) -> String {
    format!("138001{number:05}")
}
