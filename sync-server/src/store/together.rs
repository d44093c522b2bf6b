//! One notice in place of many, for a host whom many wait for: it names how many they are and leads to their list.
//!
//! How many is counted when it goes out, and not with every booking that comes; the next one waits its time.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::StaffNumber,
    time::{CampusDay, Moment},
};

use super::{Notice, StoreError, notices, rows, writer::Writing};
use crate::office::{Channel, notice};

/// Of those that wait for one host, as many of one booker count towards telling of all together: else a single stranger who books
/// often enough keeps the others' messages back.
const OF_ONE_BOOKER: u32 = 2;

/// No more are looked at for it.
const LOOKED_AT: u32 = 100;

/// What waits for the word of the member of staff `?1` on the day `?2`: as its host, by the index of hosts, or for whom they stand in.
const WAITING: &str = "select b.booked_by from booking b where b.host = ?1 and b.standing = 'waiting' and b.day >= ?2
    union all
    select b.booked_by from deputy d join staff h on h.number = d.host join booking b on b.host = d.host
    where d.deputy = ?1 and d.host <> ?1 and h.left_at is null and ?2 between d.from_day and d.through_day
        and b.standing = 'waiting' and b.day >= ?2";

/// Whether more than so many wait for the word of this member of staff.
pub(super) fn are_many(db: &Connection, staff: &StaffNumber, than: u32, now: Moment) -> Result<bool, StoreError> {
    let sql = format!(
        "select ifnull(sum(min(of_one, ?3)), 0) from
             (select count(*) as of_one from ({WAITING} limit ?4) group by booked_by)"
    );
    let counted: u32 = db
        .prepare_cached(&sql)?
        .query_row(params![staff.as_str(), CampusDay::of(now).to_string(), OF_ONE_BOOKER, LOOKED_AT], |row| {
            row.get(0)
        })?;
    Ok(counted > than)
}

/// Has a notice on its way that says how many, if there is none.
pub(super) fn tell(
    db: &mut Writing<'_>,
    (staff, to): (&StaffNumber, &str),
    channel: Channel,
    every: TimeDelta,
    now: Moment,
) -> Result<(), StoreError> {
    // The sign keeps SQLite from looking through all that is due.
    let is_on_its_way = db
        .prepare_cached(
            r#"select 1 from notice where "to" = ?1 and channel = ?2 and kind = 'waiting' and counts = ?3
               and +next_try is not null and taken_at is null and tries = 0"#,
        )?
        .exists(params![to, channel.name(), staff.as_str()])?;
    if is_on_its_way {
        return Ok(());
    }
    let last: Option<i64> = db
        .prepare_cached(
            r#"select max(coalesce(sent_at, made_at)) from notice where "to" = ?1 and channel = ?2 and kind = 'waiting'
               and ifnull(counts, ?3) = ?3 and given_up is not 'needless'"#,
        )?
        .query_row(params![to, channel.name(), staff.as_str()], |row| row.get(0))
        .optional()?
        .flatten();
    let at = last.map_or(now, |last| now.max(Moment::from_unix_ms(last).plus(every)));
    let message = notice::waiting(count(db, staff, now)?);
    let notice = notices::New { booking: None, channel, to, message: &message, path: Some("/bookings") };
    notices::add_counting(db, &notice, (staff, at), now)?;
    Ok(())
}

/// Has a notice that leaves say how many wait now; whether any do. One of a time before it was known for whom it counts says what it
/// said.
pub(super) fn recount(db: &Writing<'_>, notice: &mut Notice, now: Moment) -> Result<bool, StoreError> {
    let staff: Option<String> =
        db.prepare_cached("select counts from notice where id = ?1")?.query_row([notice.id], |row| row.get(0))?;
    let Some(staff) = staff else { return Ok(true) };
    let count = count(db, &rows::stored("counts", StaffNumber::parse(&staff))?, now)?;
    if count == 0 {
        return Ok(false);
    }
    let message = notice::waiting(count);
    notices::say_instead(db, notice.id, &message)?;
    (notice.text, notice.facts) = (message.text, message.facts);
    Ok(true)
}

fn count(db: &Connection, staff: &StaffNumber, now: Moment) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached(&format!("select count(*) from ({WAITING})"))?
        .query_row([staff.as_str(), &CampusDay::of(now).to_string()], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use shared::{identity::Phone, ids::BookingId};

    use super::*;
    use crate::{
        office::{BookingForm, Choice, Revision, Together, notice::NoticeKind},
        store::{
            Came, GivenUp, NoticeState, Taken,
            office_days::{Office, form, links, staff},
        },
    };

    async fn book(office: &Office, booker: u8, seed: u8) -> BookingId {
        let booker = Phone::parse(&format!("138001301{booker:02}")).unwrap();
        office.submit_by(&booker, &form(), links(seed)).await
    }

    async fn take(office: &Office, at: Moment) -> Vec<Taken> {
        office.store.take_notices(Channel::Sms, None, 99, at).await.unwrap()
    }

    #[tokio::test]
    async fn many_are_told_in_one_that_counts_them_and_the_next_one_waits() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let half_hour = TimeDelta::minutes(30);
        store.tell_together(Together { more_than: 2, every: half_hour });
        let mut bookings = Vec::new();
        for seed in 1..=5 {
            bookings.push(book(&office, seed, seed).await);
        }
        assert_eq!(office.look("select count(*) from link_set"), 2, "two are told of with links");
        let taken = take(&office, *now).await;
        let texts: Vec<_> = taken.iter().map(|one| one.notice.text.clone()).collect();
        assert_eq!(texts.iter().filter(|text| text.contains("张晓明")).count(), 2);
        assert_eq!(texts.iter().filter(|text| text.contains("有 5 个")).count(), 1, "{texts:?}");
        assert_eq!(texts.len(), 3);
        let sent = |id| (id, Came::Sent { adapter: "post", handle: None });
        store.keep_notices(taken.iter().map(|one| sent(one.notice.id)).collect(), *now).await.unwrap();
        let (_, notices) = store.booking_with_notices(bookings[4], None).await.unwrap().unwrap();
        assert_eq!(notices[0].state, NoticeState::GivenUp(GivenUp::Together));
        for seed in 6..=7 {
            book(&office, seed, seed).await;
        }
        assert_eq!(take(&office, now.plus(TimeDelta::minutes(29))).await, []);
        let next = take(&office, now.plus(half_hour)).await;
        assert_eq!(next.len(), 1);
        assert!(next[0].notice.text.contains("有 7 个") && next[0].notice.path.as_deref() == Some("/bookings"));
    }

    #[tokio::test]
    async fn one_who_books_again_and_again_keeps_nobody_else_s_message_back() {
        let office = Office::with_host().await;
        office.store.tell_together(Together { more_than: 3, every: TimeDelta::minutes(30) });
        for seed in 1..=9 {
            book(&office, 1, seed).await;
        }
        book(&office, 2, 10).await;
        let taken = take(&office, office.now).await;
        assert!(taken.iter().all(|one| one.notice.text.contains("张晓明")), "{taken:?}");
        assert_eq!(taken.len(), 10);
        book(&office, 3, 11).await;
        let taken = take(&office, office.now).await;
        assert!(taken.iter().any(|one| one.notice.text.contains("有 11 个")), "{taken:?}");
    }

    /// The directory may name one telephone twice.
    #[tokio::test]
    async fn two_who_share_a_telephone_are_told_each_of_their_own() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let other = staff("T2", "王芳", office.host.phone.as_str());
        store.import_directory(vec![office.host.clone(), other], *now).await.unwrap();
        store.tell_together(Together { more_than: 0, every: TimeDelta::minutes(30) });
        let to_other = BookingForm { host_name: "王芳".to_owned(), host_number: "T2".to_owned(), ..form() };
        office.submit(&form(), 1).await;
        office.submit(&to_other, 2).await;
        assert_eq!(take(&office, *now).await.len(), 2);
    }

    #[tokio::test]
    async fn of_what_waits_no_more_when_its_notice_would_leave_nobody_is_told() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        store.tell_together(Together { more_than: 1, every: TimeDelta::minutes(30) });
        let (_, links) = office.submit(&form(), 1).await;
        let (second, _) = office.submit(&form(), 2).await;
        assert_eq!(office.look("select count(*) from notice where kind = 'waiting' and next_try is not null"), 3);
        let no = Choice::Decline { reason: None }.on(Revision::FIRST);
        store.decide(&links.sms, no, office.issuing(1), *now).await.unwrap();
        store.cancel(second, &Phone::parse("13800130009").unwrap(), *now).await.unwrap();
        let taken = store.take_notices(Channel::Sms, None, 99, *now).await.unwrap();
        assert!(!taken.is_empty() && taken.iter().all(|one| one.notice.kind != NoticeKind::Waiting));
        let needless = "select count(*) from notice where kind = 'waiting' and given_up = 'needless'";
        assert_eq!(office.look(needless), 1, "the other channels' have not been looked at yet");
    }
}
