//! How a day went.

use std::fmt;

use shared::identity::Phone;
use sync_server::office::code_ledger::GUESSES_OPEN;

use super::{
    Day,
    crowd::{self, Guest, Step},
};

#[derive(Debug, Clone)]
pub struct Tally {
    pub name: &'static str,
    /// Messages that left, and the day's budget.
    pub spent: u32,
    pub budget: u32,
    /// Guesses at strangers' codes that were looked at, and those that hit.
    pub guesses: u32,
    pub hits: u32,
    /// Of each kind of guest: how many wanted to come in, and how many did within their patience.
    pub guests: [(Guest, u32, u32); 3],
    /// Guests whose number is from abroad: sent to their hosts.
    pub foreign: u32,
    /// Whether the owner of the one phone came in.
    pub owner_in: bool,
    /// Seconds from the first wish to the door, for half of those who came in and for all but one of a hundred.
    pub waited_s: [i64; 2],
}

impl Tally {
    pub const HEADING: &'static str = "strategy      messages of budget   guesses      chance  hits   served  known browser    staff      new  p50 s  p99 s";

    pub(super) fn of(name: &'static str, day: &Day, guesses: u32) -> Self {
        let mut guests = [Guest::Regular, Guest::Staff, Guest::New].map(|guest| (guest, 0, 0));
        let mut waited = Vec::new();
        let mut owner_in = false;
        for person in day.people.iter().filter(|person| !person.idle) {
            let came_in = match person.step {
                Step::In { after_s } => {
                    waited.push(after_s);
                    true
                }
                Step::Asks | Step::Waits { .. } | Step::Types { .. } | Step::GaveUp => false,
            };
            owner_in |= came_in && person.phone.as_str() == crowd::owner();
            for (_, wanted, served) in guests.iter_mut().filter(|(guest, ..)| *guest == person.guest) {
                *wanted += 1;
                *served += u32::from(came_in);
            }
        }
        waited.sort_unstable();
        let at = |percent: usize| waited.get((waited.len() * percent / 100).min(waited.len().saturating_sub(1)));
        let waited_s = [50, 99].map(|percent| at(percent).copied().unwrap_or(0));
        let abroad = |number: u32| Phone::parse(&format!("+8529{number:07}")).is_ok_and(|phone| !phone.is_mainland());
        let foreign = (0..crowd::FOREIGN).filter(|number| !day.foreign && abroad(*number)).count();
        Self {
            name,
            spent: day.messages,
            budget: u32::from(day.limits.budget.per_day),
            guesses,
            hits: day.hits,
            guests,
            foreign: u32::try_from(foreign).unwrap_or(0),
            owner_in,
            waited_s,
        }
    }

    /// The chance that any guess of the day hit: alone up to a number of guesses, and then only with a second code, each of whose
    /// five guesses would have to hit as well.
    #[must_use]
    pub fn chance(&self) -> f64 {
        let alone = self.guesses.min(GUESSES_OPEN);
        let twice = self.guesses - alone;
        f64::from(alone) * 1e-6 + f64::from(twice) * 1e-6 * 5e-6
    }

    /// Of all guests, the share that came in within their patience.
    #[must_use]
    pub fn served(&self) -> f64 {
        let (wanted, served) =
            self.guests.iter().fold((0, 0), |(all, came), (_, wanted, served)| (all + wanted, came + served));
        f64::from(served) / f64::from(wanted.max(1))
    }

    #[must_use]
    pub fn served_of(&self, guest: Guest) -> f64 {
        let of = self.guests.iter().find(|(kind, ..)| *kind == guest);
        of.map_or(0.0, |(_, wanted, served)| f64::from(*served) / f64::from((*wanted).max(1)))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.2} %", share * 100.0);
        let [p50, p99] = self.waited_s;
        write!(
            f,
            "{:<12} {:>9} {:>9} {:>9}  {:>10.1e} {:>5} {:>8} {:>14} {:>8} {:>8} {p50:>6} {p99:>6}",
            self.name,
            self.spent,
            self.budget,
            self.guesses,
            self.chance(),
            self.hits,
            percent(self.served()),
            percent(self.served_of(Guest::Regular)),
            percent(self.served_of(Guest::Staff)),
            percent(self.served_of(Guest::New)),
        )
    }
}
