//! A thousand bookings through providers that fail by lot, each by its own seed: every channel that lives tells the host, what was decided
//! stands and was decided once, and no card or to-do undoes it.
//!
//! `./run bench storm` takes more of them.

use std::io::Write as _;

use world::{Trouble, storm};

const SEEDS: u64 = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_bookings_withstand_what_is_drawn_for_them() -> Result<(), Trouble> {
    // One that failed says how it is told again.
    let one: Option<u64> = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let tally = storm::withstood(one.map_or(0..SEEDS, |seed| seed..seed + 1)).await?;
    writeln!(std::io::stdout(), "{tally}")?;
    if one.is_none() {
        assert_eq!(tally.bookings, 1000);
        // Otherwise it was no storm.
        assert!(tally.faults > 3000 && tally.lasting > 300 && tally.never_mended > 100, "{tally}");
        assert!(tally.approved > 150 && tally.notices > 4000, "{tally}");
    }
    Ok(())
}
