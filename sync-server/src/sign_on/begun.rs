//! Sign-ins that were begun here: the state that goes round by the house, and what makes it good for one return.
//!
//! The state is our word, keyed, that the browser with a certain secret set out at a certain time. The secret itself stays in the
//! browser's cookie and goes nowhere: who sees the address on its way has no use for it, and who makes up both has no key. That a
//! state was used is remembered until it would have ended anyway. The key lives as long as the server, so a restart ends all of
//! them, and whoever was on their way begins again.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use shared::time::Moment;

/// Long enough to find a password and to be asked for a second factor.
pub const BEGUN_FOR: TimeDelta = TimeDelta::minutes(15);

pub(super) struct Begun {
    key: [u8; 64],
    /// When they were begun, and our word.
    used: Mutex<BTreeSet<(i64, Word)>>,
}

type Word = [u8; 32];

/// More are not remembered: the memory is not a stranger's to fill. The word of the house is good once by itself.
const REMEMBERED: usize = 100_000;

impl Begun {
    pub(super) const fn new(key: [u8; 64]) -> Self {
        Self { key, used: Mutex::new(BTreeSet::new()) }
    }

    /// Letters and digits alone, 80 of them: no house carries others, or more than 128.
    pub(super) fn state(&self, house: &str, secret: &str, now: Moment) -> String {
        let mac = self.mac(house, secret, now.unix_ms()).finalize().into_bytes();
        let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:016x}{mac}", now.unix_ms())
    }

    /// Whether a browser with this secret was sent away with this state, not long ago, and has not come back before.
    pub(super) fn ends(&self, house: &str, secret: &str, state: &str, now: Moment) -> bool {
        let Some(begun_ms) = state.get(..16).and_then(|time| i64::from_str_radix(time, 16).ok()) else { return false };
        let in_time = now.minus(BEGUN_FOR).unix_ms() < begun_ms && begun_ms <= now.unix_ms();
        // Written in one way only: else one word would be many states.
        let word = state.get(16..).and_then(bytes).filter(|_| state.starts_with(&format!("{begun_ms:016x}")));
        let is_ours = |word: &Word| self.mac(house, secret, begun_ms).verify_slice(word).is_ok();
        let Some(word) = word.filter(|word| in_time && is_ours(word)) else { return false };
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = (now.minus(BEGUN_FOR).unix_ms().saturating_add(1), [0; 32]);
        *used = used.split_off(&ended);
        if used.len() >= REMEMBERED {
            used.pop_first();
        }
        used.insert((begun_ms, word))
    }

    fn mac(&self, house: &str, secret: &str, begun_ms: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new((&self.key).into());
        for part in [house.as_bytes(), &[0], secret.as_bytes(), &[0], &begun_ms.to_be_bytes()] {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Begun(…)")
    }
}

/// What is written in one way only: two small letters or digits for each.
fn bytes(hex: &str) -> Option<Word> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    hex.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use shared::time::CampusDay;

    use super::*;

    #[test]
    fn a_state_is_good_once_for_its_browser_its_house_and_a_quarter_of_an_hour() {
        let begun = Begun::new([7; 64]);
        let now = CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60);
        let state = begun.state("cas", "own", now);
        assert!(state.len() == 80 && state.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let soon = now.plus(TimeDelta::minutes(14));
        let mut forged = state.clone();
        forged.replace_range(..16, &format!("{:016x}", now.unix_ms() + 1));
        for (house, secret, state, at) in [
            ("wecom", "own", state.as_str(), soon),
            ("cas", "other", &state, soon),
            ("cas", "own", &forged, soon),
            ("cas", "own", &state.to_uppercase(), soon),
            ("cas", "own", &(state[..16].to_uppercase() + &state[16..]), soon),
            ("cas", "own", &format!("+{}", &state[1..]), soon),
            ("cas", "own", &state[..78], soon),
            ("cas", "own", "", soon),
            ("cas", "own", "审核", soon),
            ("cas", "own", &state, now.plus(BEGUN_FOR)),
            ("cas", "own", &state, now.minus(TimeDelta::seconds(1))),
        ] {
            assert!(!begun.ends(house, secret, state, at), "{house} {secret} {state}");
        }
        assert!(!Begun::new([8; 64]).ends("cas", "own", &state, soon), "another office's");
        assert!(begun.ends("cas", "own", &state, soon));
        assert!(!begun.ends("cas", "own", &state, soon), "used");
        let later = now.plus(BEGUN_FOR * 2);
        assert!(begun.ends("cas", "own", &begun.state("cas", "own", later), later));
        assert_eq!(begun.used.lock().unwrap().len(), 1, "what has ended is forgotten");
    }
}
