//! Those who only want to come in: 2,000 on a day, most of them between half past seven and nine.
//!
//! A quarter come with a browser they have signed in with before, a tenth are staff with a new one, the others are new. Three of ten
//! sit behind the campus's own address, six come by a carrier of mobile telephones, who share some 150 networks, and one from home.
//! Some messages are lost, some people mistype, and some never type the code at all. Whoever waits in vain asks again, as the page
//! says, and gives up after three minutes. Who is told to leave the Wi-Fi does so and asks again by mobile data, but for one in
//! twenty, who cannot or does not read it.

use std::net::{IpAddr, Ipv4Addr};

use gatehouse::chance::Chance;
use shared::{
    identity::{PersonName, Phone},
    ids::StaffNumber,
};
use sync_server::{office::Staff, store::BrowserToken};

use crate::Trouble;

pub(super) const REGULARS: u32 = 500;
pub(super) const STAFF: u32 = 200;
const NEW: u32 = 1300;
/// Who has a number from abroad is told so before anything is counted.
pub(super) const FOREIGN: u32 = 20;
pub(super) const PATIENCE_S: i64 = 180;
const CARRIERS: u32 = 150;
const HOMES: u32 = 20_000;
const MORNING_S: u32 = 7 * 3600 + 1800;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// With a browser that has signed in before.
    Regular,
    /// A member of staff with a new browser.
    Staff,
    New,
}

/// Where somebody is between their first wish and the door.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Asks,
    /// Nothing has come yet.
    Waits {
        asked_at: i64,
    },
    Types {
        code: String,
        mistyped: bool,
    },
    In {
        after_s: i64,
    },
    GaveUp,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) guest: Guest,
    pub(super) phone: Phone,
    pub(super) browser: BrowserToken,
    pub(super) address: IpAddr,
    pub(super) comes_at: i64,
    /// When they next do something, in seconds of the day.
    pub(super) next_at: i64,
    pub(super) step: Step,
    /// Asks and never types.
    pub(super) idle: bool,
    /// Stays in the Wi-Fi whatever the page says.
    pub(super) stays: bool,
}

pub(super) fn staff_phone(number: u32) -> String {
    format!("139{number:08}")
}

/// The one whom an attack on one phone is about: the first of the regulars.
pub(super) fn owner() -> String {
    regular_phone(0)
}

fn regular_phone(number: u32) -> String {
    format!("138{number:08}")
}

pub(super) fn directory() -> Result<Vec<Staff>, Trouble> {
    let member = |number: u32| {
        Some(Staff {
            number: StaffNumber::parse(&format!("T{number:04}"))?,
            name: PersonName::parse("李文").ok()?,
            department: "计算机学院".to_owned(),
            phone: Phone::parse(&staff_phone(number)).ok()?,
            wecom_id: None,
            hall_id: None,
        })
    };
    (0..STAFF).map(member).collect::<Option<_>>().ok_or_else(|| Trouble::NotHeld("a directory".to_owned()))
}

/// Everybody of one day. Regulars are the same every day.
pub(super) fn of_day(day: u32, seed: u64) -> Result<Vec<Person>, Trouble> {
    let mut chance = Chance::of(seed.wrapping_mul(31).wrapping_add(u64::from(day)));
    let regulars = (0..REGULARS).map(|number| (Guest::Regular, regular_phone(number), Some(number)));
    let staff = (0..STAFF).map(|number| (Guest::Staff, staff_phone(number), None));
    let new = (0..NEW).map(|number| (Guest::New, format!("15{:09}", day * 100_000 + number), None));
    let mut people = Vec::new();
    for (guest, phone, regular) in regulars.chain(staff).chain(new) {
        let phone = Phone::parse(&phone).map_err(|error| Trouble::NotHeld(error.to_string()))?;
        let secret = match regular {
            Some(number) => Chance::of(seed ^ u64::from(number) << 32).secret(),
            None => chance.secret(),
        };
        let comes_at = i64::from(comes_at(&mut chance));
        people.push(Person {
            guest,
            phone,
            browser: BrowserToken::from_random(secret),
            address: address(&mut chance),
            comes_at,
            next_at: comes_at,
            step: Step::Asks,
            idle: chance.percent(3),
            stays: chance.percent(5),
        });
    }
    Ok(people)
}

fn comes_at(chance: &mut Chance) -> u32 {
    if chance.percent(15) {
        return chance.between(9 * 3600, 18 * 3600);
    }
    // Two throws of 45 minutes: most at a quarter past eight.
    MORNING_S + chance.below(2700) + chance.below(2700)
}

fn address(chance: &mut Chance) -> IpAddr {
    match chance.below(10) {
        0..3 => IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)),
        3..9 => by_phone(chance),
        _ => {
            let network = chance.below(HOMES);
            home(network, chance.between(1, 255))
        }
    }
}

/// As a telephone is seen that leaves the Wi-Fi.
pub(super) fn by_phone(chance: &mut Chance) -> IpAddr {
    let network = chance.below(CARRIERS);
    carrier(network, chance.between(1, 255))
}

/// Of an attacker who has one address in each of the carriers' networks, and one beside every second home.
pub(super) fn beside_guests(which: u32) -> IpAddr {
    if which < CARRIERS { carrier(which, 7) } else { home((which - CARRIERS) * 2, 7) }
}

const fn carrier(network: u32, host: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits((100 << 24) + (64 << 16) + (network << 8) + host))
}

const fn home(network: u32, host: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits((100 << 24) + (96 << 16) + (network << 8) + host))
}
