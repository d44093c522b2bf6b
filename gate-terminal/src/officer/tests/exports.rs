//! What an officer takes along: as a text for spreadsheets and as a workbook, beside a gate that writes.

use super::*;

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
            let mut written = 0;
            while !stop.load(Ordering::Relaxed) {
                // Whoever is held up too long is refused.
                store.append(&refused(at(600))).unwrap();
                written += 1;
            }
            written
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
    assert!(gate.join().unwrap() > 0);
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
