//! The drills of the office's guide, each on a server that is serving and gates that hold their lines: how long a step takes is printed.
//!
//! The commands are the ones that are typed, on the files that a server has; nothing tells the server but the files.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::TimeDelta;
use gate_terminal::{gate::Alarm, ports::Store as _};
use serde_json::json;
use shared::{
    ids::KeyId,
    pass::{PassText, SealedPass},
    verdict::{RefuseReason, Verdict},
};
use sync_server::commands::{self, Arguments};
use tokio::time::Instant;
use world::{
    Trouble,
    campus::{Approved, Campus, today},
    lively::Lively,
    people::{Form, resident_number},
    terminal::{Cable, Terminal, read, shown},
};

const GLANCES: u32 = 1_000;
const GLANCE: Duration = Duration::from_millis(20);

/// Somebody with a watch at the office's desk.
struct Drill {
    campus: Campus,
    settings: PathBuf,
    name: &'static str,
    step: Instant,
}

impl Drill {
    async fn begin(name: &'static str) -> Result<Self, Trouble> {
        let campus = Campus::open().await?;
        let settings = campus.room().join("desk.toml");
        let data = campus.room().join("server");
        std::fs::write(&settings, format!("data_dir = {data:?}"))?;
        Ok(Self { campus, settings, name, step: Instant::now() })
    }

    fn done(&mut self, what: &str) {
        println!("{}: {what}: {:.2} s", self.name, self.step.elapsed().as_secs_f64());
        self.step = Instant::now();
    }

    fn secret(&self, name: &str) -> String {
        self.campus.room().join("server/secrets").join(name).display().to_string()
    }

    /// What the command says, or why not.
    async fn types(&self, words: &[&str]) -> Result<String, String> {
        use clap::Parser as _;
        let settings = self.settings.display().to_string();
        let words = ["sync-server", "--config", &settings].into_iter().chain(words.iter().copied());
        let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        let mut said = Vec::new();
        let clock = Arc::clone(&self.campus.clock);
        let done = commands::run(arguments, clock, &mut "".as_bytes(), &mut said).await;
        done.map_err(|failure| failure.to_string())?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// What the visitor's page shows by now.
    async fn code_of(&self, approved: &Approved) -> Result<String, Trouble> {
        let page = approved.visitor.get(&approved.booking).await?;
        let picture = page.pass_picture().ok_or_else(|| Trouble::NotHeld(format!("no pass: {}", page.body)))?;
        read(&approved.visitor.picture(picture).await?)
    }

    /// Until the page shows another code.
    async fn renewed(&self, approved: &Approved) -> Result<String, Trouble> {
        for _ in 0..GLANCES {
            let text = self.code_of(approved).await?;
            if text != approved.text {
                return Ok(text);
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(Trouble::Waited("another code on the page".to_owned()))
    }

    async fn serves_set(&self, number: u32) -> Result<(), Trouble> {
        for _ in 0..GLANCES {
            if self.campus.state.keys.now().key_set_number == number {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(Trouble::Waited(format!("key set {number}")))
    }

    async fn signs_with(&self, key: u16) -> Result<(), Trouble> {
        for _ in 0..GLANCES {
            if self.campus.state.keys.now().signs.pass.id() == KeyId::new(key) {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(Trouble::Waited(format!("key {key} to sign")))
    }
}

fn key_of(text: &str) -> u16 {
    let sealed = SealedPass::from_text(&PassText::parse(text).unwrap()).unwrap();
    u16::from_be_bytes([sealed.as_bytes()[1], sealed.as_bytes()[2]])
}

fn another(day: u16, number: u16) -> Form {
    Form::good(today().plus_days(day)).with("document_number", resident_number(number))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_signing_key_is_worth_nothing_within_seconds() -> Result<(), Trouble> {
    let mut drill = Drill::begin("stolen server key").await?;
    let mut south = Terminal::enrolled(&drill.campus, 0).await?;
    let here = drill.campus.approved(&another(0, 1)).await?;
    let tomorrow = drill.campus.approved(&another(1, 2)).await?;
    let later = drill.campus.approved(&another(9, 3)).await?;
    south.sync().await;
    assert_eq!(key_of(&here.text), 1);
    let mut gate = Lively::of(south)?;
    gate.hears("what there was before", |line| line["event"] == "news").await?;
    drill.done("the office is told of the theft, and the stick is fetched");

    let said = drill.types(&["keys", "revoke", "1", "2", "--root", &drill.secret("root.key")]).await.unwrap();
    assert!(said.contains("今天 1 张，以后 2 张"), "{said}");
    drill.done("the command: the keys end, and passes are sealed anew");

    let fresh = drill.renewed(&here).await?;
    assert_eq!(key_of(&fresh), 3);
    drill.done("the visitor's page shows the new code");
    for held in [&tomorrow, &later] {
        assert_eq!(key_of(&drill.renewed(held).await?), 3, "those of later days, too");
    }
    drill.done("those of later days, too");

    gate.hears("the new key set", |line| line["event"] == "news").await?;
    gate.act(&json!({ "act": "scanned", "text": here.text }));
    let refused = gate.hears("a verdict", |line| line["event"] == "verdict").await?;
    assert_eq!(
        (&refused["verdict"], &refused["reason"]["why"]),
        (&json!("refuse"), &json!("unknown_key")),
        "{refused}"
    );
    drill.done("the gate refuses what the thief can sign");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_revocation_the_old_code_is_refused_and_the_new_one_admits() -> Result<(), Trouble> {
    let drill = Drill::begin("revocation").await?;
    let mut south = Terminal::enrolled(&drill.campus, 0).await?;
    let here = drill.campus.approved(&another(0, 1)).await?;
    south.sync().await;
    drill.types(&["keys", "revoke", "1", "--root", &drill.secret("spare-root.key")]).await.unwrap();
    let fresh = drill.renewed(&here).await?;
    drill.signs_with(3).await?;
    south.sync().await;
    assert_eq!(shown(&south.show(&here.text)).verdict, Verdict::Refuse(RefuseReason::UnknownKey));
    assert_eq!(shown(&south.show(&fresh)).verdict, Verdict::Admit);
    let mut south = south.restarted()?;
    south.sync().await;
    assert_eq!(shown(&south.show(&here.text)).verdict, Verdict::Refuse(RefuseReason::UnknownKey), "and ever after");
    assert_eq!(south.view().alarm, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_changes_nobody_s_code() -> Result<(), Trouble> {
    let mut drill = Drill::begin("rotation").await?;
    let (mut south, mut north) =
        (Terminal::enrolled(&drill.campus, 0).await?, Terminal::enrolled(&drill.campus, 1).await?);
    let before = drill.campus.approved(&another(0, 1)).await?;
    let ahead = drill.campus.approved(&another(9, 2)).await?;
    drill.done("the stick is fetched");
    drill.types(&["keys", "rotate", "--root", &drill.secret("root.key")]).await.unwrap();
    drill.done("the command");
    drill.serves_set(2).await?;
    south.sync().await;
    let between = drill.campus.approved(&another(0, 3)).await?;
    assert_eq!(key_of(&between.text), 1, "one gate does not know the new key yet");
    let said = drill.types(&["keys", "status"]).await.unwrap();
    assert!(said.contains("待启用"), "{said}");
    for gate in [&mut south, &mut north] {
        for _ in 0..2 {
            drill.campus.later(TimeDelta::seconds(30));
            gate.sync().await;
        }
    }
    drill.signs_with(3).await?;
    drill.done("both gates know the new key, and it signs");
    let after = drill.campus.approved(&another(0, 4)).await?;
    assert_eq!(key_of(&after.text), 3);
    for gate in [&mut south, &mut north] {
        gate.sync().await;
    }
    for text in [&before.text, &between.text, &after.text] {
        assert_eq!(shown(&south.show(text)).verdict, Verdict::Admit);
    }
    assert_eq!(drill.code_of(&before).await?, before.text);
    let opened = &drill.campus.state.keys.now().opened;
    let sealed = SealedPass::from_text(&PassText::parse(&ahead.text).unwrap()).unwrap();
    assert!(sealed.open(opened).is_ok(), "nine days ahead");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stick_is_replaced_and_whoever_finds_it_has_nothing() -> Result<(), Trouble> {
    let mut drill = Drill::begin("lost stick").await?;
    let mut south = Terminal::enrolled(&drill.campus, 0).await?;
    let here = drill.campus.approved(&another(0, 1)).await?;
    let (lost, spare, new) = (drill.secret("root.key"), drill.secret("spare-root.key"), drill.secret("new.key"));
    drill.done("the spare stick is fetched");
    let said = drill.types(&["keys", "spare", "--root", &spare, "--spare", &new]).await.unwrap();
    assert!(said.contains("第 2 号密钥集"), "{said}");
    drill.done("the command");
    drill.serves_set(2).await?;
    south.sync().await;
    let mut south = south.restarted()?;
    south.sync().await;
    let told = drill.types(&["keys", "rotate", "--root", &lost]).await.unwrap_err();
    assert!(told.contains("不是本单位现在信任的根密钥"), "{told}");
    drill.types(&["keys", "rotate", "--root", &new]).await.unwrap();
    drill.done("the found stick signs nothing, the new one does");
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        drill.campus.later(TimeDelta::seconds(30));
        south.sync().await;
    }
    assert_eq!(south.view().alarm, None::<Alarm>);
    assert_eq!(south.controller.store_mut().load().unwrap().news.key_floor.number, 3, "the gate followed");
    assert_eq!(shown(&south.show(&here.text)).verdict, Verdict::Admit);
    Ok(())
}

/// Let in while its line was cut, stolen, and withdrawn: the gate opens for nobody, and what it had not sent is the office's to judge.
#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_terminal_forgets_and_is_believed_no_more() -> Result<(), Trouble> {
    let mut drill = Drill::begin("stolen terminal").await?;
    let mut south = Terminal::enrolled(&drill.campus, 0).await?;
    let (one, other) = (drill.campus.approved(&another(0, 1)).await?, drill.campus.approved(&another(0, 2)).await?);
    south.sync().await;
    south.cable = Cable::Pulled;
    assert_eq!(shown(&south.show(&one.text)).verdict, Verdict::Admit);
    south.sync().await;
    drill.done("the theft is noticed");
    drill.types(&["terminal", "withdraw", "1"]).await.unwrap();
    drill.done("the command");
    south.cable = Cable::In;
    south.sync().await;
    assert_eq!(south.view().alarm, Some(Alarm::Withdrawn));
    drill.done("its next call empties it");
    for restart in [false, true] {
        if restart {
            south = south.restarted()?;
            south.sync().await;
        }
        let verdict = shown(&south.show(&other.text)).verdict.clone();
        assert_eq!(verdict, Verdict::Refuse(RefuseReason::UnknownKey), "restarted: {restart}");
        assert_eq!(south.view().alarm, Some(Alarm::Withdrawn));
        let held = south.controller.store_mut().load().unwrap();
        assert!(held.withdrawn && held.news.key_set.is_none() && held.news.changes.is_empty());
    }
    let aside = drill.types(&["entries", "set-aside", "--json"]).await.unwrap();
    let first: serde_json::Value = serde_json::from_str(aside.lines().next().unwrap()).unwrap();
    assert_eq!((&first["seq"], &first["entry"]["verdict"]["verdict"]), (&json!(1), &json!("admit")), "{aside}");
    assert!(drill.campus.log().await?.is_empty(), "it is no entry");
    Ok(())
}
