//! What happened, line by line, and a mark of all of it: two runs of one seed have the same.

use sha2::{Digest as _, Sha256};

#[derive(Debug, Default)]
pub struct Trace {
    sha: Sha256,
    shown: bool,
    /// The newest lines, for whoever wants to know what led to a violation.
    tail: std::collections::VecDeque<String>,
}

const TAIL: usize = 60;

impl Trace {
    /// `shown` prints every line as it happens.
    #[must_use]
    pub fn new(shown: bool) -> Self {
        Self { shown, ..Self::default() }
    }

    pub fn note(&mut self, line: String) {
        self.sha.update(line.as_bytes());
        self.sha.update(b"\n");
        if self.shown {
            #[expect(clippy::print_stderr, reason = "asked for by who replays a seed")]
            {
                eprintln!("{line}");
            }
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        self.tail.iter().cloned().collect()
    }

    #[must_use]
    pub fn mark(&self) -> String {
        self.sha.clone().finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}
