//! What reaches a terminal past the line to the server: the camera and the process that reads it, the scanner, its own journal and
//! settings, and an answer that was deflated.

use std::{io::Write as _, sync::LazyLock};

use flate2::{Compression, write::ZlibEncoder};
use gate_terminal::{
    camera::{
        raw::{Layout, Raw},
        wire,
    },
    config::Config,
    gate::{ClockReading, Effect, Event, ForeignCodeSecret, Gate, GuardAct, Held, Post, ScannedText},
    scanner::{self, Drawing, Heard, Scanner, Stroke},
    store::journal_heard,
    sync::http::inflated,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use shared::{
    chain::{ChainName, Head, Link},
    entry::Way,
    ids::{CampusId, GateIndex, TerminalId},
    pass::{PassText, Roots},
    seal::{Label, PublicKey, Sealable, Sealed},
    sync::{beacon::Beacon, pull::PullAnswer, push::EntryHead},
    time::{CampusDay, Moment},
};

use crate::{chosen, office_keys as keys, text};

pub(crate) fn look(bytes: &[u8]) {
    let Some((reader, bytes)) = chosen(bytes, 9) else { return };
    match reader {
        0 => pipe(bytes),
        1 => strokes(bytes),
        2 => committed(bytes),
        3 => drop(text(bytes).map(Config::parse)),
        4 => journal(bytes),
        5 => long_answer(bytes),
        6 => frame(bytes),
        7 => news(bytes),
        _ => held_up(bytes),
    }
}

/// What the reading process says.
fn pipe(bytes: &[u8]) {
    let mut from = bytes;
    if wire::hear_opening(&mut from).is_err() {
        from = bytes;
    }
    while let Ok(message) = wire::hear(&mut from) {
        if let wire::Message::Codes(texts) = &message {
            assert!(texts.len() <= wire::CODES_MAX && texts.iter().all(|text| text.len() <= wire::TEXT_MAX_BYTES));
        }
        let mut said = Vec::new();
        wire::say(&mut said, &message).expect("memory takes all");
        assert_eq!(wire::hear(&mut said.as_slice()).expect("what was said is heard"), message);
    }
}

/// Keys and the moments of the drawings that brought them. What is no scan comes out as it went in, in its order.
fn strokes(bytes: &[u8]) {
    let (mut scanner, mut drawing, mut out) = (Scanner::default(), Drawing::default(), Vec::new());
    for (number, pair) in bytes.as_chunks().0.iter().enumerate() {
        let [what, waited] = *pair;
        if waited > 0 {
            scanner.end(&mut out);
            drawing = drawing.next(drawing.at_ms + u64::from(waited));
            scanner.begin(drawing);
        }
        let stroke = match what {
            0 => Stroke::End,
            1 => Stroke::Before,
            2 => Stroke::After,
            3 => Stroke::Break,
            letter => Stroke::Letter(char::from(letter)),
        };
        scanner.hear(stroke, number, &mut out);
    }
    for _ in 0..4 {
        scanner.end(&mut out);
        drawing = drawing.next(drawing.at_ms + 50);
        scanner.begin(drawing);
    }
    scanner.end(&mut out);
    assert!(bytes.is_empty() || !scanner.is_listening(), "something is held back for good");
    let mut last = None;
    for heard in out {
        match heard {
            Heard::Event(number) => assert!(last.replace(number) < Some(number), "out of order"),
            Heard::Scan(text) => assert!(text.chars().count() <= 1_025, "a machine typed without end"),
        }
    }
}

/// What an input method commits.
fn committed(bytes: &[u8]) {
    let Some(typed) = text(bytes) else { return };
    let Some(pass) = scanner::whole(typed) else { return };
    assert!(PassText::parse(&pass).is_ok());
    assert_eq!(scanner::whole(&pass), Some(pass));
}

#[derive(Serialize, Deserialize)]
struct Place {
    terminal: TerminalId,
    campus: CampusId,
    gate: GateIndex,
    root: PublicKey,
    floor: Moment,
}

impl Sealable for Place {
    const LABEL: Label = Label::Place;
}

const OWN: TerminalId = TerminalId::new(7);

/// Five entries, as a terminal writes them down.
static JOURNAL: LazyLock<(Vec<u8>, Vec<String>)> = LazyLock::new(|| {
    let (campus, gate) = (CampusId::new(1), GateIndex::new(0).expect("a gate"));
    let place = Place { terminal: OWN, campus, gate, root: PublicKey::of(&keys::ROOT), floor: Moment::from_unix_s(0) };
    let place = Sealed::seal(&place, None, &keys::TERMINAL).expect("JSON");
    let (mut lines, mut bodies, mut head) = (vec![json!({"place": place})], Vec::new(), Head::START);
    for party in 1..=5 {
        let body = json!({
            "at": 0, "clock_trusted": true, "gate": 0, "direction": "in", "verdict": {"verdict": "admit"},
            "outcome": {"kind": "passed"}, "party": party
        });
        let (after, body) = (head.hash, body.to_string());
        head = head.extend(ChainName::Entries { terminal: OWN }, &body);
        let signed = Sealed::seal(&EntryHead { terminal: OWN, head }, None, &keys::TERMINAL).expect("JSON");
        lines.push(json!({"entry": {"seq": head.seq, "after": after, "body": body, "head": signed}}));
        bodies.push(body);
    }
    (lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect(), bodies)
});

/// A journal whose disk somebody else had in their hands.
fn journal(bytes: &[u8]) {
    let (good, bodies) = &*JOURNAL;
    let own = PublicKey::of(&keys::TERMINAL);
    let Some((how, bytes)) = chosen(bytes, 3) else { return };
    let Some((at, bytes)) = bytes.split_first_chunk::<2>() else { return };
    let at = usize::from(u16::from_le_bytes(*at)) % good.len();
    let text = match how {
        0 => {
            let mut masked = good.clone();
            masked.iter_mut().skip(at).zip(bytes).for_each(|(byte, mask)| *byte ^= mask);
            masked
        }
        1 => [&good[..at], bytes, &good[at..]].concat(),
        _ => [&good[..at], bytes].concat(),
    };
    let Some(read) = journal_heard(&text, &own) else { return };
    assert!(text != *good || read.entries().count() == bodies.len(), "what was written is not read");
    let mut last = 0;
    for (seq, body) in read.entries() {
        assert!(seq > last, "numbers go up");
        last = seq;
        let written = usize::try_from(seq).ok().and_then(|seq| bodies.get(seq - 1));
        assert_eq!(written.map(String::as_str), Some(body), "an entry that this terminal did not write");
    }
}

/// No longer than an answer may be, whatever a few bytes say.
fn long_answer(bytes: &[u8]) {
    const MOST: usize = 16 * 1024 * 1024;
    if let Ok(answer) = inflated(bytes) {
        assert!(answer.len() <= MOST);
    }
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
    deflated.write_all(bytes).expect("memory takes all");
    assert_eq!(inflated(&deflated.finish().expect("memory takes all")).expect("deflated just now"), bytes);
}

/// A driver's buffer.
fn frame(bytes: &[u8]) {
    let Some(([layout, width, height], bytes)) = bytes.split_first_chunk().map(|(first, rest)| (*first, rest)) else {
        return;
    };
    let layouts = [Layout::Mjpeg, Layout::Yuyv, Layout::Nv12, Layout::Grey, Layout::Rgb, Layout::Bgr];
    let layout = layouts[usize::from(layout) % layouts.len()];
    let raw = Raw { layout, width: u32::from(width), height: u32::from(height), bytes: bytes.to_vec() };
    let Ok(decoded) = raw.decode() else { return };
    let grey = decoded.grey().expect("what was decoded has a shape");
    assert_eq!(grey.pixels().len(), (grey.width() * grey.height()) as usize);
    if layout != Layout::Mjpeg {
        assert_eq!((grey.width(), grey.height()), (raw.width, raw.height));
    }
    let preview = decoded.preview();
    assert_eq!(preview.rgb.len(), 3 * (preview.width * preview.height) as usize);
}

fn morning() -> Moment {
    CampusDay::parse("2026-11-23").expect("a day").at_minute(8 * 60)
}

fn reading(after_ms: u32) -> ClockReading {
    let after = chrono::TimeDelta::milliseconds(i64::from(after_ms));
    ClockReading { wall: morning().plus(after), since_boot_ms: 60_000 + u64::from(after_ms) }
}

fn gate() -> Gate {
    let post = Post {
        terminal: OWN,
        campus: CampusId::new(1),
        gate: GateIndex::new(0).expect("a gate"),
        roots: Roots::from(&PublicKey::of(&keys::ROOT)),
    };
    Gate::new(Held::fresh(post, morning()), Way::Both, ForeignCodeSecret::derived_from(&[4; 32]))
}

/// The office's own word, whatever it says: a line each. It is believed, and nothing of it stops the gate.
fn news(bytes: &[u8]) {
    let (campus, epoch) = (CampusId::new(1), 1);
    let bodies =
        bytes.split(|byte| *byte == b'\n').filter_map(|body| serde_json::from_slice::<Box<RawValue>>(body).ok());
    let links: Vec<Link> = bodies.zip(1..).map(|(body, seq)| Link { seq, body }).collect();
    let name = ChainName::Feed { campus, epoch };
    let head =
        links.iter().try_fold(Head::START, |head, link| head.follow(name, link)).expect("numbered without a gap");
    let beacon = Beacon { campus, epoch, head, latest: head.seq, server_time: morning(), valid_for_s: 300, key_set: 1 };
    let beacon = Sealed::seal(&beacon, Some(keys::BEACON_KEY), &keys::BEACON).expect("JSON");
    let answer = PullAnswer { key_set: Some(keys::SEALED_KEY_SET.clone()), links, snapshot: None, beacon };
    let mut gate = gate();
    let mut altered = answer.clone();
    altered.beacon.body = altered.beacon.body.replace("\"epoch\":1", "\"epoch\":2");
    assert!(!keeps_news(&gate.handle(reading(0), Event::Pulled(Box::new(altered)))), "nobody signed this");
    assert!(keeps_news(&gate.handle(reading(1_000), Event::Pulled(Box::new(answer)))), "the office signed this");
    let shown = |gate: &mut Gate, event| {
        let effects = gate.handle(reading(2_000), event);
        assert!(!gate.view().now.campus_clock().is_empty());
        effects
    };
    shown(&mut gate, Event::NewsKept);
    shown(&mut gate, Event::Guard(GuardAct::Find("张".to_owned())));
    shown(&mut gate, Event::Guard(GuardAct::ListInside(true)));
    shown(&mut gate, Event::Tick);
}

fn keeps_news(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::KeepNews(_)))
}

/// Codes of strangers: nobody is written down as admitted, and what is written can be read.
fn held_up(bytes: &[u8]) {
    let Some((&how, bytes)) = bytes.split_first() else { return };
    let Some(held_up) = text(bytes) else { return };
    let mut gate = gate();
    let event = match how % 3 {
        0 => Event::Codes(held_up.split('\n').map(str::to_owned).collect()),
        1 => Event::Guard(GuardAct::Scanned(ScannedText(held_up.to_owned()))),
        _ => Event::Guard(GuardAct::Find(held_up.to_owned())),
    };
    for after_ms in [0, 200, 400] {
        for effect in gate.handle(reading(after_ms), event.clone()) {
            if let Effect::Record(entry) = effect {
                assert_ne!(entry.said.verdict, shared::verdict::Verdict::Admit, "{held_up:?} was admitted");
                let written = serde_json::to_string(&entry).expect("an entry is JSON");
                assert!(written.len() < 4_096, "{held_up:?} was written down whole");
                assert_eq!(serde_json::from_str::<shared::entry::Entry>(&written).expect("what was written"), *entry);
            }
        }
    }
}
