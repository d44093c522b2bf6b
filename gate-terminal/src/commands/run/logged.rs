//! What the program's log says of a gate with a window.
//!
//! It is read by whoever mends computers, so nobody is named in it, and what a guard wrote of a visitor stays in the entry.

use shared::{
    entry::{Entry, Outcome},
    verdict::Verdict,
};

use crate::ports::{Observer, Told};

pub(super) struct Log;

impl Observer for Log {
    fn hear(&mut self, told: &Told) {
        match told {
            Told::Recorded { id, entry } => {
                let (outcome, verdict) = kinds(entry);
                tracing::info!(seq = id.seq, outcome, verdict, "entry");
            }
            Told::News { seq, .. } => tracing::debug!(seq, "news"),
            Told::Receipt { seq } => tracing::info!(seq, "the server holds our entries"),
            Told::Link { up } => tracing::info!(up, "line to the server"),
            // The screen shows these; the controller and the camera thread have logged what went wrong.
            Told::Verdict(_)
            | Told::Found(_)
            | Told::WalkIn(_)
            | Told::NotRecorded { .. }
            | Told::Alarm(_)
            | Told::Camera(_) => {}
        }
    }
}

const fn kinds(entry: &Entry) -> (&'static str, &'static str) {
    let outcome = match entry.outcome {
        Outcome::Passed => "passed",
        Outcome::Refused => "refused",
        Outcome::LetIn { .. } => "let in",
        Outcome::SentAway { .. } => "sent away",
        Outcome::Unanswered => "unanswered",
        Outcome::Corrected { .. } => "corrected",
    };
    let verdict = match entry.said.verdict {
        Verdict::Admit => "admit",
        Verdict::Ask(_) => "ask",
        Verdict::Refuse(_) => "refuse",
    };
    (outcome, verdict)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use shared::{
        entry::{Direction, EntryId, GuardReason, Remark, Said},
        identity::MaskedName,
        verdict::AskReason,
    };

    use super::*;
    use crate::gate::small_campus::{TERMINAL, gate_index, morning, pass_id};

    #[derive(Debug, Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn of_an_entry_the_log_has_its_number_and_kinds_and_nothing_a_guard_wrote() {
        let reason = GuardReason::Other { text: Remark::parse("电话 13800130000 已核实").unwrap() };
        let said = Said {
            verdict: Verdict::Ask(AskReason::ClockUntrusted),
            pass: Some(pass_id(1)),
            name: Some(MaskedName::parse("张*明").unwrap()),
            foreign_code: None,
            paper: None,
        };
        let (gate, direction, outcome) = (gate_index(0), Direction::In, Outcome::LetIn { reason });
        let entry = Entry { at: morning(), clock_trusted: true, gate, direction, said, outcome, party: 1 };
        let told = Told::Recorded { id: EntryId { terminal: TERMINAL, seq: 4_711 }, entry: Box::new(entry) };
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
        tracing::subscriber::with_default(subscriber, || Log.hear(&told));
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        for there in ["seq=4711", "outcome=\"let in\"", "verdict=\"ask\""] {
            assert!(text.contains(there), "{there} is not in {text}");
        }
        for absent in ["13800130000", "张", "text"] {
            assert!(!text.contains(absent), "{absent} is in {text}");
        }
    }
}
