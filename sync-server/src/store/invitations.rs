//! A host's invitation: a link that names the host, so that a visitor need not know number or phone.
//!
//! It is no approval; whoever books by it waits for the host's word like anybody else. A host has one at a time, and a new one ends
//! the one before.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{ids::StaffNumber, time::Moment};

use super::{InvitationToken, Store, StoreError, directory, rows, sealing::Purpose, writer::Writing};
use crate::office::Staff;

/// As its host is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub token: InvitationToken,
    pub expires_at: Moment,
}

impl Store {
    /// In place of the one before.
    pub async fn invite_visitors(
        &self,
        host: &StaffNumber,
        token: &InvitationToken,
        expires_at: Moment,
    ) -> Result<(), StoreError> {
        let sealed = self.key().seal(Purpose::Invitation, token.bytes())?;
        let (host, hash) = (host.clone(), token.hash());
        let invite = move |db: &mut Writing<'_>| {
            db.execute(
                "insert or replace into invitation (host, hash, sealed, expires_at) values (?1, ?2, ?3, ?4)",
                params![host.as_str(), hash, sealed, expires_at.unix_ms()],
            )?;
            Ok(())
        };
        self.0.writer.write(invite).await
    }

    pub async fn end_invitation(&self, host: &StaffNumber) -> Result<(), StoreError> {
        let host = host.clone();
        let end = move |db: &mut Writing<'_>| {
            db.execute("delete from invitation where host = ?1", [host.as_str()])?;
            Ok(())
        };
        self.0.writer.write(end).await
    }

    /// The one that is good now.
    pub async fn invitation(&self, host: &StaffNumber, now: Moment) -> Result<Option<Invitation>, StoreError> {
        let (host, key) = (host.clone(), self.key().clone());
        let find = move |db: &Connection| {
            let mut query =
                db.prepare_cached("select sealed, expires_at from invitation where host = ?1 and expires_at > ?2")?;
            let mut found = query.query(params![host.as_str(), now.unix_ms()])?;
            let Some(row) = found.next()? else { return Ok(None) };
            let token = key.open(Purpose::Invitation, &row.get::<_, Vec<u8>>("sealed")?)?;
            let token: [u8; 32] = token.as_slice().try_into().map_err(|_| StoreError::Stored { what: "invitation" })?;
            let expires_at = rows::moment(row, "expires_at")?;
            Ok(Some(Invitation { token: InvitationToken::from_random(token), expires_at }))
        };
        self.0.readers.look(find).await
    }

    /// Who invites by this link, if it is still good and they are still here.
    pub async fn invited_by(&self, token: &InvitationToken, now: Moment) -> Result<Option<Staff>, StoreError> {
        let hash = token.hash();
        self.0.readers.look(move |db| host_of(db, hash, now)).await
    }
}

pub(super) fn host_of(db: &Connection, hash: [u8; 32], now: Moment) -> Result<Option<Staff>, StoreError> {
    let host: Option<String> = db
        .prepare_cached("select host from invitation where hash = ?1 and expires_at > ?2")?
        .query_row(params![hash, now.unix_ms()], |row| row.get(0))
        .optional()?;
    let Some(host) = host else { return Ok(None) };
    directory::by_number(db, &rows::stored("host", StaffNumber::parse(&host))?)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::store::office_days::Office;

    #[tokio::test]
    async fn an_invitation_names_its_host_until_it_ends_or_another_is_made() {
        let office = Office::with_host().await;
        let Office { store, now, host, .. } = &office;
        let [first, second] = [1, 2].map(|byte| InvitationToken::from_random([byte; 32]));
        let end = now.plus(TimeDelta::days(14));
        store.invite_visitors(&host.number, &first, end).await.unwrap();
        let invited = async |token: &InvitationToken, at: Moment| store.invited_by(token, at).await.unwrap();
        assert_eq!(invited(&first, *now).await.as_ref(), Some(host));
        assert_eq!(invited(&second, *now).await, None);
        assert_eq!(invited(&first, end).await, None, "it is over");
        store.invite_visitors(&host.number, &second, end).await.unwrap();
        assert_eq!(invited(&first, *now).await, None, "there is a newer one");
        let shown = store.invitation(&host.number, *now).await.unwrap();
        assert_eq!(shown, Some(Invitation { token: second.clone(), expires_at: end }));
        assert_eq!(store.invitation(&host.number, end).await.unwrap(), None);
        store.import_directory(Vec::new(), *now).await.unwrap();
        assert_eq!(invited(&second, *now).await, None, "who has left invites nobody");
        store.end_invitation(&host.number).await.unwrap();
        assert_eq!(office.look("select count(*) from invitation"), 0);
    }
}
