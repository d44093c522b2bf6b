//! For stories of other rooms in which what notices say cannot be read for a while.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

/// Another program that has the database open.
pub(crate) struct Other(Connection);

impl Other {
    pub(crate) fn open(path: &Path) -> Self {
        let other = Connection::open(path).unwrap();
        other.busy_timeout(Duration::from_secs(10)).unwrap();
        Self(other)
    }

    pub(crate) fn hides_what_notices_say(&self) {
        self.0.execute_batch("alter table said rename to hidden").unwrap();
    }

    pub(crate) fn shows_it_again(&self) {
        self.0.execute_batch("alter table hidden rename to said").unwrap();
    }

    pub(crate) fn counts_sent(&self) -> i64 {
        self.0.query_row("select count(*) from notice where sent_at is not null", [], |row| row.get(0)).unwrap()
    }
}
