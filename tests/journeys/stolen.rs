//! A terminal is carried away at night: what its disk gives to who reads it byte by byte, and what becomes of what it says later.

use std::{fs, path::Path};

use chrono::TimeDelta;
use gate_terminal::gate::Event;
use shared::{sync::Refusal, time::CampusDay};
use world::{
    Trouble,
    campus::{Campus, today},
    people::{Form, resident_number},
    terminal::Terminal,
};

/// Two visitors on each of the days around the one on which it is taken.
const VISITORS: [[&str; 2]; 4] =
    [["甯采臣", "聂小倩"], ["席方平", "辛十四"], ["孔雪笠", "皇甫松"], ["乐仲文", "琼华氏"]];

async fn booked(campus: &Campus, day: CampusDay, names: [&str; 2], numbers: u16) -> Result<Vec<String>, Trouble> {
    let mut texts = Vec::new();
    for (name, number) in names.into_iter().zip(numbers..) {
        let form = Form::good(day).with("visitor_name", name).with("document_number", resident_number(number));
        texts.push(campus.approved(&form.without("companion_name")).await?.text);
        // So often nobody signs in with one phone within the hour.
        campus.later(TimeDelta::minutes(20));
    }
    Ok(texts)
}

/// Every file of its folder: database, log, journal, locks.
fn disk(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

fn holds(disk: &[(String, Vec<u8>)], wanted: &[u8]) -> Vec<String> {
    let found = disk.iter().filter(|(_, bytes)| bytes.windows(wanted.len()).any(|bytes| bytes == wanted));
    found.map(|(name, _)| name.clone()).collect()
}

/// Of standard base64.
fn decoded(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text.trim_end_matches('=').chars().flat_map(|letter| {
        let six = LETTERS.find(letter).unwrap();
        (0..6).rev().map(move |bit| six >> bit & 1)
    });
    let bits: Vec<usize> = bits.collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_disk_knows_today_and_tomorrow_and_nothing_that_opens_other_gates() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut texts = Vec::new();
    for (names, days) in VISITORS.into_iter().zip(0..) {
        texts.push(booked(&campus, today().plus_days(days), names, 100 + 10 * days).await?);
    }
    south.sync().await;
    // One of each day goes in and does not leave.
    for day in &texts[..2] {
        south.show(&day[0]);
        south.sync().await;
        campus.later(TimeDelta::days(1));
        campus.state.store.publish_due(campus.now()).await.unwrap();
        south.controller.turn(Event::Tick);
        south.sync().await;
    }
    let now = today().plus_days(2);
    assert_eq!(CampusDay::of(campus.now()), now);
    let folder = south.directory().to_owned();
    let taken = disk(&folder);
    assert!(taken.iter().any(|(name, _)| name.ends_with("entries.journal")), "all of it: {:?}", taken.len());
    for (names, days) in VISITORS.iter().zip(0..) {
        for (name, goes_in) in names.iter().zip([true, false]) {
            let found = holds(&taken, name.as_bytes());
            let is_inside_since_yesterday = days == 1 && goes_in;
            assert_eq!(!found.is_empty(), days >= 2 || is_inside_since_yesterday, "{name} of day {days}: {found:?}");
        }
    }
    for sequence in 0..4_u16 {
        for number in (100 + 10 * sequence)..(102 + 10 * sequence) {
            let number = resident_number(number);
            assert_eq!(holds(&taken, number.as_bytes()), Vec::<String>::new(), "{number}");
        }
    }
    for text in texts.iter().flatten() {
        assert_eq!(holds(&taken, text.as_bytes()), Vec::<String>::new(), "a pass that could be shown");
    }
    for (name, secret) in disk(&campus.room().join("server/secrets")) {
        let text = String::from_utf8(secret).unwrap().trim().to_owned();
        assert_eq!(holds(&taken, text.as_bytes()), Vec::<String>::new(), "{name}");
        let secret = decoded(&text);
        assert_eq!(secret.len(), 32, "{name}");
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(holds(&taken, &secret), Vec::<String>::new(), "{name}");
        assert_eq!(holds(&taken, hex.as_bytes()), Vec::<String>::new(), "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_says_once_it_is_withdrawn_is_set_aside_and_shown() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let mut north = Terminal::enrolled(&campus, 1).await?;
    let text = campus.approved(&Form::good(today())).await?.text;
    south.sync().await;
    north.sync().await;
    let id = south.controller.store_mut();
    let id = gate_terminal::ports::Store::post(id).unwrap().unwrap().terminal;
    campus.state.store.withdraw(id, campus.now()).await.unwrap();
    south.show(&text);
    let request = {
        use gate_terminal::ports::Store as _;
        let key = gate_terminal::enrol::load_key(south.directory()).unwrap();
        let (links, head) = south.controller.store_mut().entries_after(0, 10).unwrap();
        let head = shared::sync::push::EntryHead { terminal: id, head };
        let head = shared::seal::Sealed::seal(&head, None, &key).unwrap();
        shared::sync::push::PushRequest { terminal: id, links, head, marks: String::new() }
    };
    assert_eq!(request.links.len(), 1);
    let said = request.links[0].body.get().to_owned();
    for _ in 0..2 {
        let refused = south.say(request.clone()).await;
        assert!(matches!(refused, Err(Refusal::SetAside { through: 1 })), "{refused:?}");
    }
    assert_eq!(campus.log().await?.len(), 0, "it is no entry");
    let aside = campus.state.store.entries_set_aside().await.unwrap();
    let [line] = aside.as_slice() else { panic!("once: {aside:?}") };
    assert_eq!((line.id.terminal, line.id.seq), (id, 1));
    assert_eq!(line.entry, Ok(serde_json::from_str(&said).unwrap()), "as it came");
    north.sync().await;
    assert_eq!(north.view().entered_today, 0, "and no other gate hears of it");
    Ok(())
}
