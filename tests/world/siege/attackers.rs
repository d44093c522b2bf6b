//! Those who want the office's messages, or somebody's code: 10,000 addresses, and a way to go about it.

use std::net::{IpAddr, Ipv4Addr};

use gatehouse::chance::Chance;

use super::crowd;

/// How an attack is gone about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// As many phones as can be, the directory's among them, from four in the morning until noon.
    Pump,
    /// One phone whose owner is to be kept out.
    OnePhone,
    /// Every code that leaves is guessed at until it is void.
    Guess,
    /// All day long, each address in its turn.
    Slow,
    /// Half of it in the ten minutes after eight.
    Burst,
    /// As [`Pump`](Self::Pump), and no two addresses share a network.
    Everywhere,
    /// As [`Everywhere`](Self::Everywhere), in the guests' own networks: one in each of their carriers', the others beside every
    /// second of their homes.
    Among,
}

impl Strategy {
    pub const ALL: [Self; 7] =
        [Self::Pump, Self::OnePhone, Self::Guess, Self::Slow, Self::Burst, Self::Everywhere, Self::Among];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pump => "pump",
            Self::OnePhone => "one phone",
            Self::Guess => "guess",
            Self::Slow => "slow",
            Self::Burst => "burst at 8",
            Self::Everywhere => "everywhere",
            Self::Among => "among guests",
        }
    }

    /// How many of `requests` fall on this second of the day.
    pub(super) fn in_second(self, requests: u64, second: u64) -> u64 {
        const HOUR: u64 = 3600;
        let spread = |from: u64, until: u64, of: u64| {
            if !(from..until).contains(&second) {
                return 0;
            }
            let (at, whole) = (second - from, until - from);
            of * (at + 1) / whole - of * at / whole
        };
        match self {
            Self::Pump | Self::Everywhere | Self::Among => spread(4 * HOUR, 12 * HOUR, requests),
            Self::OnePhone | Self::Guess | Self::Slow => spread(0, 24 * HOUR, requests),
            Self::Burst => {
                let eight = 8 * HOUR;
                spread(eight, eight + 600, requests / 2) + spread(7 * HOUR + 1800, 9 * HOUR, requests - requests / 2)
            }
        }
    }

    /// The address of a request: one of 10,000 in forty networks, unless they are everywhere.
    pub(super) fn address(self, number: u64, chance: &mut Chance) -> IpAddr {
        let which = match self {
            Self::Slow => u32::try_from(number % 10_000).unwrap_or(0),
            Self::Pump | Self::OnePhone | Self::Guess | Self::Burst | Self::Everywhere | Self::Among => {
                chance.below(10_000)
            }
        };
        if self == Self::Among {
            return crowd::beside_guests(which);
        }
        let (network, host) = match self {
            Self::Everywhere | Self::Among => (which, 7),
            Self::Pump | Self::OnePhone | Self::Guess | Self::Slow | Self::Burst => (which / 250, 1 + which % 250),
        };
        // Networks set aside for measuring.
        IpAddr::V4(Ipv4Addr::from_bits((198 << 24) + (18 << 16) + (network << 8) + host))
    }

    pub(super) fn phone(self, chance: &mut Chance) -> String {
        match self {
            Self::OnePhone => crowd::owner(),
            Self::Pump | Self::Everywhere | Self::Among if chance.percent(10) => {
                crowd::staff_phone(chance.below(crowd::STAFF))
            }
            Self::Pump | Self::Guess | Self::Slow | Self::Burst | Self::Everywhere | Self::Among => {
                format!("19{:09}", chance.below(1_000_000_000))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_falls_on_one_second() {
        for strategy in Strategy::ALL {
            let all: u64 = (0..86_400).map(|second| strategy.in_second(50_001, second)).sum();
            assert_eq!(all, 50_001, "{strategy:?}");
        }
    }
}
