//! The columns of an exported log, in the words of the screen.

use shared::{
    entry::{GuardReason, Outcome},
    sync::change::Places,
    verdict::Verdict,
};

use crate::ui::{
    records::{Language, LogLine, Proof},
    words::{guard_reason, reason::Teller},
};

pub(super) const COLUMNS: usize = 17;

/// (中文, English, how wide)
const HEADINGS: [(&str, &str, f64); COLUMNS] = [
    ("编号", "Number", 8.0),
    ("时间", "Time", 20.0),
    ("本机时间可信", "Clock trusted", 12.0),
    ("校门", "Gate", 14.0),
    ("进出", "Direction", 8.0),
    ("核验结果", "Verdict", 10.0),
    ("说明", "Why", 40.0),
    ("处理", "Outcome", 12.0),
    ("处理原因", "Reason", 24.0),
    ("姓名", "Name", 14.0),
    ("人数", "People", 6.0),
    ("车牌", "Plates", 14.0),
    ("被访人", "Host", 12.0),
    ("通行码编号", "Pass", 20.0),
    ("服务器签收", "Countersigned", 12.0),
    ("一码多用", "Conflict", 24.0),
    ("记录链值", "Chain hash", 20.0),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Number(u32),
}

#[derive(Debug)]
pub(super) struct Sheet<'a> {
    pub(super) language: Language,
    pub(super) places: Option<&'a Places>,
}

impl Sheet<'_> {
    pub(super) const fn title(&self) -> &'static str {
        self.pick("出入记录", "Entries")
    }

    pub(super) fn headings(&self) -> [&'static str; COLUMNS] {
        HEADINGS.map(|(zh, en, _)| self.pick(zh, en))
    }

    pub(super) fn widths(&self) -> [f64; COLUMNS] {
        HEADINGS.map(|(_, _, width)| width)
    }

    pub(super) fn row(&self, line: &LogLine) -> [Cell; COLUMNS] {
        let entry = &line.entry;
        let teller = Teller {
            language: self.language,
            places: self.places,
            now: entry.at,
            direction: entry.direction,
            day: None,
        };
        let yes_no = |yes| self.pick(if yes { "是" } else { "否" }, if yes { "yes" } else { "no" }).to_owned();
        let masked = || entry.said.name.as_ref().map(|name| name.as_str().to_owned());
        let name = line.visitor.as_ref().map(|name| name.as_str().to_owned()).or_else(masked);
        let conflict =
            line.conflict.map(|other| format!("{} {}", teller.gate(other.gate), other.at.campus_date_and_clock()));
        let texts = [
            entry.at.campus_date_and_clock(),
            yes_no(entry.clock_trusted),
            teller.gate(entry.gate),
            self.language.words().direction(entry.direction).to_owned(),
            self.verdict(&entry.said.verdict).to_owned(),
            why(&teller, &entry.said.verdict),
            self.outcome(&entry.outcome).to_owned(),
            guards_reason(&entry.outcome).map_or_else(String::new, |reason| guard_reason(self.language, reason)),
            name.unwrap_or_default(),
        ]
        .map(Cell::Text);
        let more = [
            line.plates.join(" "),
            line.host.clone().unwrap_or_default(),
            entry.said.pass.map_or_else(String::new, |pass| pass.to_string()),
            yes_no(line.proof == Proof::Countersigned),
            conflict.unwrap_or_default(),
            line.chain_hash.map_or_else(String::new, |hash| hash.to_string()),
        ]
        .map(Cell::Text);
        let [at, trusted, gate, direction, verdict, why, outcome, reason, name] = texts;
        let [plates, host, pass, proof, conflict, hash] = more;
        let seq = u32::try_from(line.seq).map_or_else(|_| Cell::Text(line.seq.to_string()), Cell::Number);
        let party = Cell::Number(u32::from(entry.party));
        [
            seq, at, trusted, gate, direction, verdict, why, outcome, reason, name, party, plates, host, pass, proof,
            conflict, hash,
        ]
    }

    const fn verdict(&self, verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Admit => self.pick("通行", "pass"),
            Verdict::Ask(_) => self.pick("请核对", "check"),
            Verdict::Refuse(_) => self.pick("禁止通行", "stop"),
        }
    }

    const fn outcome(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Passed => self.pick("直接通行", "passed"),
            Outcome::Refused => self.pick("未放行", "refused"),
            Outcome::LetIn { .. } => self.pick("门卫放行", "let in"),
            Outcome::SentAway { .. } => self.pick("劝返", "sent away"),
            Outcome::Unanswered => self.pick("无人处理", "unanswered"),
            Outcome::Corrected { .. } => self.pick("更正人数", "count corrected"),
        }
    }

    const fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Zh => zh,
            Language::En => en,
        }
    }
}

/// An admission explains itself.
fn why(teller: &Teller<'_>, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Admit => String::new(),
        Verdict::Ask(_) | Verdict::Refuse(_) => teller.verdict(verdict),
    }
}

const fn guards_reason(outcome: &Outcome) -> Option<&GuardReason> {
    match outcome {
        Outcome::LetIn { reason } | Outcome::SentAway { reason } => Some(reason),
        Outcome::Passed | Outcome::Refused | Outcome::Unanswered | Outcome::Corrected { .. } => None,
    }
}
