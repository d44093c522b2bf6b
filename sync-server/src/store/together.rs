//! One notice in place of many, for a host whom many wait for: it names how many they are and leads to their list.
//!
//! While it has not gone out it is kept up to date; the next one waits its time.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::StaffNumber,
    time::{CampusDay, Moment},
};

use super::{StoreError, deputies::DECIDES, notices, writer::Writing};
use crate::office::{
    Channel,
    notice::{self, NoticeKind},
};

/// Of those that wait for one host, as many of one booker count towards telling of all together: else a single stranger who books
/// often enough keeps the others' messages back.
const OF_ONE_BOOKER: u32 = 2;

/// Bookings that wait for the word of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) all: u32,
    /// Those that count towards being told of together.
    pub(super) counted: u32,
}

/// How many bookings wait for the word of this member of staff; `None` for none.
pub(super) fn waiting(db: &Connection, staff: &StaffNumber, now: Moment) -> Result<Option<Waiting>, StoreError> {
    let sql = format!(
        "select ifnull(sum(of_one), 0), ifnull(sum(min(of_one, ?3)), 0) from
             (select count(*) as of_one from booking b
              where {DECIDES} and b.standing = 'waiting' and b.day >= ?2 group by b.booked_by)"
    );
    let waiting = db
        .prepare_cached(&sql)?
        .query_row(params![staff.as_str(), &CampusDay::of(now).to_string(), OF_ONE_BOOKER], |row| {
            Ok(Waiting { all: row.get(0)?, counted: row.get(1)? })
        })?;
    Ok((waiting.all > 0).then_some(waiting))
}

pub(super) fn tell(
    db: &mut Writing<'_>,
    to: &str,
    channel: Channel,
    count: u32,
    every: TimeDelta,
    now: Moment,
) -> Result<(), StoreError> {
    let message = notice::waiting(count);
    let still_here = db
        .prepare_cached(
            r#"update notice set body = ?4, facts = ?5
               where "to" = ?1 and channel = ?2 and kind = ?3 and next_try is not null and taken_at is null and tries = 0"#,
        )?
        .execute(params![
            to,
            channel.name(),
            NoticeKind::Waiting.name(),
            message.text,
            notices::written(&message.facts)?
        ])?;
    if still_here > 0 {
        return Ok(());
    }
    let last: Option<i64> = db
        .prepare_cached(
            r#"select max(coalesce(sent_at, made_at)) from notice where "to" = ?1 and channel = ?2 and kind = ?3"#,
        )?
        .query_row(params![to, channel.name(), NoticeKind::Waiting.name()], |row| row.get(0))
        .optional()?
        .flatten();
    let at = last.map_or(now, |last| now.max(Moment::from_unix_ms(last).plus(every)));
    let notice = notices::New { booking: None, channel, to, message: &message, path: Some("/bookings") };
    notices::add_for_later(db, &notice, at, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared::{identity::Phone, ids::BookingId};

    use super::*;
    use crate::{
        office::Together,
        store::{
            Came, GivenUp, NoticeState, Taken,
            office_days::{Office, form, links},
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
        assert_eq!(office.look("select count(*) from approval_link"), 6, "two are told of with links");
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
}
