//! Officers at a real store on a real disk: the lock, the log, exports beside a writing gate, a roll-call.

mod exports;
mod roll_call;

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use calamine::{Data, Reader as _};
use shared::{
    entry::{Direction, Entry, EntryId, GuardReason, Outcome, PaperCase, Remark, Said},
    identity::{MaskedName, PersonName},
    ids::{PassId, TerminalId},
    sync::change::{Change, PassRecord},
    verdict::{AskReason, RefuseReason, Verdict},
};
use tempfile::TempDir;

use super::*;
use crate::{
    clock::SetClock,
    gate::small_campus::{Office, day, gate_index, morning, pass_id, record},
    ports::{News, Store as _},
    store::{DATABASE_FILE, SqliteLog, SqliteStore},
    ui::records::{CameraChoice, OutcomeKind, Proof, StoreCheck, VerdictKind, Way},
};

const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };

/// What the terminal was told to do.
#[derive(Debug, Default)]
struct Told {
    applied: Vec<Settings>,
    shown: Vec<PathBuf>,
    tones: Vec<Tone>,
    ended: bool,
}

#[derive(Clone)]
struct Around {
    clock: SetClock,
    told: Arc<Mutex<Told>>,
}

impl Terminal for Around {
    fn now(&self) -> Moment {
        self.clock.read().wall
    }

    fn clock_offset_ms(&self) -> Option<i64> {
        Some(0)
    }

    fn camera(&self) -> CameraHealth {
        CameraHealth::default()
    }

    fn cameras(&self) -> Vec<CameraOffered> {
        Vec::new()
    }

    fn apply(&mut self, _: Option<&Settings>, settings: &Settings) {
        self.told.lock().unwrap().applied.push(settings.clone());
    }

    fn paper(&mut self, _: PaperForm) -> bool {
        false
    }

    fn sound(&mut self, tone: Tone) {
        self.told.lock().unwrap().tones.push(tone);
    }

    fn show(&mut self, file: &Path) {
        self.told.lock().unwrap().shown.push(file.to_owned());
    }

    fn end(&mut self) {
        self.told.lock().unwrap().ended = true;
    }
}

/// A terminal's folder with its store, and an officer before it.
struct Post {
    folder: TempDir,
    store: SqliteStore,
    around: Around,
    officer: Officer<SqliteLog, Around>,
}

fn pin(digits: &str) -> Pin {
    Pin::parse(digits).unwrap()
}

fn officer_in(folder: &TempDir, around: &Around, may_set_first_pin: bool) -> Officer<SqliteLog, Around> {
    let log = SqliteLog::open(&folder.path().join(DATABASE_FILE)).unwrap();
    let desk =
        Desk { data_dir: folder.path().to_owned(), settings: Settings::default(), may_set_first_pin, cost: CHEAP };
    Officer::new(log, around.clone(), Box::new(around.clock.clone()), desk)
}

impl Post {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open(&folder.path().join(DATABASE_FILE)).unwrap();
        store.keep_post(&Office::open().post(), morning()).unwrap();
        let around = Around { clock: SetClock::at(morning()), told: Arc::default() };
        let officer = officer_in(&folder, &around, true);
        Self { folder, store, around, officer }
    }

    fn opened() -> Self {
        let mut post = Self::new();
        post.ask(Ask::SetPin { old: None, new: pin("246810") });
        assert!(post.officer.records().lock.is_open());
        post
    }

    fn ask(&mut self, ask: Ask) -> Option<OfficerSaid> {
        let before = self.officer.records().answer.as_ref().map_or(0, |answer| answer.number);
        self.officer.turn(Some(ask));
        self.officer.records().answer.as_ref().filter(|answer| answer.number > before).map(|answer| answer.said.clone())
    }

    fn write(&mut self, entry: &Entry) -> u64 {
        self.store.append(entry).unwrap().seq
    }

    fn learn(&mut self, changes: Vec<Change>) {
        let news = News {
            key_set: None,
            epoch: 1,
            head: shared::chain::Head { seq: 1, hash: shared::chain::ChainHash::START },
            server_time: morning(),
            as_of: None,
            restarts: false,
            changes,
            not_understood: 0,
            snapshot: None,
        };
        self.store.keep_news(&news).unwrap();
    }

    fn seqs(&mut self, filter: LogFilter) -> Vec<u64> {
        assert_eq!(self.ask(Ask::Look(filter)), None);
        self.officer.records().page.as_ref().unwrap().lines.iter().map(|line| line.seq).collect()
    }
}

fn at(minute: u16) -> Moment {
    day().at_minute(minute)
}

fn went(pass: PassId, direction: Direction, at: Moment) -> Entry {
    let said = Said {
        verdict: Verdict::Admit,
        pass: Some(pass),
        name: Some(MaskedName::parse("张*明").unwrap()),
        foreign_code: None,
        paper: None,
    };
    Entry { at, clock_trusted: true, gate: gate_index(0), direction, said, outcome: Outcome::Passed, party: 2 }
}

fn refused(at: Moment) -> Entry {
    let said = Said {
        verdict: Verdict::Refuse(RefuseReason::NotOurs),
        pass: None,
        name: None,
        foreign_code: Some("ab00112233445566".into()),
        paper: None,
    };
    let (gate, direction) = (gate_index(0), Direction::In);
    Entry { at, clock_trusted: true, gate, direction, said, outcome: Outcome::Refused, party: 0 }
}

fn let_in(at: Moment, reason: &str) -> Entry {
    let reason = GuardReason::Other { text: Remark::parse(reason).unwrap() };
    let said = Said {
        verdict: Verdict::Ask(AskReason::UnknownToFreshNews),
        pass: None,
        name: None,
        foreign_code: None,
        paper: None,
    };
    let outcome = Outcome::LetIn { reason };
    Entry { at, clock_trusted: true, gate: gate_index(0), direction: Direction::In, said, outcome, party: 1 }
}

fn booked(n: u8, visitor: &str, plate: &str) -> PassRecord {
    PassRecord { visitor: PersonName::parse(visitor).unwrap(), plates: vec![plate.to_owned()], ..record(n) }
}

#[test]
fn the_first_pin_is_set_at_the_screen_only_right_after_enrolment() {
    let mut post = Post::new();
    assert_eq!(post.officer.records().lock, Lock::NoPin);
    assert_eq!(post.ask(Ask::SetPin { old: None, new: pin("246810") }), Some(OfficerSaid::PinSet));
    let mut later = officer_in(&post.folder, &post.around, false);
    assert_eq!(later.records().lock, Lock::Locked { retry_at: None });
    fs::remove_file(post.folder.path().join(PIN_FILE)).unwrap();
    later = officer_in(&post.folder, &post.around, false);
    later.turn(Some(Ask::SetPin { old: None, new: pin("111111") }));
    assert!(matches!(
        &later.records().answer,
        Some(Answer { said: OfficerSaid::Failed { what: Failed::Pin, why }, .. }) if why.contains("gate-terminal pin")
    ));
    assert_eq!(later.records().lock, Lock::NoPin);
}

#[test]
fn three_wrong_pins_are_waited_for_after_a_restart_and_under_a_clock_set_back() {
    let mut post = Post::opened();
    post.ask(Ask::Lock);
    for (left_s, wait_ms) in [(1, 1_000), (2, 2_000), (4, 0)] {
        assert_eq!(post.ask(Ask::Unlock(pin("000000"))), Some(OfficerSaid::WrongPin { left_s }));
        post.around.clock.advance_ms(wait_ms);
    }
    let until = post.around.now().plus(TimeDelta::seconds(4));
    assert_eq!(post.officer.records().lock, Lock::Locked { retry_at: Some(until) });
    post.around.clock.set_wall(morning().plus(TimeDelta::days(1)));
    post.officer = officer_in(&post.folder, &post.around, false);
    assert_eq!(post.ask(Ask::Unlock(pin("246810"))), Some(OfficerSaid::WrongPin { left_s: 4 }), "not even looked at");
    post.around.clock.set_wall(morning().minus(TimeDelta::days(1)));
    post.around.clock.advance_ms(3_999);
    assert_eq!(post.ask(Ask::Unlock(pin("246810"))), Some(OfficerSaid::WrongPin { left_s: 1 }));
    post.around.clock.advance_ms(1);
    assert_eq!(post.ask(Ask::Unlock(pin("246810"))), None);
    assert!(post.officer.records().lock.is_open());
}

#[test]
fn the_lock_closes_after_five_minutes_without_an_ask_and_takes_the_page_with_it() {
    let mut post = Post::opened();
    post.around.clock.advance_ms(299_000);
    post.ask(Ask::Look(LogFilter::day(day())));
    post.around.clock.advance_ms(299_000);
    post.officer.turn(None);
    assert!(post.officer.records().page.is_some());
    post.around.clock.advance_ms(1_000);
    post.officer.turn(None);
    assert_eq!(post.officer.records().lock, Lock::Locked { retry_at: None });
    assert!(post.officer.records().page.is_none());
}

#[test]
fn a_closed_lock_answers_nothing_but_the_roll_call() {
    let mut post = Post::opened();
    post.ask(Ask::Lock);
    let filter = LogFilter::day(day());
    let paper = PaperForm {
        visitor: PersonName::parse("张三").unwrap(),
        phone_tail: String::new(),
        host: String::new(),
        reason: String::new(),
        plates: Vec::new(),
        party: 1,
        direction: Direction::In,
    };
    for ask in [
        Ask::Look(filter.clone()),
        Ask::Export { filter, kind: ExportKind::Csv },
        Ask::Paper(Box::new(paper)),
        Ask::Change(Settings { kiosk: true, ..Settings::default() }),
        Ask::CheckStore,
        Ask::TestSound(Tone::Admit),
        Ask::EndProgram,
        Ask::SetPin { old: None, new: pin("111111") },
        Ask::SetPin { old: Some(pin("000000")), new: pin("111111") },
    ] {
        let said = post.ask(ask.clone());
        let refused = matches!(said, Some(OfficerSaid::Failed { .. } | OfficerSaid::WrongPin { .. }));
        assert!(refused, "{ask:?}: {said:?}");
    }
    let told = post.around.told.lock().unwrap();
    assert!(!told.ended && told.tones.is_empty() && told.applied.len() == 1);
    assert!(!post.folder.path().join("exports").exists() && !post.folder.path().join(SETTINGS_FILE).exists());
    drop(told);
    assert!(matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 0, .. })));
    post.around.clock.advance_ms(1_000);
    assert_eq!(post.ask(Ask::Unlock(pin("246810"))), None, "the PIN is still the first one");
}

#[test]
fn three_hundred_entries_are_filtered_by_whatever_an_officer_knows() {
    let mut post = Post::opened();
    post.learn(vec![
        Change::PassIssued(booked(1, "单晓明", "京A12345").into()),
        Change::PassIssued(booked(2, "John Smith", "WJ京01234").into()),
    ]);
    let yesterday = day().minus_days(1);
    for minute in 0..98 {
        post.write(&went(
            pass_id(100 + u8::try_from(minute).unwrap()),
            Direction::In,
            yesterday.at_minute(480 + minute),
        ));
    }
    for minute in 0..196 {
        post.write(&refused(at(480 + minute)));
    }
    let first = post.write(&went(pass_id(1), Direction::In, at(700)));
    let out = post.write(&went(pass_id(1), Direction::Out, at(701)));
    let second = post.write(&went(pass_id(2), Direction::In, at(702)));
    let twice = post.write(&went(pass_id(2), Direction::In, at(703)));
    let noted = post.write(&let_in(at(704), "送外卖，已联系"));
    let elsewhere = post.write(&Entry { gate: gate_index(3), ..refused(at(705)) });
    assert_eq!(elsewhere, 300);

    let today = LogFilter::day(day());
    let text = |text: &str| LogFilter { text: text.to_owned(), ..LogFilter::day(day()) };
    assert_eq!(post.seqs(today.clone()).len(), 202);
    assert_eq!(post.seqs(LogFilter { from: yesterday, ..today.clone() }).len(), 300);
    assert_eq!(post.seqs(LogFilter::day(yesterday)).len(), 98);
    assert_eq!(post.seqs(LogFilter { most: 3, ..today.clone() }), [300, noted, twice], "newest first");
    assert_eq!(post.officer.records().page.as_ref().unwrap().total, 202);
    for (filter, expected) in [
        (LogFilter { minutes: Some((700, 702)), ..today.clone() }, vec![out, first]),
        (LogFilter { gate: Some(gate_index(3)), ..today.clone() }, vec![elsewhere]),
        (LogFilter { direction: Some(Direction::Out), ..today.clone() }, vec![out]),
        (LogFilter { verdict: Some(VerdictKind::Ask), ..today.clone() }, vec![noted]),
        (LogFilter { outcome: Some(OutcomeKind::Passed), ..today.clone() }, vec![twice, second, out, first]),
        (LogFilter { only_conflicts: true, ..today.clone() }, vec![twice, second]),
        (text("单晓明"), vec![out, first]),
        (text("晓"), vec![out, first]),
        (text("DXM"), vec![out, first]),
        (text("shanxiaom"), vec![out, first]),
        (text("京a1234５"), vec![out, first]),
        (text("john smith"), vec![twice, second]),
        (text("张*明"), vec![twice, second, out, first]),
        (text("外卖"), vec![noted]),
        (text("nobody"), vec![]),
        (LogFilter { only_conflicts: true, ..text("单") }, vec![]),
    ] {
        assert_eq!(post.seqs(filter.clone()), expected, "{filter:?}");
    }
}

#[test]
fn a_line_says_who_it_was_who_vouches_and_what_contradicts() {
    let mut post = Post::opened();
    let theirs = EntryId { terminal: TerminalId::new(8), seq: 3 };
    let told = |entry| Change::PassMoved {
        pass: pass_id(1),
        direction: Direction::In,
        at: at(481),
        gate: gate_index(1),
        entry,
        party: None,
    };
    post.learn(vec![Change::PassIssued(booked(1, "张晓明", "京A12345").into()), told(theirs)]);
    post.write(&went(pass_id(1), Direction::In, at(480)));
    post.write(&refused(at(482)));
    let head = post.store.entries_after(0, 1).unwrap().1;
    let answer = Office::open().receipt(head, at(490));
    let proven = serde_json::from_str(&answer.receipt.body).unwrap();
    post.store.keep_receipt(&crate::ports::Receipt { proven, sealed: answer.receipt }).unwrap();

    assert_eq!(post.seqs(LogFilter::day(day())), [2, 1]);
    let page = Arc::clone(post.officer.records().page.as_ref().unwrap());
    let [newer, older] = page.lines.as_slice() else { panic!("{page:?}") };
    assert_eq!((newer.proof, newer.conflict, newer.visitor.clone()), (Proof::Unsent, None, None));
    assert_eq!(older.proof, Proof::Countersigned);
    assert_eq!(older.chain_hash, Some(head.hash));
    assert_eq!(older.conflict.map(|other| (other.gate, other.at)), Some((gate_index(1), at(481))));
    assert_eq!(older.visitor.as_ref().unwrap().as_str(), "张晓明");
    assert_eq!(older.plates, ["京A12345"]);
    assert_eq!(post.officer.records().health.receipt_at, None, "looked at when the lock opened");
    post.officer.turn(None);
    assert_eq!(post.officer.records().health.receipt_at, Some(at(490)));

    post.write(&refused(at(491)));
    post.officer.turn(None);
    assert_eq!(post.officer.records().page.as_ref().unwrap().total, 3, "the page follows the gate");
}

#[test]
fn a_broken_settings_file_stops_nobody_and_is_told() {
    let mut post = Post::opened();
    fs::write(post.folder.path().join(SETTINGS_FILE), "kiosk = perhaps").unwrap();
    post.officer = officer_in(&post.folder, &post.around, false);
    let said = post.officer.records().answer.as_ref().map(|answer| answer.said.clone());
    let Some(OfficerSaid::Failed { what: Failed::Settings, why }) = said else { panic!("{said:?}") };
    assert!(why.contains("settings.toml") && why.contains("line 1"), "{why}");
    assert_eq!(post.officer.records().settings, Settings::default());
    post.ask(Ask::Unlock(pin("246810")));
    let chosen = Settings { kiosk: true, camera: CameraChoice::Off, way: Way::Both, ..Settings::default() };
    assert_eq!(post.ask(Ask::Change(chosen.clone())), Some(OfficerSaid::SettingsKept));
    assert_eq!(post.around.told.lock().unwrap().applied.last(), Some(&chosen));
    assert_eq!(officer_in(&post.folder, &post.around, false).records().settings, chosen);
}

#[test]
fn health_is_told_while_the_lock_is_open_and_the_store_is_read_through_when_asked() {
    let mut post = Post::opened();
    post.write(&refused(at(480)));
    assert_eq!(post.officer.records().health.store, StoreCheck::NotYet);
    post.ask(Ask::CheckStore);
    post.officer.turn(None);
    let health = &post.officer.records().health;
    assert_eq!(health.store, StoreCheck::Sound { at: morning() });
    assert_eq!((health.entries_kept, health.passes_kept, health.running_since), (Some(1), Some(0), Some(morning())));
    assert!(health.database_bytes > Some(0) && health.disk_free_bytes > Some(0) && health.memory_bytes > Some(0));
}

#[test]
fn the_thread_answers_and_wakes_the_window() {
    let Post { officer, .. } = &mut Post::opened();
    officer.turn(Some(Ask::Lock));
    let post = Post::opened();
    let woken = Arc::new(AtomicBool::new(false));
    let wake = Arc::clone(&woken);
    let handle = post.officer.spawn(move || wake.store(true, Ordering::Relaxed)).unwrap();
    assert!(handle.ask(Ask::Lock));
    let locked = Lock::Locked { retry_at: None };
    for _ in 0..6_000 {
        if woken.load(Ordering::Relaxed) && handle.records().lock == locked {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(woken.load(Ordering::Relaxed) && handle.records().lock == locked);
    drop(handle);
}
