//! What the officer thread would say: an open lock, a page of the log, a healthy machine.

use std::sync::Arc;

use chrono::TimeDelta;
use shared::{
    chain::ChainHash,
    entry::{Direction, Entry, GuardReason, Outcome, Said},
    identity::MaskedName,
    time::CampusDay,
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{NOON, claims, gate, person};
use crate::ui::records::{
    CameraHealth, CameraOffered, Conflict, Health, Lock, LogFilter, LogLine, LogPage, Proof, Records, StoreCheck,
};
use shared::pass::Flags;

pub(in crate::ui) fn open_records() -> Records {
    Records {
        lock: Lock::Open { until: NOON.plus(TimeDelta::minutes(5)) },
        page: Some(Arc::new(log_page(40))),
        health: Health {
            disk_free_bytes: Some(48_318_382_080),
            database_bytes: Some(71_303_168),
            wal_bytes: Some(262_144),
            store: StoreCheck::Sound { at: NOON.minus(TimeDelta::minutes(42)) },
            camera: CameraHealth {
                name: Some("Logitech C270　1280×720 MJPG".into()),
                frames_per_s: 28,
                reads_per_minute: 14,
                read_rate_percent: Some(93),
                restarts: 1,
            },
            receipt_at: Some(NOON.minus(TimeDelta::minutes(1))),
            clock_offset_ms: Some(240),
            entries_kept: Some(12_408),
            passes_kept: Some(3_120),
            memory_bytes: Some(143_654_912),
            running_since: Some(NOON.minus(TimeDelta::hours(75))),
            version: "0.1.0".into(),
        },
        cameras: Arc::new([CameraOffered { id: "usb-1".into(), name: "Logitech C270".into() }]),
        ..Records::default()
    }
}

/// Every kind of line, over and over.
pub(in crate::ui) fn log_page(lines: u64) -> LogPage {
    let day = CampusDay::of(NOON);
    let kinds = [
        (Verdict::Admit, Outcome::Passed, "张小𬭎"),
        (
            Verdict::Ask(AskReason::NewsStale { since: NOON }),
            Outcome::LetIn { reason: GuardReason::HostCalled },
            "李䶮",
        ),
        (Verdict::Refuse(RefuseReason::Early { from: day.plus_days(1).start() }), Outcome::Refused, "王㼆"),
        (Verdict::Refuse(RefuseReason::NotOurs), Outcome::Refused, ""),
        (Verdict::Ask(AskReason::ClockUntrusted), Outcome::Unanswered, "赵𬀩"),
        (Verdict::Admit, Outcome::SentAway { reason: GuardReason::CardDiffers }, "阿卜杜拉·买买提江·图尔荪"),
    ];
    let line = |seq: u64| {
        let at = usize::try_from(seq).unwrap() % kinds.len();
        let (verdict, outcome, name) = kinds[at].clone();
        let through = outcome.went_through();
        let named = !name.is_empty();
        let entry = Entry {
            at: NOON.minus(TimeDelta::minutes(i64::try_from(3 * (lines - seq)).unwrap())),
            clock_trusted: at != 4,
            gate: gate(1),
            direction: if seq % 4 == 3 { Direction::Out } else { Direction::In },
            said: Said {
                verdict,
                pass: named.then(|| claims(Flags::NONE).pass),
                name: named.then(|| MaskedName::parse("张*").unwrap()),
                foreign_code: None,
                paper: None,
            },
            outcome,
            party: u8::from(through) * 2,
        };
        LogLine {
            seq: 12_000 + seq,
            entry: Arc::new(entry),
            proof: if lines - seq < 3 { Proof::Unsent } else { Proof::Countersigned },
            chain_hash: Some(ChainHash::from_bytes([u8::try_from(seq % 256).unwrap(); 32])),
            conflict: (seq % 12 == 6).then(|| Conflict { gate: gate(2), at: NOON.minus(TimeDelta::minutes(20)) }),
            visitor: named.then(|| person(name)),
            host: named.then(|| "陈老师".to_owned()),
            plates: if at == 0 { vec!["陕A12345".into()] } else { Vec::new() },
        }
    };
    let total = usize::try_from(lines).unwrap() + 260;
    LogPage { filter: LogFilter::day(day), lines: (1..=lines).rev().map(line).collect(), total }
}
