//! Forgetting, in one transaction: what the office says is to be forgotten by now.

use rusqlite::{ToSql, params};
use shared::time::Moment;

use super::{
    Store, StoreError, attempts, code_book, deputies, drafts, notices, receipts, sessions, settled, unsent,
    writer::Writing,
};
use crate::office::{Retention, notice::NoticeKind};

/// How much was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Bookings that lost their document number.
    pub numbers: usize,
    /// Bookings that no longer say who came.
    pub rows: usize,
}

impl Store {
    /// Called at the start and every minute.
    pub async fn erase_due(&self, retention: Retention, now: Moment) -> Result<Erased, StoreError> {
        self.0.writer.write(move |db| erase(db, retention, now)).await
    }
}

fn erase(db: &mut Writing<'_>, retention: Retention, now: Moment) -> Result<Erased, StoreError> {
    let numbers = db.execute(
        "update booking set document = null, companion_documents = null, document_tag = null
         where day <= ?1 and document is not null",
        [retention.numbers_through(now).to_string()],
    )?;
    let through = retention.rows_through(now).to_string();
    let rows = anonymise(db, "day <= ?1", &through)?;
    // A code that is void, or was replaced or used, is not sent any more, however long the channel was down.
    let void = "kind = ?1 and next_try is not null and not exists
        (select 1 from sign_in_code c where c.notice = notice.id and c.expires_at > ?2)";
    let (codes, at) = (NoticeKind::SignInCode.name(), now.unix_ms());
    notices::unsay(db, void, &[&codes, &at])?;
    db.execute(&format!("update notice set next_try = null, given_up = 'needless' where {void}"), params![codes, at])?;
    // What closes a to-do holds no name, and is not given up before its own time; nor is what it closes forgotten before.
    let nobodys = r#"booking is null and made_at < ?1 and "to" <> '' and (kind <> 'settled' or next_try is null)
        and not exists (select 1 from notice s where s.follows = notice.id and s.next_try is not null)"#;
    let yesterday = now.minus(chrono::TimeDelta::days(1)).unix_ms();
    notices::unsay(db, nobodys, &[&yesterday])?;
    db.execute(&format!(r#"update notice set "to" = '', next_try = null where {nobodys}"#), [yesterday])?;
    sessions::forget(db, now)?;
    db.execute("delete from invitation where expires_at <= ?1", [now.unix_ms()])?;
    deputies::days_over(db, now)?;
    attempts::forget(db, now)?;
    code_book::forget(db, now)?;
    unsent::forget(db, now)?;
    drafts::forget(db, now)?;
    receipts::forget(db, now)?;
    if numbers > 0 || rows > 0 {
        db.touch_erased();
    }
    Ok(Erased { numbers, rows })
}

/// Bookings say no more than that somebody came: those of which `which` holds of `value`, and that still say more. How many.
///
/// Called every minute: what has been forgotten is not forgotten again, or old rows would be rewritten for ever.
pub(super) fn anonymise(db: &Writing<'_>, which: &str, value: &dyn ToSql) -> Result<usize, StoreError> {
    let these = format!("(select id from booking where {which} and not anonymous)");
    // Most minutes there is nothing, and links are found by no booking: they would be looked through for it.
    if !db.prepare_cached(&format!("select 1 where exists {these}"))?.exists([value])? {
        return Ok(0);
    }
    settled::let_go(db, &these, value)?;
    notices::unsay(db, &format!("booking in {these}"), &[value])?;
    for forget in [
        r#"update notice set "to" = '', path = null, next_try = null, failure = null,
               receipt_why = null, handle = null where booking in "#,
        "delete from reminder where booking in ",
        "update pass set page_token = null, sealed = null, record = null where booking in ",
        "delete from link_set where booking in ",
        "delete from approval_link where booking in ",
        "delete from companion_document where booking in ",
        "delete from party_number where booking in ",
    ] {
        db.execute(&format!("{forget}{these}"), [value])?;
    }
    let rows = db.execute(
        &format!(
            "update booking set booked_by = null, visitor = null, phone = null, reason = null, companions = null,
                 plates = null, last_four = null, document = null, companion_documents = null, document_tag = null,
                 document_index = null, decline_reason = null, ended_reason = null, anonymous = 1
             where {which} and not anonymous"
        ),
        [value],
    )?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        office::{Choice, Revision},
        store::office_days::{Office, today, with_companions},
    };

    #[tokio::test]
    async fn the_number_goes_first_and_the_rest_later() {
        let office = Office::with_host().await;
        let typed = with_companions(&[("李䶮", "440524188001010014")]);
        let (id, links) = office.submit(&typed, 1).await;
        let store = &office.store;
        store.decide(&links.sms, Choice::Approve.on(Revision::FIRST), office.issuing(1), office.now).await.unwrap();
        let held = Retention::default();
        let day = |days| today().plus_days(days).start();
        assert_eq!(store.erase_due(held, day(1)).await.unwrap(), Erased::default());
        assert_eq!(store.erase_due(held, day(2)).await.unwrap(), Erased { numbers: 1, rows: 0 });
        let numbers = "select count(*) from booking where document is not null or companion_documents is not null
            or document_tag is not null";
        assert_eq!(office.look(numbers), 0);
        assert_eq!(office.look("select count(*) from party_member"), 2);
        let view = store.booking(id).await.unwrap().unwrap();
        assert_eq!(view.facts.last_four.to_string(), "002X");
        assert_eq!(store.erase_due(held, day(91)).await.unwrap(), Erased::default());
        assert_eq!(store.erase_due(held, day(92)).await.unwrap(), Erased { numbers: 0, rows: 1 });
        assert!(store.booking(id).await.unwrap().is_none());
        assert!(store.link(&links.sms, office.now).await.unwrap().is_none());
        assert!(store.pass_page(&office.issuing(1).page).await.unwrap().is_none());
        let traces = r#"select count(*) from booking b left join notice n on n.booking = b.id
            left join said s on s.id = n.said
            where b.visitor is not null or b.phone is not null or s.body <> '' or n."to" <> ''"#;
        assert_eq!(office.look(traces), 0);
        assert_eq!(office.look("select (select count(*) from party_member) + (select count(*) from party_number)"), 0);
        assert_eq!(office.look("select count(*) from booking"), 1);
        assert_eq!(store.erase_due(held, day(200)).await.unwrap(), Erased::default());
    }

    #[tokio::test]
    async fn a_code_that_is_void_is_not_sent_any_more() {
        let office = Office::open();
        let limits = crate::config::SignIn::default().limits();
        let caller = |browser| crate::store::Caller {
            phone: shared::identity::Phone::parse("13800130001").unwrap(),
            browser: crate::store::BrowserToken::from_random([browser; 32]),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let store = &office.store;
        store.issue_code(&caller(1), "042042", office.now, &limits).await.unwrap();
        let due = async |after: chrono::TimeDelta| {
            let then = office.now.plus(after);
            store.erase_due(Retention::default(), then).await.unwrap();
            store.due_notices(then, 9).await.unwrap().len()
        };
        assert_eq!(due(chrono::TimeDelta::minutes(1)).await, 1);
        // The same browser's next code takes the place of its last, and not that of another browser's.
        let next = office.now.plus(chrono::TimeDelta::minutes(1));
        store.issue_code(&caller(1), "111111", next, &limits).await.unwrap();
        assert_eq!(due(chrono::TimeDelta::minutes(2)).await, 1);
        let next = office.now.plus(chrono::TimeDelta::minutes(2));
        store.issue_code(&caller(2), "222222", next, &limits).await.unwrap();
        assert_eq!(due(chrono::TimeDelta::minutes(3)).await, 2);
        assert_eq!(due(chrono::TimeDelta::minutes(7)).await, 0);
        assert_eq!(office.look("select count(*) from said where body <> ''"), 0);
        assert_ne!(office.look("select count(*) from attempt"), 0);
        due(chrono::TimeDelta::minutes(24 * 60 + 2)).await;
        assert_eq!(office.look("select count(*) from attempt"), 0);
    }
}
