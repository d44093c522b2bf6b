//! Officers at a real store on a real disk: the lock, the log, exports beside a writing gate, a roll-call.

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
    clock::{SetClock, SystemClock},
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
        foreign_code: Some("ab".into()),
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
fn the_roll_call_which_anybody_may_ask_for_does_not_keep_the_lock_open() {
    let mut post = Post::opened();
    for _ in 0..3 {
        post.around.clock.advance_ms(99_000);
        post.ask(Ask::RollCall);
    }
    assert!(post.officer.records().lock.is_open());
    post.around.clock.advance_ms(3_000);
    post.ask(Ask::RollCall);
    assert_eq!(post.officer.records().lock, Lock::Locked { retry_at: None });
}

#[test]
fn a_roll_call_is_forgotten_when_whoever_is_on_it_is() {
    let mut post = Post::new();
    let Some(OfficerSaid::RollCall { path, .. }) = post.ask(Ask::RollCall) else { panic!("none was written") };
    for (days, there) in [(0, true), (1, true), (2, false)] {
        post.around.clock.set_wall(morning().plus(TimeDelta::days(days)));
        post.officer.turn(None);
        assert_eq!(path.exists(), there, "{days} days later");
    }
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

fn exported(post: &mut Post, kind: ExportKind) -> (PathBuf, usize) {
    match post.ask(Ask::Export { filter: LogFilter::day(day()), kind }) {
        Some(OfficerSaid::Exported { path, lines }) => (path, lines),
        other => panic!("{other:?}"),
    }
}

const WICKED: [&str; 6] = [
    "=HYPERLINK(\"http://evil\",\"x\")",
    "+cmd|' /C calc'!A0",
    "\t=1+1",
    "＝1+1",
    "@SUM(A1)",
    "quotes \" and, commas;\r\nand lines",
];

/// Whatever the feed calls a plate, and a guard's remark and a masked name beside it.
fn write_wicked(post: &mut Post) {
    for (n, wicked) in (1..).zip(WICKED) {
        post.learn(vec![Change::PassIssued(booked(n, "张晓明", wicked).into())]);
        post.write(&went(pass_id(n), Direction::In, at(480)));
    }
    let mut entry = let_in(at(481), "=1+1+1");
    entry.said.name = Some(MaskedName::parse("=1*2").unwrap());
    post.write(&entry);
}

#[test]
fn no_text_of_an_entry_becomes_a_formula_in_a_csv() {
    let mut post = Post::opened();
    write_wicked(&mut post);
    let (path, lines) = exported(&mut post, ExportKind::Csv);
    assert_eq!(lines, 1 + WICKED.len());
    let bytes = fs::read(&path).unwrap();
    let text = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap();
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(text).records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), lines);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?}");
        assert!(!cell.chars().any(char::is_control), "{cell:?}");
    }
    let all: Vec<&str> = rows.iter().flatten().collect();
    for kept in [
        "'=HYPERLINK(\"http://evil\",\"x\")",
        "'＝1+1",
        "' =1+1",
        "'@SUM(A1)",
        "'=1+1+1",
        "'=1*2",
        "张晓明",
        "quotes \" and, commas;  and lines",
    ] {
        assert!(all.contains(&kept), "{kept} is not in {all:?}");
    }
}

#[test]
fn a_workbook_holds_the_same_texts_as_texts() {
    let mut post = Post::opened();
    write_wicked(&mut post);
    let (path, lines) = exported(&mut post, ExportKind::Xlsx);
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let formulas = workbook.worksheet_formula("出入记录").unwrap();
    assert!(formulas.used_cells().next().is_none(), "{formulas:?}");
    let cells = workbook.worksheet_range("出入记录").unwrap();
    assert_eq!(cells.height(), 1 + lines);
    let lines_as_xml_has_them = |text: &str| text.replace("\r\n", "\n");
    for wicked in WICKED.into_iter().chain(["=1+1+1", "=1*2"]) {
        let is_it = |cell: &Data| matches!(cell, Data::String(text) if lines_as_xml_has_them(text) == lines_as_xml_has_them(wicked));
        assert!(cells.cells().any(|(_, _, cell)| is_it(cell)), "{wicked:?} is not in {cells:?}");
    }
    assert!(cells.cells().any(|(_, _, cell)| *cell == Data::Float(7.0)), "numbers are numbers");
}

#[test]
fn an_export_beside_a_writing_gate_is_whole_and_holds_nobody_up() {
    let mut post = Post::opened();
    for _ in 0..300 {
        post.write(&went(pass_id(9), Direction::In, at(480)));
    }
    let Post { mut store, mut officer, folder, .. } = post;
    let done = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&done);
    let gate = std::thread::Builder::new()
        .name("gate".to_owned())
        .spawn(move || {
            let (mut written, mut slowest_ms) = (0, 0);
            while !stop.load(Ordering::Relaxed) {
                let before = SystemClock.read().since_boot_ms;
                store.append(&refused(at(600))).unwrap();
                slowest_ms = slowest_ms.max(SystemClock.read().since_boot_ms - before);
                written += 1;
            }
            (written, slowest_ms)
        })
        .unwrap();
    for kind in [ExportKind::Csv, ExportKind::Xlsx, ExportKind::Csv] {
        officer.turn(Some(Ask::Export { filter: LogFilter::day(day()), kind }));
        let said = &officer.records().answer.as_ref().unwrap().said;
        let OfficerSaid::Exported { path, lines } = said else { panic!("{said:?}") };
        assert!(*lines >= 300);
        if kind == ExportKind::Csv {
            let text = fs::read_to_string(path).unwrap();
            assert_eq!(text.lines().count(), lines + 1);
        }
    }
    done.store(true, Ordering::Relaxed);
    let (written, slowest_ms) = gate.join().unwrap();
    assert!(written > 0);
    assert!(slowest_ms < 1_000, "an entry waited {slowest_ms} ms for a reader");
    assert!(fs::read_dir(folder.path().join("exports")).unwrap().count() >= 2);
}

#[cfg(unix)]
#[test]
fn exports_are_for_the_terminal_s_user_alone_and_go_where_they_are_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut post = Post::opened();
    post.write(&refused(at(480)));
    let (path, _) = exported(&mut post, ExportKind::Csv);
    assert_eq!(path.file_name().unwrap(), "entries_2026-11-23_2026-11-23_20261123-080000.csv");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);

    let stick = tempfile::tempdir().unwrap();
    let settings = |folder: &Path| Settings { export_folder: Some(folder.to_owned()), ..Settings::default() };
    assert_eq!(post.ask(Ask::Change(settings(stick.path()))), Some(OfficerSaid::SettingsKept));
    assert_eq!(exported(&mut post, ExportKind::Xlsx).0.parent(), Some(stick.path()));
    assert_eq!(fs::read_dir(stick.path()).unwrap().count(), 1, "no half file is left");
    post.ask(Ask::Change(settings(&stick.path().join("pulled-out"))));
    let said = post.ask(Ask::Export { filter: LogFilter::day(day()), kind: ExportKind::Csv });
    assert!(matches!(said, Some(OfficerSaid::Failed { what: Failed::Export, .. })), "{said:?}");
    assert!(!stick.path().join("pulled-out").exists());
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
fn the_roll_call_has_everybody_inside_and_nobody_else() {
    let mut post = Post::new();
    let told = |n, direction, minute, seq| Change::PassMoved {
        pass: pass_id(n),
        direction,
        at: at(minute),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq },
        party: None,
    };
    post.learn(vec![
        Change::PassIssued(booked(1, "张晓明", "<b>京A12345").into()),
        Change::PassIssued(booked(3, "李四", "").into()),
        Change::PassIssued(booked(4, "孙八", "").into()),
        told(3, Direction::In, 450, 1),
        told(4, Direction::In, 450, 2),
    ]);
    let yesterday = day().minus_days(1);
    post.write(&went(pass_id(7), Direction::In, yesterday.at_minute(1_300)));
    post.write(&went(pass_id(8), Direction::In, yesterday.at_minute(1_300)));
    post.write(&went(pass_id(8), Direction::Out, yesterday.at_minute(1_310)));
    post.write(&went(pass_id(9), Direction::In, yesterday.minus_days(1).at_minute(600)));
    post.write(&went(pass_id(1), Direction::In, at(470)));
    post.write(&Entry { party: 3, ..went(pass_id(4), Direction::Out, at(471)) });
    post.write(&let_in(at(472), "维修"));
    post.write(&refused(at(473)));

    let said = post.ask(Ask::RollCall);
    let Some(OfficerSaid::RollCall { path, people }) = said else { panic!("{said:?}") };
    let three = 2 + 2 + 1 + usize::from(record(3).party.get());
    assert_eq!(people, three, "the overnight guest, both of Zhang's, the one let in by hand, and Li at the other gate");
    assert_eq!(post.around.told.lock().unwrap().shown.as_slice(), std::slice::from_ref(&path));
    let page = fs::read_to_string(&path).unwrap();
    for there in [
        "应急点名册",
        "张晓明",
        "李四",
        "昨天 21:40",
        "张*明",
        &format!("<b>{three}</b> 人"),
        "没有通行码放行的",
        "&#60;b&#62;京A12345",
    ] {
        assert!(page.contains(there), "{there} is not in\n{page}");
    }
    for absent in ["孙八", "<b>京"] {
        assert!(!page.contains(absent), "{absent} is in\n{page}");
    }
}

#[test]
fn the_roll_call_counts_as_the_guard_did_and_knows_who_came_on_paper() {
    let mut post = Post::new();
    post.learn(vec![Change::PassIssued(booked(1, "张晓明", "").into())]);
    let on_paper = |name: &str, direction, minute| {
        let paper = PaperCase {
            visitor: PersonName::parse(name).unwrap(),
            phone_tail: "0102".into(),
            host: Remark::parse("后勤王师傅").unwrap(),
            reason: Remark::parse("抢修水管").unwrap(),
            plates: Vec::new(),
        };
        let said = Said {
            verdict: Verdict::Ask(AskReason::NoBooking),
            pass: None,
            name: None,
            foreign_code: None,
            paper: Some(Box::new(paper)),
        };
        let outcome = Outcome::LetIn { reason: GuardReason::OfficerAgreed };
        Entry { said, outcome, party: 3, ..went(pass_id(1), direction, at(minute)) }
    };
    let of = |n, minute, entry| {
        let outcome = Outcome::Corrected { entry };
        Entry { outcome, party: n, ..went(pass_id(1), Direction::In, at(minute)) }
    };
    post.write(&went(pass_id(1), Direction::In, at(470)));
    post.write(&of(9, 471, 1));
    post.write(&of(5, 472, 1));
    post.write(&on_paper("古丽·买买提", Direction::In, 473));
    post.write(&on_paper("钱七", Direction::In, 474));
    post.write(&on_paper("钱七", Direction::Out, 475));
    let said = post.ask(Ask::RollCall);
    let Some(OfficerSaid::RollCall { path, people }) = said else { panic!("{said:?}") };
    assert_eq!(people, 5 + 3);
    let page = fs::read_to_string(path).unwrap();
    assert!(page.contains("古丽·买买提") && page.contains("后勤王师傅") && !page.contains("钱七"), "{page}");

    let mut post = Post::opened();
    post.write(&on_paper("古丽·买买提", Direction::In, 473));
    let filter = LogFilter { text: "glmmt".into(), ..LogFilter::day(day()) };
    post.ask(Ask::Look(filter));
    let page = post.officer.records().page.clone().unwrap();
    assert_eq!(page.lines[0].visitor.as_ref().unwrap().as_str(), "古丽·买买提");
    assert_eq!(page.lines[0].host.as_deref(), Some("后勤王师傅"));
}

fn sent_away(pass: PassId, at: Moment) -> Entry {
    let outcome = Outcome::SentAway { reason: GuardReason::CardDiffers };
    Entry { outcome, party: 0, ..went(pass, Direction::In, at) }
}

#[test]
fn whoever_was_stopped_after_the_light_is_on_no_roll_call_and_in_no_conflict() {
    let mut post = Post::opened();
    post.write(&went(pass_id(1), Direction::In, at(470)));
    post.write(&sent_away(pass_id(1), at(470)));
    post.write(&went(pass_id(1), Direction::In, at(480)));
    post.write(&went(pass_id(2), Direction::In, at(490)));
    post.write(&sent_away(pass_id(2), at(490)));
    post.write(&sent_away(pass_id(1), at(491)));
    post.write(&let_in(at(492), "维修"));
    let without_pass = let_in(at(492), "维修");
    post.write(&Entry { outcome: sent_away(pass_id(1), at(493)).outcome, party: 0, ..without_pass });
    assert!(
        matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 2, .. })),
        "the rightful owner's two, whoever else tried with a copy"
    );
    assert_eq!(post.seqs(LogFilter { only_conflicts: true, ..LogFilter::day(day()) }), [0; 0]);
}

#[test]
fn whoever_a_guard_lets_in_beside_a_party_is_counted_with_it_and_is_no_conflict() {
    let mut post = Post::opened();
    post.write(&Entry { party: 3, ..went(pass_id(1), Direction::In, at(470)) });
    let outcome = Outcome::LetIn { reason: GuardReason::HostCalled };
    post.write(&Entry { outcome, party: 1, ..went(pass_id(1), Direction::In, at(480)) });
    assert!(matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 4, .. })));
    assert_eq!(post.seqs(LogFilter { only_conflicts: true, ..LogFilter::day(day()) }), [0; 0]);
    post.write(&Entry { party: 4, ..went(pass_id(1), Direction::Out, at(490)) });
    assert!(matches!(post.ask(Ask::RollCall), Some(OfficerSaid::RollCall { people: 0, .. })));
}

#[test]
fn whoever_stays_when_part_of_a_party_leaves_is_on_the_roll_call_by_whichever_gate_they_left() {
    let mut post = Post::new();
    let people = |post: &mut Post| match post.ask(Ask::RollCall) {
        Some(OfficerSaid::RollCall { people, .. }) => people,
        other => panic!("{other:?}"),
    };
    let told = |direction, minute, seq, party| Change::PassMoved {
        pass: pass_id(2),
        direction,
        at: at(minute),
        gate: gate_index(1),
        entry: EntryId { terminal: TerminalId::new(8), seq },
        party: Some(party),
    };
    post.write(&Entry { party: 3, ..went(pass_id(1), Direction::In, at(470)) });
    let left = post.write(&Entry { party: 3, ..went(pass_id(1), Direction::Out, at(480)) });
    assert_eq!(people(&mut post), 0);
    let outcome = Outcome::Corrected { entry: left };
    post.write(&Entry { outcome, party: 1, ..went(pass_id(1), Direction::Out, at(480)) });
    assert_eq!(people(&mut post), 2);
    post.learn(vec![told(Direction::In, 470, 1, 3), told(Direction::Out, 480, 2, 3)]);
    assert_eq!(people(&mut post), 2);
    post.learn(vec![told(Direction::Out, 480, 2, 1)]);
    assert_eq!(people(&mut post), 2 + 2);
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
    for _ in 0..500 {
        if woken.load(Ordering::Relaxed) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(handle.records().lock, Lock::Locked { retry_at: None });
    drop(handle);
}
