//! The access token: fetched once however many ask for it, kept until shortly before its end, thrown away when WeCom says it is dead.
//!
//! WeCom counts wrong calls and shuts out who makes too many, so a refusal is remembered as well: for a while, longer each time,
//! everybody is told of it and nobody calls. Token and secret are in no error and no log.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::super::Unsent;

/// Refreshed so long before its end: a call under way must not outlive it.
const EARLY: TimeDelta = TimeDelta::minutes(5);

/// After a line that broke, and after a refusal that only an operator can mend.
const FIRST_AFTER_TROUBLE: TimeDelta = TimeDelta::seconds(2);
const FIRST_AFTER_REFUSAL: TimeDelta = TimeDelta::seconds(30);
const LONGEST: TimeDelta = TimeDelta::minutes(15);

pub(super) type AccessToken = Zeroizing<String>;

#[derive(Default)]
pub(super) struct Token(Mutex<Held>);

#[derive(Default)]
struct Held {
    good: Option<(AccessToken, TimeDelta)>,
    off: Option<Off>,
}

/// Nobody calls until then. Times are the machine's running time, which nobody puts back.
struct Off {
    until: TimeDelta,
    times: u32,
    why: String,
    /// Not the line, but who we are.
    refused: bool,
}

/// What a fetch brought.
pub(super) struct Fetched {
    pub(super) token: AccessToken,
    pub(super) lasts: TimeDelta,
}

/// Why there is no token.
pub(super) enum NoToken {
    /// The line, or a provider that is busy.
    Trouble(Unsent),
    /// Secret, corporation or address are not taken.
    Refused(String),
}

impl Token {
    /// The token, by `fetch` if none is held that is good. Whoever asks meanwhile waits for the same fetch.
    pub(super) async fn get<F>(&self, now: TimeDelta, fetch: impl FnOnce() -> F) -> Result<AccessToken, Unsent>
    where
        F: Future<Output = Result<Fetched, NoToken>>,
    {
        let mut held = self.0.lock().await;
        if let Some(off) = held.off.as_ref().filter(|off| now < off.until) {
            let wait = (off.until - now).to_std().unwrap_or(Duration::ZERO);
            let unsent = Unsent::later_after(wait, off.why.clone());
            return Err(if off.refused { unsent.for_somebody() } else { unsent });
        }
        if let Some((token, until)) = &held.good
            && now < *until
        {
            return Ok(token.clone());
        }
        match fetch().await {
            Ok(Fetched { token, lasts }) => {
                // One that lasts hardly longer than the margin is used for half its time.
                let good_for = (lasts - EARLY).max(lasts / 2);
                *held = Held { good: Some((token.clone(), now + good_for)), off: None };
                Ok(token)
            }
            Err(NoToken::Trouble(unsent)) => {
                held.back_off(now, FIRST_AFTER_TROUBLE, unsent.to_string(), false);
                // Whatever became of the call for a token, no message was sent.
                Err(Unsent { kind: super::super::Failure::Later { after: None }, ..unsent })
            }
            Err(NoToken::Refused(why)) => {
                let wait = held.back_off(now, FIRST_AFTER_REFUSAL, why.clone(), true);
                Err(Unsent::later_after(wait, why).for_somebody())
            }
        }
    }

    /// WeCom says that `dead` is no token any more. If another has taken its place meanwhile, that one stays.
    pub(super) async fn forget(&self, dead: &AccessToken) {
        let mut held = self.0.lock().await;
        if held.good.as_ref().is_some_and(|(token, _)| token == dead) {
            held.good = None;
        }
    }

    /// A call was refused for who we are; how long nobody calls now.
    pub(super) async fn refused(&self, now: TimeDelta, why: &str) -> Duration {
        self.0.lock().await.back_off(now, FIRST_AFTER_REFUSAL, why.to_owned(), true)
    }

    /// A call was taken for who we are.
    pub(super) async fn welcome(&self) {
        self.0.lock().await.off = None;
    }
}

impl Held {
    fn back_off(&mut self, now: TimeDelta, first: TimeDelta, why: String, refused: bool) -> Duration {
        let times = self.off.as_ref().map_or(0, |off| off.times);
        let doubled = first.checked_mul(1_i32.checked_shl(times.min(16)).unwrap_or(i32::MAX)).unwrap_or(LONGEST);
        let wait = doubled.min(LONGEST);
        self.off = Some(Off { until: now + wait, times: times.saturating_add(1), why, refused });
        wait.to_std().unwrap_or(Duration::ZERO)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::notify::Failure;

    const START: TimeDelta = TimeDelta::seconds(1000);

    fn after(seconds: i64) -> TimeDelta {
        START + TimeDelta::seconds(seconds)
    }

    struct House(AtomicUsize);

    impl House {
        async fn give(&self) -> Result<Fetched, NoToken> {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(Fetched { token: Zeroizing::new(format!("made-up-{count}")), lasts: TimeDelta::seconds(7200) })
        }

        fn asked(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn one_fetch_however_many_ask_and_a_new_one_shortly_before_the_end() {
        let (token, house) = (Token::default(), House(AtomicUsize::new(0)));
        let all = [0; 5].map(|_| token.get(START, || house.give()));
        let [a, b, c, d, e] = all;
        let all = tokio::join!(a, b, c, d, e);
        for got in [all.0, all.1, all.2, all.3, all.4] {
            assert_eq!(*got.unwrap(), "made-up-0");
        }
        assert_eq!(house.asked(), 1);
        assert_eq!(*token.get(after(6899), || house.give()).await.unwrap(), "made-up-0");
        assert_eq!(*token.get(after(6900), || house.give()).await.unwrap(), "made-up-1");
    }

    #[tokio::test]
    async fn a_dead_token_is_forgotten_once_for_all_who_held_it() {
        let (token, house) = (Token::default(), House(AtomicUsize::new(0)));
        let dead = token.get(START, || house.give()).await.unwrap();
        token.forget(&dead).await;
        let living = token.get(START, || house.give()).await.unwrap();
        token.forget(&dead).await;
        assert_eq!(token.get(START, || house.give()).await.unwrap(), living);
        assert_eq!(house.asked(), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_told_to_all_and_waits_double_up_to_a_quarter_of_an_hour() {
        let token = Token::default();
        let asked = AtomicUsize::new(0);
        let refuse = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            Err(NoToken::Refused("40001".to_owned()))
        };
        let mut now = START;
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            let before = asked.load(Ordering::SeqCst);
            for _ in 0..3 {
                let unsent = token.get(now, refuse).await.unwrap_err();
                assert_eq!(unsent.kind, Failure::Later { after: Some(Duration::from_secs(wait)) });
                assert_eq!(unsent.why, "40001");
            }
            assert_eq!(asked.load(Ordering::SeqCst), before + 1);
            now += TimeDelta::seconds(i64::try_from(wait).unwrap());
        }
        let house = House(AtomicUsize::new(0));
        token.get(now, || house.give()).await.unwrap();
        assert_eq!(token.refused(now, "60020").await, Duration::from_secs(30), "a token that was given ends the row");
        assert!(token.get(now, || house.give()).await.is_err(), "held, but nobody calls");
        token.welcome().await;
        assert!(token.get(now, || house.give()).await.is_ok());
    }

    #[tokio::test]
    async fn a_cut_while_fetching_leaves_nothing_in_doubt() {
        let token = Token::default();
        let cut = || async { Err(NoToken::Trouble(Unsent::unknown("cut off"))) };
        let unsent = token.get(START, cut).await.unwrap_err();
        assert_eq!(unsent.kind, Failure::Later { after: None });
        let told = token.get(after(1), cut).await.unwrap_err();
        assert_eq!(told.kind, Failure::Later { after: Some(Duration::from_secs(1)) });
    }

    #[test]
    fn it_is_not_printed() {
        let held = Held { good: Some((Zeroizing::new("made-up".to_owned()), START)), off: None };
        assert_eq!(format!("{:?}", Token(Mutex::new(held))), "Token(…)");
    }
}
