//! Who decides for whom while they are away.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::StaffNumber,
    time::{CampusDay, Moment},
};

use super::{Store, StoreError, directory, rows, writer::Writing};
use crate::office::{Away, Staff};

/// A host's deputy, as the host is shown them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputy {
    pub staff: Staff,
    pub from: CampusDay,
    pub through: CampusDay,
}

impl Store {
    /// In place of the one named before; `false` when the directory knows no such deputy.
    pub async fn name_deputy(&self, host: &StaffNumber, away: Away, now: Moment) -> Result<bool, StoreError> {
        let host = host.clone();
        let name = move |db: &mut Writing<'_>| {
            if directory::by_number(db, &away.deputy)?.is_none() {
                return Ok(false);
            }
            db.execute(
                "insert or replace into deputy (host, deputy, from_day, through_day, named_at) values (?1, ?2, ?3, ?4, ?5)",
                params![
                    host.as_str(),
                    away.deputy.as_str(),
                    away.from.to_string(),
                    away.through.to_string(),
                    now.unix_ms()
                ],
            )?;
            Ok(true)
        };
        self.0.writer.write(name).await
    }

    pub async fn end_deputy(&self, host: &StaffNumber) -> Result<(), StoreError> {
        let host = host.clone();
        let end = move |db: &mut Writing<'_>| {
            db.execute("delete from deputy where host = ?1", [host.as_str()])?;
            Ok(())
        };
        self.0.writer.write(end).await
    }

    /// Whom a host has named for today or later.
    pub async fn deputy(&self, host: &StaffNumber, today: CampusDay) -> Result<Option<Deputy>, StoreError> {
        let host = host.clone();
        self.0.readers.look(move |db| named(db, &host, today)).await
    }

    /// Whether `deputy` decides for `host` on this day.
    pub async fn stands_in(
        &self,
        deputy: &StaffNumber,
        host: &StaffNumber,
        day: CampusDay,
    ) -> Result<bool, StoreError> {
        let (deputy, host) = (deputy.clone(), host.clone());
        self.0.readers.look(move |db| stands_in(db, &deputy, &host, day)).await
    }
}

/// The deputy in force on `day`, if both are still here: nobody decides for a host who has left.
pub(super) fn in_force(db: &Connection, host: &StaffNumber, day: CampusDay) -> Result<Option<Staff>, StoreError> {
    if directory::by_number(db, host)?.is_none() {
        return Ok(None);
    }
    Ok(named(db, host, day)?.filter(|deputy| deputy.from <= day).map(|deputy| deputy.staff))
}

pub(super) fn stands_in(
    db: &Connection,
    deputy: &StaffNumber,
    host: &StaffNumber,
    day: CampusDay,
) -> Result<bool, StoreError> {
    Ok(in_force(db, host, day)?.is_some_and(|staff| staff.number == *deputy))
}

/// Of a booking `b`: whether the member of staff `?1` decides it on the day `?2`, as its host or for them.
pub(super) const DECIDES: &str = "(b.host = ?1 or exists (select 1 from deputy d join staff h on h.number = d.host
    where d.host = b.host and h.left_at is null and d.deputy = ?1 and ?2 between d.from_day and d.through_day))";

fn named(db: &Connection, host: &StaffNumber, today: CampusDay) -> Result<Option<Deputy>, StoreError> {
    type Row = (String, String, String);
    let row: Option<Row> = db
        .prepare_cached("select deputy, from_day, through_day from deputy where host = ?1 and through_day >= ?2")?
        .query_row([host.as_str(), &today.to_string()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((number, from, through)) = row else { return Ok(None) };
    let number = rows::stored("deputy", StaffNumber::parse(&number))?;
    let Some(staff) = directory::by_number(db, &number)? else { return Ok(None) };
    Ok(Some(Deputy {
        staff,
        from: rows::stored("from_day", CampusDay::parse(&from))?,
        through: rows::stored("through_day", CampusDay::parse(&through))?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::office_days::{Office, staff, today};

    #[tokio::test]
    async fn a_deputy_stands_in_on_the_days_that_were_named_and_while_they_are_here() {
        let office = Office::open();
        let Office { store, now, .. } = &office;
        let (host, other) = (staff("T1", "李文", "13800130100"), staff("T2", "王芳", "13800130101"));
        store.import_directory(vec![host.clone(), other.clone()], *now).await.unwrap();
        let away = |number: &str| Away {
            deputy: StaffNumber::parse(number).unwrap(),
            from: today().plus_days(1),
            through: today().plus_days(3),
        };
        assert!(!store.name_deputy(&host.number, away("T9"), *now).await.unwrap());
        assert!(store.name_deputy(&host.number, away("T2"), *now).await.unwrap());
        let stands_in = async |deputy: &StaffNumber, host: &StaffNumber, days: u16| {
            store.stands_in(deputy, host, today().plus_days(days)).await.unwrap()
        };
        for (days, expected) in [(0, false), (1, true), (3, true), (4, false)] {
            assert_eq!(stands_in(&other.number, &host.number, days).await, expected, "{days}");
            assert!(!stands_in(&host.number, &other.number, days).await);
        }
        assert_eq!(store.deputy(&host.number, today()).await.unwrap().unwrap().staff, other);
        assert_eq!(store.deputy(&host.number, today().plus_days(4)).await.unwrap(), None);
        store.import_directory(vec![host.clone()], *now).await.unwrap();
        assert!(!stands_in(&other.number, &host.number, 1).await, "who has left stands in for nobody");
        store.import_directory(vec![other.clone()], *now).await.unwrap();
        assert!(!stands_in(&other.number, &host.number, 1).await, "nobody stands in for who has left");
        store.import_directory(vec![host.clone(), other.clone()], *now).await.unwrap();
        assert!(stands_in(&other.number, &host.number, 1).await);
        store.end_deputy(&host.number).await.unwrap();
        assert!(!stands_in(&other.number, &host.number, 1).await);
    }
}
