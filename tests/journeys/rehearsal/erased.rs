//! Somebody has all that is kept of them erased while the host is still asked: what asked is closed, and then it is as if they had
//! never been here.

use rusqlite::types::Value;
use world::{Trouble, people::VISITOR_PHONE};

use super::town::{Town, told};

/// As the good form has it.
const VISITOR_NAME: &str = "欧阳娜";

/// What an open eye would find of the visitor in the office's database.
fn found(town: &Town) -> Result<Vec<String>, Trouble> {
    let db = rusqlite::Connection::open(town.campus.database()).map_err(told)?;
    let mut tables = db.prepare("select name from sqlite_master where type = 'table'").map_err(told)?;
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).map_err(told)?.collect::<Result<_, _>>().map_err(told)?;
    let mut found = Vec::new();
    // What is counted for a day is kept, or erasing would lift a limit.
    for table in tables.into_iter().filter(|table| table != "attempt") {
        let mut all = db.prepare(&format!("select * from \"{table}\"")).map_err(told)?;
        let columns = all.column_count();
        let mut rows = all.query([]).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            for at in 0..columns {
                let value: Value = row.get(at).map_err(told)?;
                let said = format!("{value:?}");
                if said.contains(VISITOR_NAME) || said.contains(VISITOR_PHONE) {
                    found.push(format!("{table}: {said}"));
                }
            }
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_closes_the_to_do_and_the_card_once_without_a_name_and_leaves_nothing() -> Result<(), Trouble> {
    let town = Town::usual().await?;
    town.asked().await?;
    assert!(!found(&town)?.is_empty());
    let page = town.visitor.get("/my-data").await?;
    let fields = [("form_token", page.form_token().unwrap_or_default()), ("sure", "yes")];
    assert_eq!(town.visitor.post("/my-data", &fields).await?.status, 200);
    town.comes_about("the to-do and the card are closed", || {
        town.by("hall").iter().all(|to_do| to_do.state == "已办")
            && town.by("wecom").iter().all(|card| card.state.starts_with("changed"))
    })
    .await?;
    town.all_quiet().await?;
    let card = town.by("wecom").remove(0);
    assert!(card.state.contains("访客已取消") && !card.state.contains(VISITOR_NAME), "{}", card.state);
    assert_eq!(town.doubles.wecom.calls("update"), 1);
    assert_eq!(found(&town)?, Vec::<String>::new());
    Ok(())
}
