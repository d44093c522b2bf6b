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

/// How many bookings wait for the word of this member of staff; `None` for none.
pub(super) fn waiting(db: &Connection, staff: &StaffNumber, now: Moment) -> Result<Option<u32>, StoreError> {
    let sql = format!("select count(*) from booking b where {DECIDES} and b.standing = 'waiting' and b.day >= ?2");
    let count: u32 =
        db.prepare_cached(&sql)?.query_row([staff.as_str(), &CampusDay::of(now).to_string()], |row| row.get(0))?;
    Ok((count > 0).then_some(count))
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
    use super::*;
    use crate::{
        office::Together,
        store::{
            Came, GivenUp, NoticeState,
            office_days::{Office, form},
        },
    };

    #[tokio::test]
    async fn many_are_told_in_one_that_counts_them_and_the_next_one_waits() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        let half_hour = TimeDelta::minutes(30);
        store.tell_together(Together { more_than: 2, every: half_hour });
        let mut bookings = Vec::new();
        for seed in 1..=5 {
            bookings.push(office.submit(&form(), seed).await.0);
        }
        assert_eq!(office.look("select count(*) from approval_link"), 6, "two are told of with links");
        let take = async |at| store.take_notices(Channel::Sms, None, 99, at).await.unwrap();
        let taken = take(*now).await;
        let texts: Vec<_> = taken.iter().map(|one| one.notice.text.clone()).collect();
        assert_eq!(texts.iter().filter(|text| text.contains("张晓明")).count(), 2);
        assert_eq!(texts.iter().filter(|text| text.contains("有 5 个")).count(), 1, "{texts:?}");
        assert_eq!(texts.len(), 3);
        let sent = |id| (id, Came::Sent { adapter: "post", handle: None });
        store.keep_notices(taken.iter().map(|one| sent(one.notice.id)).collect(), *now).await.unwrap();
        let (_, notices) = store.booking_with_notices(bookings[4], None).await.unwrap().unwrap();
        assert_eq!(notices[0].state, NoticeState::GivenUp(GivenUp::Together));
        for seed in 6..=7 {
            office.submit(&form(), seed).await;
        }
        assert_eq!(take(now.plus(TimeDelta::minutes(29))).await, []);
        let next = take(now.plus(half_hour)).await;
        assert_eq!(next.len(), 1);
        assert!(next[0].notice.text.contains("有 7 个") && next[0].notice.path.as_deref() == Some("/bookings"));
    }
}
