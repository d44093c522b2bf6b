//! What becomes of notices beyond the outbox: who was lately handed one, and who has read theirs.

use rusqlite::{Connection, params};
use shared::time::Moment;

use super::{NoticeKey, Store, StoreError, rows, writer::Writing};
use crate::office::Channel;

impl Store {
    /// To whom a channel's provider was handed something between the two, and when.
    pub async fn handed_over(
        &self,
        channel: Channel,
        from: Moment,
        until: Moment,
    ) -> Result<Vec<(String, Moment)>, StoreError> {
        let handed = move |db: &Connection| {
            let mut query = db.prepare_cached(
                r#"select "to", coalesce(sent_at, taken_at) as handed_at from notice
                   where channel = ?1 and coalesce(sent_at, taken_at) between ?2 and ?3"#,
            )?;
            let mut found = query.query(params![channel.name(), from.unix_ms(), until.unix_ms()])?;
            let mut handed = Vec::new();
            while let Some(row) = found.next()? {
                handed.push((row.get("to")?, rows::moment(row, "handed_at")?));
            }
            Ok(handed)
        };
        self.0.readers.read(handed).await
    }

    /// `reader` has seen the notice of that key; whether there is such a one to them. The first time counts.
    pub async fn notice_read(
        &self,
        channel: Channel,
        key: NoticeKey,
        reader: &str,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let reader = reader.to_owned();
        let seen = move |db: &mut Writing<'_>| {
            let known = db.execute(
                r#"update notice set receipt_at = case receipt when 'read' then receipt_at else ?1 end,
                       receipt = 'read', receipt_why = null
                   where id = ?2 and made_at = ?3 and channel = ?4 and "to" = ?5 collate nocase"#,
                params![now.unix_ms(), key.id, key.made_at.unix_ms(), channel.name(), reader],
            )?;
            Ok(known > 0)
        };
        self.0.writer.write(seen).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::store::{
        Came,
        office_days::{Office, form},
    };

    #[tokio::test]
    async fn a_notice_is_read_by_whom_it_was_for_and_the_first_time_counts() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        office.submit(&form(), 1).await;
        let due = store.due_notices(*now, 10).await.unwrap();
        let notice = due.iter().find(|notice| notice.channel == Channel::Wecom).unwrap();
        let later = now.plus(TimeDelta::minutes(1));
        let read = async |key, reader: &str, at| store.notice_read(Channel::Wecom, key, reader, at).await.unwrap();
        assert!(!read(notice.key(), "somebody-else", *now).await);
        assert!(!read(NoticeKey::new(notice.id, later), &notice.to, *now).await);
        assert!(!store.notice_read(Channel::Hall, notice.key(), &notice.to, *now).await.unwrap());
        assert_eq!(office.look("select count(*) from notice where receipt is not null"), 0);
        assert!(read(notice.key(), &notice.to.to_uppercase(), *now).await);
        assert!(read(notice.key(), &notice.to, later).await);
        assert_eq!(office.look("select receipt_at from notice where receipt = 'read'"), now.unix_ms());
    }

    #[tokio::test]
    async fn what_was_handed_over_is_told_by_channel_and_time() {
        let office = Office::with_host().await;
        let Office { store, now, .. } = &office;
        office.submit(&form(), 1).await;
        let due = store.due_notices(*now, 10).await.unwrap();
        let sent = || Came::Sent { adapter: "wecom", handle: None };
        let all = due.iter().map(|notice| (notice.id, sent())).collect();
        store.keep_notices(all, *now).await.unwrap();
        let to = &due.iter().find(|notice| notice.channel == Channel::Wecom).unwrap().to;
        let later = now.plus(TimeDelta::milliseconds(1));
        let handed = async |from, until| store.handed_over(Channel::Wecom, from, until).await.unwrap();
        assert_eq!(handed(*now, later).await, [(to.clone(), *now)]);
        assert_eq!(handed(later, later).await, []);
    }
}
