//! The plug is pulled two hundred times while people go through, and the log of entries goes on as if nothing had been.

use std::time::Duration;

use gatehouse::{
    kills::{self, Kills},
    machine,
    office::Office,
};
use world::Trouble;

const TIMES: u32 = 200;

#[test]
fn killed_two_hundred_times_it_loses_no_entry_and_writes_none_twice() -> Result<(), Trouble> {
    machine::wait_for_a_day_that_lasts(Duration::from_secs(600));
    let room = tempfile::tempdir()?;
    let office = Office::today();
    office.enrol(room.path(), 0)?;
    let survived = kills::survive(&office, room.path(), Kills { times: TIMES, seed: 1 })?;
    let ended = usize::try_from(survived.in_the_start).unwrap() + survived.to_ready.len();
    assert_eq!(ended, usize::try_from(TIMES).unwrap());
    // Otherwise the moments were no test: some in the start, most in the midst of the work.
    assert!(survived.in_the_start > 5 && survived.to_ready.len() > 20, "{survived:?}");
    assert!(survived.acknowledged > 100 && survived.recorded >= survived.acknowledged, "{survived:?}");
    Ok(())
}
