//! The staff directory, as it was last imported.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Params, params};
use shared::{identity::Phone, ids::StaffNumber, time::Moment};

use super::{Store, StoreError, rows, writer::Writing};
use crate::office::{HostAsked, Staff};

/// What an import came to, in people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// Those who no longer stand in the directory: they host nobody from now on.
    pub gone: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    pub before: usize,
    pub missing: usize,
    /// How many of the directory have a name in WeCom, where the list gives one to nobody.
    pub wecom_names: usize,
    /// The same of the service hall.
    pub hall_names: usize,
}

const STAFF: &str = "select number as staff_number, name as staff_name, department as staff_department,
    phone as staff_phone, wecom_id, hall_id from staff where left_at is null";

impl Store {
    /// Who stands in the directory, and what of it `staff` does not name.
    pub async fn missing_from(&self, staff: &[Staff]) -> Result<Missing, StoreError> {
        let named: HashSet<String> = staff.iter().map(|one| one.number.as_str().to_owned()).collect();
        let gives_wecom = staff.iter().any(|one| one.wecom_id.is_some());
        let gives_hall = staff.iter().any(|one| one.hall_id.is_some());
        let missing = move |db: &Connection| {
            let held = all(db, STAFF, [])?;
            let count = |is: &dyn Fn(&Staff) -> bool| held.iter().filter(|one| is(one)).count();
            Ok(Missing {
                before: held.len(),
                missing: count(&|one| !named.contains(one.number.as_str())),
                wecom_names: count(&|one| !gives_wecom && one.wecom_id.is_some()),
                hall_names: count(&|one| !gives_hall && one.hall_id.is_some()),
            })
        };
        self.0.readers.read(missing).await
    }

    /// Takes `staff` as the whole directory: who is not in it has left.
    pub async fn import_directory(&self, staff: Vec<Staff>, now: Moment) -> Result<Imported, StoreError> {
        self.0.writer.write(move |db| import(db, &staff, now)).await
    }

    pub async fn staff_by_number(&self, number: &StaffNumber) -> Result<Option<Staff>, StoreError> {
        let number = number.clone();
        self.0.readers.look(move |db| by_number(db, &number)).await
    }

    pub async fn staff_by_phone(&self, phone: &Phone) -> Result<Option<Staff>, StoreError> {
        let phone = phone.clone();
        self.0.readers.look(move |db| by_phone(db, &phone)).await
    }

    /// The one member of staff whom WeCom knows as `member`: by the name the directory gives, or by number where it gives none. WeCom
    /// tells no case apart.
    pub async fn staff_by_wecom(&self, member: &str) -> Result<Option<Staff>, StoreError> {
        let member = member.to_owned();
        let sql = format!("{STAFF} and coalesce(wecom_id, number) = ?1 collate nocase");
        self.0.readers.read(move |db| only(db, &sql, &member)).await
    }

    /// Whom the service hall knows by this name: staff by number where the directory has no other name for them.
    pub async fn staff_by_hall_name(&self, name: &str) -> Result<Option<Staff>, StoreError> {
        let name = name.to_owned();
        let sql = format!("{STAFF} and (hall_id = ?1 or hall_id is null and number = upper(?1))");
        self.0.readers.look(move |db| only(db, &sql, &name)).await
    }
}

pub(super) fn by_phone(db: &Connection, phone: &Phone) -> Result<Option<Staff>, StoreError> {
    only(db, &format!("{STAFF} and phone = ?1"), phone.as_str())
}

pub(super) fn by_number(db: &Connection, number: &StaffNumber) -> Result<Option<Staff>, StoreError> {
    only(db, &format!("{STAFF} and number = ?1"), number.as_str())
}

/// The one member of staff who answers to everything that was given; `None` when nobody does or several do, so that a name alone
/// never lists who works here.
pub(super) fn find(db: &Connection, asked: &HostAsked) -> Result<Option<Staff>, StoreError> {
    let candidates = match (asked.number(), asked.phone(), asked.name()) {
        (Some(number), _, _) => all(db, &format!("{STAFF} and number = ?1"), [number.as_str()])?,
        (None, Some(phone), _) => all(db, &format!("{STAFF} and phone = ?1"), [phone.as_str()])?,
        (None, None, Some(name)) => all(db, &format!("{STAFF} and folded = ?1"), [name.folded()])?,
        (None, None, None) => Vec::new(),
    };
    let mut found = candidates.into_iter().filter(|staff| asked.is(staff));
    let first = found.next();
    Ok(if found.next().is_some() { None } else { first })
}

fn only(db: &Connection, sql: &str, key: &str) -> Result<Option<Staff>, StoreError> {
    let mut found = all(db, sql, [key])?.into_iter();
    let first = found.next();
    Ok(if found.next().is_some() { None } else { first })
}

fn all(db: &Connection, sql: &str, key: impl Params) -> Result<Vec<Staff>, StoreError> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(key)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(rows::staff(row)?);
    }
    Ok(found)
}

fn import(db: &Writing<'_>, staff: &[Staff], now: Moment) -> Result<Imported, StoreError> {
    let mut imported = Imported::default();
    let before: i64 = db.query_row("select count(*) from staff where left_at is null", [], |row| row.get(0))?;
    let mut known =
        db.prepare("select name, department, phone, wecom_id, hall_id, left_at is null from staff where number = ?1")?;
    let mut keep = db.prepare(
        "insert into staff (number, name, folded, department, phone, wecom_id, hall_id) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (number) do update set name = ?2, folded = ?3, department = ?4, phone = ?5, wecom_id = ?6, hall_id = ?7,
         left_at = null",
    )?;
    let mut stay = 0;
    db.execute("create temp table if not exists arrived (number text primary key)", [])?;
    db.execute("delete from temp.arrived", [])?;
    let mut arrive = db.prepare("insert or ignore into temp.arrived values (?1)")?;
    for one in staff {
        type Held = (String, String, String, Option<String>, Option<String>, bool);
        let held: Option<Held> = known
            .query_row([one.number.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })
            .optional()?;
        let given = (one.name.as_str(), one.department.as_str(), one.phone.as_str(), &one.wecom_id, &one.hall_id);
        match &held {
            Some((name, department, phone, wecom, hall, here)) => {
                stay += usize::from(*here);
                if *here && (name.as_str(), department.as_str(), phone.as_str(), wecom, hall) == given {
                    imported.unchanged += 1;
                } else {
                    imported.changed += 1;
                }
            }
            None => imported.added += 1,
        }
        let folded = one.name.folded();
        keep.execute(params![one.number.as_str(), given.0, folded, given.1, given.2, given.3, given.4])?;
        arrive.execute([one.number.as_str()])?;
    }
    db.execute(
        "update staff set left_at = ?1 where left_at is null and number not in (select number from temp.arrived)",
        [now.unix_ms()],
    )?;
    imported.gone = usize::try_from(before).unwrap_or_default().saturating_sub(stay);
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::office_days::{Office, staff};

    #[tokio::test]
    async fn an_import_is_the_whole_directory() {
        let office = Office::open();
        let (wei, na, lei) = (
            staff("T1", "张伟", "13800130001"),
            staff("T2", "李娜", "13800130002"),
            staff("T3", "赵磊", "13800130003"),
        );
        let first = office.store.import_directory(vec![wei.clone(), na.clone()], office.now).await.unwrap();
        assert_eq!(first, Imported { added: 2, ..Imported::default() });
        let moved = Staff { department: "图书馆".to_owned(), ..na.clone() };
        let second = office.store.import_directory(vec![moved.clone(), lei], office.now).await.unwrap();
        assert_eq!(second, Imported { added: 1, changed: 1, unchanged: 0, gone: 1 });
        assert_eq!(office.store.staff_by_number(&wei.number).await.unwrap(), None);
        assert_eq!(office.store.staff_by_phone(&wei.phone).await.unwrap(), None);
        assert_eq!(office.store.staff_by_number(&na.number).await.unwrap(), Some(moved));
        let back = office.store.import_directory(vec![wei.clone()], office.now).await.unwrap();
        assert_eq!(back, Imported { changed: 1, gone: 2, ..Imported::default() });
        assert_eq!(office.store.staff_by_number(&wei.number).await.unwrap(), Some(wei));
    }

    #[tokio::test]
    async fn wecom_knows_a_member_by_the_directory_s_name_or_else_by_number() {
        let office = Office::open();
        let named = |number, name, wecom: &str| Staff {
            wecom_id: Some(wecom.to_owned()),
            ..staff(number, name, "13800130001")
        };
        let people = vec![
            named("T1", "张伟", "zhangwei"),
            staff("T2", "李娜", "13800130002"),
            named("T3", "赵磊", "twice"),
            named("T4", "钱进", "TWICE"),
            named("T5", "孙丽", "T2x"),
        ];
        office.store.import_directory(people, office.now).await.unwrap();
        for (member, found) in [
            ("zhangwei", Some("T1")),
            ("ZhangWei", Some("T1")),
            ("T1", None),
            ("t2", Some("T2")),
            ("T2X", Some("T5")),
            ("twice", None),
            ("", None),
            ("wang%", None),
        ] {
            let staff = office.store.staff_by_wecom(member).await.unwrap();
            assert_eq!(staff.as_ref().map(|staff| staff.number.as_str()), found, "{member}");
        }
    }

    #[tokio::test]
    async fn a_host_answers_to_everything_that_was_given() {
        let office = Office::open();
        let people = vec![
            staff("T1", "张伟", "13800130001"),
            staff("T2", "张伟", "13800130002"),
            staff("T3", "O'Brien-Li", "13800130003"),
        ];
        office.store.import_directory(people, office.now).await.unwrap();
        for (number, name, phone, found) in [
            ("T1", "", "", Some("T1")),
            ("t1", "张伟", "13800130001", Some("T1")),
            ("T1", "李娜", "", None),
            ("T1", "", "13800130002", None),
            ("T9", "张伟", "", None),
            ("", "", "13800130002", Some("T2")),
            ("", "张伟", "13800130002", Some("T2")),
            ("", "张伟", "", None),
            ("", "obrien li", "", Some("T3")),
            ("", "王芳", "", None),
        ] {
            let asked = HostAsked::of(
                StaffNumber::parse(number),
                shared::identity::PersonName::parse(name).ok(),
                Phone::parse(phone).ok(),
            );
            let host = office.store.0.readers.read(move |db| find(db, &asked.unwrap())).await.unwrap();
            assert_eq!(host.as_ref().map(|host| host.number.as_str()), found, "{number}/{name}/{phone}");
        }
    }
}
