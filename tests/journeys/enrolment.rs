//! A terminal gets its place by the command: two people compare fingerprints, and nothing is kept before they agree.

use std::path::Path;

use chrono::TimeDelta;
use gate_terminal::{
    commands::enrol::{self, EnrolCommandError},
    config::Config,
    enrol::KEY_FILE,
    ports::Store as _,
    store::{DATABASE_FILE, SqliteStore},
};
use shared::{
    ids::{CampusId, GateIndex},
    sync::enrol::InviteCode,
};
use world::{Trouble, campus::Campus};

type Ended = (Result<(), EnrolCommandError>, String);

fn told(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::NotHeld(error.to_string())
}

/// With a new code on the first line and `answer` on the second; what was said, too.
async fn enrolled(campus: &Campus, random: u8, answer: &str, root: Option<String>) -> Result<Ended, Trouble> {
    let code = InviteCode::from_random([random; 10]);
    let gate = GateIndex::new(0).ok_or_else(|| told(&"no such gate"))?;
    let (now, until) = (campus.now(), campus.now().plus(TimeDelta::minutes(10)));
    campus.state.store.invite(CampusId::new(1), gate, &code, until, now).await.map_err(|error| told(&error))?;
    typed(campus, &code, answer, root).await
}

async fn typed(campus: &Campus, code: &InviteCode, answer: &str, root: Option<String>) -> Result<Ended, Trouble> {
    let data_dir = campus.room().join("terminal");
    let config = Config { data_dir, server_url: campus.url.clone(), root_fingerprint: root, ..Config::default() };
    let typed = format!("{code}\n{answer}");
    let done = tokio::task::spawn_blocking(move || {
        let mut said = Vec::new();
        let ended = enrol::run(&config, false, &mut typed.as_bytes(), &mut said);
        (ended, String::from_utf8_lossy(&said).into_owned())
    });
    done.await.map_err(|error| told(&error))
}

fn has_place(data: &Path) -> bool {
    SqliteStore::open(&data.join(DATABASE_FILE)).is_ok_and(|store| store.post().is_ok_and(|post| post.is_some()))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_before_the_fingerprints_agree() -> Result<(), Trouble> {
    let campus = Campus::of_today().await?;
    let data = campus.room().join("terminal");
    let (ended, said) = enrolled(&campus, 1, "no\n", None).await?;
    assert!(matches!(ended, Err(EnrolCommandError::Differs { .. })), "{ended:?}");
    assert!(said.contains("根密钥指纹") && !said.contains("已登记"), "{said}");
    assert!(!has_place(&data) && !data.join(KEY_FILE).exists(), "another key next time");
    let (ended, said) = enrolled(&campus, 3, "yes\n", None).await?;
    assert!(ended.is_ok() && said.contains("已登记"), "{ended:?} {said}");
    assert!(has_place(&data) && data.join(KEY_FILE).exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_came_costs_neither_code_nor_terminal() -> Result<(), Trouble> {
    let campus = Campus::of_today().await?;
    let data = campus.room().join("terminal");
    let (ended, _) = enrolled(&campus, 1, "", None).await?;
    assert!(matches!(ended, Err(EnrolCommandError::Unanswered { .. })) && !has_place(&data), "{ended:?}");
    let (ended, said) = typed(&campus, &InviteCode::from_random([1; 10]), "也许\n是\n", None).await?;
    assert!(ended.is_ok() && said.contains("请只回答 是 或 否") && has_place(&data), "{ended:?} {said}");
    let terminals = campus.state.store.terminals().await.map_err(|error| told(&error))?;
    assert_eq!(terminals.len(), 1, "the same one");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_key_that_was_told_before_needs_no_comparing() -> Result<(), Trouble> {
    let campus = Campus::of_today().await?;
    let data = campus.room().join("terminal");
    let other = "0000 0000 0000 0000 0000 0000 0000 0000".to_owned();
    let (ended, _) = enrolled(&campus, 1, "yes\n", Some(other)).await?;
    assert!(matches!(ended, Err(EnrolCommandError::Enrol(_))) && !has_place(&data), "{ended:?}");
    let (_, said) = enrolled(&campus, 2, "no\n", None).await?;
    let root = said.lines().find_map(|line| line.strip_prefix("根密钥指纹 root key's fingerprint:"));
    let (ended, _) = enrolled(&campus, 3, "", root.map(|root| root.trim().to_owned())).await?;
    assert!(ended.is_ok() && has_place(&data), "{ended:?}");
    Ok(())
}
