//! For stories that say what must not change: every row of every table, as text.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::Value};

use super::{Store, StoreError};

impl Store {
    pub(crate) async fn every_row(&self) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        self.0.readers.read(every_row).await
    }
}

fn every_row(db: &Connection) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let mut tables = db.prepare("select name from sqlite_master where type = 'table'")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let rows = |table: String| {
        let mut all = db.prepare(&format!("select * from \"{table}\""))?;
        let columns = all.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect::<Result<Vec<Value>, _>>();
        let rows = all.query_map([], |found| Ok(format!("{:?}", row(found)?)))?.collect::<Result<_, _>>()?;
        Ok((table, rows))
    };
    tables.into_iter().map(rows).collect()
}
