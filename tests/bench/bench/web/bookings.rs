//! Bookings per second, each on the disk before it is answered.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gatehouse::{Trouble, machine::now};
use tokio::runtime::Runtime;
use world::{
    campus::{Campus, today},
    people::Form,
    person::Person,
};

use super::{middle, rows::Rows};

pub(super) fn run(
    outside: &Runtime,
    campus: &Campus,
    callers: &[Person],
    (turn, turns): (Duration, u8),
    out: &mut dyn Write,
) -> Result<(), Trouble> {
    let rows = Rows::open(&campus.room().join("rows.sqlite3"))?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        let booked = Arc::new(AtomicU64::new(0));
        let since = now();
        outside.block_on(async {
            let booking = callers
                .iter()
                .map(|caller| tokio::spawn(keep_booking(caller.clone(), turn, booked.clone())))
                .collect::<Vec<_>>();
            for booking in booking {
                booking.await.map_err(|error| Trouble::NotHeld(error.to_string()))??;
            }
            Ok::<_, Trouble>(())
        })?;
        ours.push(per_second(&booked, since.elapsed()));
        let put = Arc::new(AtomicU64::new(0));
        let since = now();
        outside.block_on(rows.keep_putting(callers.len(), turn, &put))?;
        bare.push(per_second(&put, since.elapsed()));
        campus.mailbox.clear();
    }
    let (ours, bare) = (middle(ours), middle(bare));
    writeln!(out, "\nper second of the clock  bookings  as rows  share   (at least 50 % is wanted)")?;
    writeln!(out, "{:24} {ours:8.0} {bare:7.0} {:5.0} %", "", 100.0 * ours / bare)?;
    Ok(())
}

async fn keep_booking(caller: Person, turn: Duration, booked: Arc<AtomicU64>) -> Result<(), Trouble> {
    let form = caller.ready_to_book(&Form::good(today())).await?;
    let since = now();
    while since.elapsed() < turn {
        caller.send(&form).await?;
        booked.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn per_second(count: &AtomicU64, took: Duration) -> f64 {
    u32::try_from(count.load(Ordering::Relaxed)).map_or(f64::MAX, f64::from) / took.as_secs_f64()
}
