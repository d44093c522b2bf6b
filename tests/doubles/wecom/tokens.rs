//! Access tokens: one for each app's secret, the same until it ends or is killed before its time.

use std::collections::HashMap;

pub(super) const LASTS_S: i64 = 7200;

/// Wrong calls within an hour, after which nobody is heard.
const WRONG_CALLS: usize = 2000;

#[derive(Default)]
pub(super) struct Tokens {
    given: HashMap<String, Given>,
    wrong: Vec<i64>,
}

struct Given {
    agent_id: u32,
    until: i64,
    /// What is said of it since it was killed.
    dead: Option<i64>,
}

impl Tokens {
    /// The app's token that is good now, and for how long.
    pub(super) fn of(&self, agent_id: u32, now: i64) -> Option<(String, i64)> {
        let mut good = self.given.iter().filter(|(_, given)| given.agent_id == agent_id && given.dead.is_none());
        let (token, given) = good.find(|(_, given)| now < given.until)?;
        Some((token.clone(), given.until - now))
    }

    pub(super) fn give(&mut self, token: String, agent_id: u32, now: i64) {
        self.given.insert(token, Given { agent_id, until: now + LASTS_S, dead: None });
    }

    pub(super) fn die(&mut self, errcode: i64) {
        for given in self.given.values_mut() {
            given.dead.get_or_insert(errcode);
        }
    }

    /// Whose it is, or what is wrong with it.
    pub(super) fn check(&self, token: Option<&str>, now: i64) -> Result<u32, i64> {
        let token = token.filter(|token| !token.is_empty()).ok_or(41001)?;
        let given = self.given.get(token).ok_or(40014)?;
        match given.dead {
            Some(errcode) => Err(errcode),
            None if now >= given.until => Err(42001),
            None => Ok(given.agent_id),
        }
    }

    pub(super) fn was_wrong(&mut self, now: i64) {
        self.wrong.push(now);
    }

    pub(super) fn is_shut_out(&mut self, now: i64) -> bool {
        self.wrong.retain(|at| now - at < 3600);
        self.wrong.len() >= WRONG_CALLS
    }
}
