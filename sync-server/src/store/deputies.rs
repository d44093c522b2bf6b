//! Who decides for whom while they are away.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::StaffNumber,
    time::{CampusDay, Moment},
};

use super::{
    Store, StoreError,
    attempts::{self, By, Counted},
    directory, notices, rows, settled,
    writer::Writing,
};
use crate::office::{
    Away, Channel, NAMED_AT_MOST, Staff,
    notice::{self, Message},
};

/// A host's deputy, as the host is shown them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deputy {
    pub staff: Staff,
    pub from: CampusDay,
    pub through: CampusDay,
}

/// What came of naming a deputy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    Named,
    /// The directory knows no such deputy.
    Unknown,
    /// Each time somebody is told; more so often is no plan.
    TooOften {
        retry_at: Moment,
    },
}

impl Store {
    /// In place of the one named before; both are told.
    pub async fn name_deputy(&self, host: &StaffNumber, away: Away, now: Moment) -> Result<Naming, StoreError> {
        let host = host.clone();
        let name = move |db: &mut Writing<'_>| {
            let (Some(host), Some(staff)) = (directory::by_number(db, &host)?, directory::by_number(db, &away.deputy)?)
            else {
                return Ok(Naming::Unknown);
            };
            let next = Deputy { staff, from: away.from, through: away.through };
            let before = named(db, &host.number, CampusDay::of(now))?;
            if before.as_ref() == Some(&next) {
                return Ok(Naming::Named);
            }
            let by = By::Phone(&host.phone);
            if let Some(retry_at) = attempts::again_at(db, Counted::DeputyNamed, by, NAMED_AT_MOST, now)? {
                return Ok(Naming::TooOften { retry_at });
            }
            attempts::count(db, Counted::DeputyNamed, by, now)?;
            db.execute(
                "insert or replace into deputy (host, deputy, from_day, through_day, named_at) values (?1, ?2, ?3, ?4, ?5)",
                params![
                    host.number.as_str(),
                    next.staff.number.as_str(),
                    next.from.to_string(),
                    next.through.to_string(),
                    now.unix_ms()
                ],
            )?;
            if let Some(former) = before.filter(|former| former.staff.number != next.staff.number) {
                settled::tell_former(db, (&former.staff, &host.number), now)?;
                tell(db, &former.staff, &notice::deputy_ended(&host), now)?;
            }
            tell(db, &next.staff, &notice::deputy_named(&host, next.from, next.through), now)?;
            Ok(Naming::Named)
        };
        self.0.writer.write(name).await
    }

    pub async fn end_deputy(&self, host: &StaffNumber, now: Moment) -> Result<(), StoreError> {
        let host = host.clone();
        let end = move |db: &mut Writing<'_>| {
            let former = named(db, &host, CampusDay::of(now))?;
            db.execute("delete from deputy where host = ?1", [host.as_str()])?;
            if let (Some(former), Some(host)) = (former, directory::by_number(db, &host)?) {
                settled::tell_former(db, (&former.staff, &host.number), now)?;
                tell(db, &former.staff, &notice::deputy_ended(&host), now)?;
            }
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

/// Whose days are over decides no more: what they were sent is closed. Nobody need be told, it was said when they were named.
pub(super) fn days_over(db: &mut Writing<'_>, now: Moment) -> Result<(), StoreError> {
    let over: Vec<(String, String)> = db
        .prepare_cached("delete from deputy where through_day < ?1 returning host, deputy")?
        .query_map([CampusDay::of(now).to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (host, deputy) in over {
        let (host, deputy) =
            (rows::stored("host", StaffNumber::parse(&host))?, rows::stored("deputy", StaffNumber::parse(&deputy))?);
        if let Some(former) = directory::by_number(db, &deputy)? {
            settled::tell_former(db, (&former, &host), now)?;
        }
    }
    Ok(())
}

/// Of nobody's booking; where it leads they sign in.
fn tell(db: &mut Writing<'_>, deputy: &Staff, message: &Message, now: Moment) -> Result<(), StoreError> {
    for channel in Channel::ALL {
        let notice =
            notices::New { booking: None, channel, to: deputy.address(channel), message, path: Some("/bookings") };
        notices::add(db, &notice, now)?;
    }
    Ok(())
}

/// The deputy in force on `day`, if both are still here: nobody decides for a host who has left.
pub(super) fn in_force(db: &Connection, host: &StaffNumber, day: CampusDay) -> Result<Option<Staff>, StoreError> {
    // Hardly anybody has one: whether the host is here is asked last.
    let Some(deputy) = named(db, host, day)?.filter(|deputy| deputy.from <= day) else { return Ok(None) };
    Ok(directory::by_number(db, host)?.map(|_| deputy.staff))
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
    use crate::{
        office::{BookingForm, Choice, Revision, notice::NoticeKind},
        store::{
            Came,
            office_days::{Office, form, staff, today},
        },
    };

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
        assert_eq!(store.name_deputy(&host.number, away("T9"), *now).await.unwrap(), Naming::Unknown);
        assert_eq!(store.name_deputy(&host.number, away("T2"), *now).await.unwrap(), Naming::Named);
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
        store.end_deputy(&host.number, *now).await.unwrap();
        assert!(!stands_in(&other.number, &host.number, 1).await);
    }

    #[tokio::test]
    async fn what_a_deputy_was_sent_is_closed_when_they_are_no_longer_one_and_the_host_s_is_not() {
        enum How {
            Ended,
            Another,
            DaysOver,
        }
        for (how, days) in [(How::Ended, 0), (How::Another, 0), (How::DaysOver, 1)] {
            let office = Office::open();
            let Office { store, now, .. } = &office;
            let people = [("T1", "13800130100"), ("T2", "13800130101"), ("T3", "13800130102")];
            let people: Vec<_> = people.into_iter().map(|(number, phone)| staff(number, "李文", phone)).collect();
            store.import_directory(people.clone(), *now).await.unwrap();
            let [host, deputy, other] = people.as_slice() else { panic!("{people:?}") };
            let away = |staff: &Staff| Away { deputy: staff.number.clone(), from: today(), through: today() };
            store.name_deputy(&host.number, away(deputy), *now).await.unwrap();
            let on_day = BookingForm { day: today().plus_days(2).to_string(), ..form() };
            let (_, links) = office.submit(&on_day, 1).await;
            let mut asked = Vec::new();
            for one in store.take_notices(Channel::Hall, None, 99, *now).await.unwrap() {
                let came = Came::Sent { adapter: "it", handle: Some("to-do".to_owned()) };
                store.keep_notices(vec![(one.notice.id, came)], *now).await.unwrap();
                asked.push(one.notice);
            }
            asked.retain(|notice| notice.kind == NoticeKind::ApprovalAsked);
            assert_eq!(asked.len(), 2);
            let then = now.plus(chrono::TimeDelta::days(days));
            match how {
                How::Ended => store.end_deputy(&host.number, then).await.unwrap(),
                How::Another => {
                    assert_eq!(store.name_deputy(&host.number, away(other), then).await.unwrap(), Naming::Named)
                }
                How::DaysOver => drop(store.erase_due(crate::office::Retention::default(), then).await.unwrap()),
            }
            let closing = async || {
                let taken = store.take_notices(Channel::Hall, None, 99, then).await.unwrap();
                let closing: Vec<_> = taken.into_iter().map(|one| one.notice).collect();
                closing.into_iter().filter(|notice| notice.kind == NoticeKind::Settled).collect::<Vec<_>>()
            };
            let [closed] = closing().await.try_into().unwrap();
            assert_eq!(closed.to, deputy.address(Channel::Hall));
            let theirs = asked.iter().find(|notice| notice.to == closed.to).unwrap();
            assert_eq!(closed.follows.clone().unwrap().key, theirs.key());
            assert!(closed.text.contains("不再由您代为审核") && !closed.text.contains("张晓明"), "{}", closed.text);
            let text = |to: &Staff| {
                let (to, unsent) = (to.address(Channel::Sms), "kind = 'approval_asked' and given_up = 'needless'");
                office.look(&format!("select count(*) from notice where \"to\" = '{to}' and {unsent}"))
            };
            assert_eq!((text(deputy), text(host)), (1, 0), "what they would be sent with a dead link is not sent");
            let no = Choice::Decline { reason: None }.on(Revision::FIRST);
            store.decide(&links.sms, no, office.issuing(1), then).await.unwrap();
            let [closed] = closing().await.try_into().unwrap();
            assert_eq!(closed.to, host.address(Channel::Hall), "and theirs not twice");
        }
    }

    #[tokio::test]
    async fn whoever_is_named_or_no_longer_named_is_told_a_few_times_a_day() {
        let office = Office::open();
        let Office { store, now, .. } = &office;
        let people = [("T1", "13800130100"), ("T2", "13800130101"), ("T3", "13800130102")];
        let people: Vec<_> = people.into_iter().map(|(number, phone)| staff(number, "李文", phone)).collect();
        store.import_directory(people.clone(), *now).await.unwrap();
        let host = &people[0].number;
        let name = async |deputy: &str, days: u16| {
            let deputy = StaffNumber::parse(deputy).unwrap();
            let away = Away { deputy, from: today(), through: today().plus_days(days) };
            store.name_deputy(host, away, *now).await.unwrap()
        };
        let told = |phone: &str| office.look(&format!("select count(*) from notice where \"to\" = '{phone}'"));
        assert_eq!((name("T2", 1).await, name("T2", 1).await), (Naming::Named, Naming::Named));
        assert_eq!(told("13800130101"), 1, "the same once more is no news");
        assert_eq!(name("T3", 1).await, Naming::Named);
        assert_eq!((told("13800130101"), told("13800130102")), (2, 1));
        store.end_deputy(host, *now).await.unwrap();
        store.end_deputy(host, *now).await.unwrap();
        assert_eq!((told("13800130101"), told("13800130102")), (2, 2));
        for days in 2..NAMED_AT_MOST.most {
            assert_eq!(name("T2", days).await, Naming::Named);
        }
        let day = chrono::TimeDelta::days(1);
        assert_eq!(name("T2", 50).await, Naming::TooOften { retry_at: now.plus(day) });
        assert_eq!(store.deputy(host, today()).await.unwrap().unwrap().staff.number.as_str(), "T2");
    }
}
