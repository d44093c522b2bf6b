//! Bodies that are being read: how many bytes of them may be held at once, of all terminals and of one.
//!
//! A terminal's key may be in wrong hands, and a body that comes by drops is held until it is whole. Whoever finds no room is told
//! that we are busy, and tries again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::ids::TerminalId;

const MOST: usize = 64 * 1024 * 1024;
/// Two of the largest.
const MOST_OF_ONE: usize = 4 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Bodies(Mutex<HashMap<TerminalId, usize>>);

/// Room for one body, for as long as it is held.
#[derive(Debug)]
pub(super) struct Room {
    bodies: Arc<Bodies>,
    terminal: TerminalId,
    bytes: usize,
}

impl Bodies {
    pub(super) fn room(self: Arc<Self>, terminal: TerminalId, bytes: usize) -> Option<Room> {
        {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let of_one = held.get(&terminal).copied().unwrap_or_default().saturating_add(bytes);
            let of_all = held.values().sum::<usize>().saturating_add(bytes);
            if of_one > MOST_OF_ONE || of_all > MOST {
                return None;
            }
            held.insert(terminal, of_one);
        }
        Some(Room { bodies: self, terminal, bytes })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut held = self.bodies.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = held.get_mut(&self.terminal) {
            *bytes = bytes.saturating_sub(self.bytes);
            if *bytes == 0 {
                held.remove(&self.terminal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_more_than_their_part_nor_all_together_more_than_there_is() {
        let bodies = Arc::new(Bodies::default());
        let room = |terminal, bytes| Arc::clone(&bodies).room(TerminalId::new(terminal), bytes);
        let mut held: Vec<_> = (1..=16).map(|terminal| room(terminal, MOST_OF_ONE).unwrap()).collect();
        assert!(room(17, 1).is_none(), "all is held");
        held.pop();
        assert!(room(1, 1).is_none(), "one has its part");
        let other = room(17, MOST_OF_ONE - 1).unwrap();
        assert!(room(17, 2).is_none());
        drop((room(17, 1).unwrap(), other));
        held.clear();
        assert!(bodies.0.lock().unwrap().is_empty(), "nothing is kept of who is gone");
    }
}
