//! Answers that nobody in the office gave so: old ones, another campus's, and such as somebody on the line has made.

use ed25519_dalek::SigningKey;
use serde_json::value::RawValue;
use shared::{
    ids::KeyId,
    seal::Sealed,
    sync::{
        beacon::Beacon,
        pull::{Cursor, PullAnswer},
    },
};

use crate::{
    Stopped,
    office::Said,
    talk::{may_be, read},
    told,
    world::World,
};

impl World {
    /// Somebody on the line gives another answer instead: an old one, or one that they made.
    pub(crate) fn perhaps_forged(&mut self, at: usize, said: Said) -> Result<(Said, Option<&'static str>), Stopped> {
        // Who knows nothing yet believes the most.
        let knows_nothing = self.terminals.get(at).is_some_and(|terminal| terminal.knowledge.cursor == Cursor::START);
        let of_thousand = if knows_nothing { 250 } else { 60 };
        if !self.trouble.faults || said.status != 200 || !self.dice.of_thousand(of_thousand) {
            return Ok((said, None));
        }
        let mut answer: PullAnswer = read(&said.body)?;
        let other_campus = |other: &&crate::terminal::Terminal| {
            self.terminals.get(at).is_some_and(|terminal| terminal.campus != other.campus)
        };
        let elsewhere = self.terminals.iter().find(other_campus).map(|other| &other.old_answers);
        let elsewhere = elsewhere.and_then(|old| if knows_nothing { old.first() } else { old.last() }).cloned();
        let (old, knowledge) = match self.terminals.get(at) {
            Some(terminal) => (terminal.old_answers.clone(), terminal.knowledge.clone()),
            None => return Ok((said, None)),
        };
        let kind = match self.dice.below(7) {
            0 => {
                let Some(old) = self.dice.pick(&old).cloned() else { return Ok((said, None)) };
                answer = read(&old)?;
                let beacon: Beacon = read(answer.beacon.body.as_bytes())?;
                // It may be the very one it waits for, whose way was long.
                let late = self.terminals.get(at).is_some_and(|terminal| {
                    let last = if terminal.proven.is_some() { Some(terminal.surely()) } else { knowledge.proven };
                    last.is_none_or(|last| may_be(beacon.server_time, last))
                });
                if late {
                    return Ok((said, None));
                }
                "an old answer"
            }
            1 => {
                let Some(link) = answer.links.last_mut() else { return Ok((said, None)) };
                let body = link.body.get().replacen(['0', '1', '2'], "3", 1);
                if body == link.body.get() {
                    return Ok((said, None));
                }
                link.body = RawValue::from_string(body).map_err(told)?;
                "an altered link"
            }
            2 => {
                if answer.links.len() < 2 {
                    return Ok((said, None));
                }
                answer.links.swap(0, 1);
                "links in another order"
            }
            3 => {
                if answer.links.pop().is_none() {
                    return Ok((said, None));
                }
                "a link withheld"
            }
            4 => {
                let mut beacon: Beacon = read(answer.beacon.body.as_bytes())?;
                beacon.valid_for_s = 86_400;
                let stranger = SigningKey::from_bytes(&self.dice.bytes());
                answer.beacon = Sealed::seal(&beacon, Some(KeyId::new(2)), &stranger).map_err(told)?;
                "a stranger's beacon"
            }
            5 => {
                let Some(link) = answer.links.last_mut() else { return Ok((said, None)) };
                link.seq = link.seq.saturating_add(self.dice.between(1, 9));
                "a link with another number"
            }
            _ => {
                let Some(other) = elsewhere else { return Ok((said, None)) };
                answer = read(&other)?;
                let beacon: Beacon = read(answer.beacon.body.as_bytes())?;
                // It may be one of this campus that was given to the other.
                if self.terminals.get(at).is_some_and(|terminal| terminal.campus == beacon.campus) {
                    return Ok((said, None));
                }
                "another campus's answer"
            }
        };
        self.tally.fault(kind);
        self.trace.note(format!("{} is given {kind}", self.name(at)));
        let body = serde_json::to_vec(&answer).map_err(told)?;
        Ok((Said { status: 200, body }, Some(kind)))
    }
}
