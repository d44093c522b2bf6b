//! Reading a booking back from its row, every field through the parser of its type.

use std::sync::Arc;

use rusqlite::Row;
use shared::{
    identity::{DocumentKind, LastFour, PersonName, Phone, Plate},
    ids::{BookingId, PassId},
};

use super::{BookingView, IdentityKey, IssuedPass, PageToken, StoreError, rows, sealing::Purpose};
use crate::office::{Approver, Facts, Reason, Revision, RevokedBy, Staff, Standing, TimeOfDay, Via};

/// A booking as it lies in the database: the address of its pass is sealed.
pub(super) struct Resting {
    view: Arc<BookingView>,
    pass: Option<(PassId, Vec<u8>)>,
}

impl Resting {
    pub(super) fn host(&self) -> &Staff {
        &self.view.host
    }

    pub(super) fn opened(&self, key: &IdentityKey) -> Result<Arc<BookingView>, StoreError> {
        let Some((pass, page)) = &self.pass else { return Ok(Arc::clone(&self.view)) };
        Ok(Arc::new(BookingView { pass: Some(issued(*pass, page, key)?), ..BookingView::clone(&self.view) }))
    }
}

pub(super) fn view(row: &Row<'_>, key: &IdentityKey) -> Result<BookingView, StoreError> {
    let pass = pass(row)?.map(|(pass, page)| issued(pass, &page, key)).transpose()?;
    Ok(BookingView { pass, ..without_pass(row)? })
}

pub(super) fn resting(row: &Row<'_>) -> Result<Resting, StoreError> {
    Ok(Resting { view: Arc::new(without_pass(row)?), pass: pass(row)? })
}

fn without_pass(row: &Row<'_>) -> Result<BookingView, StoreError> {
    Ok(BookingView {
        id: BookingId::new(row.get("id")?),
        made_at: rows::moment(row, "made_at")?,
        booked_by: row
            .get::<_, Option<String>>("booked_by")?
            .map(|phone| rows::stored("booked_by", Phone::parse(&phone).ok()))
            .transpose()?,
        facts: facts(row)?,
        host: rows::staff(row)?,
        standing: standing(row)?,
        revision: Revision::new(row.get("revision")?),
        replaces: row.get::<_, Option<i64>>("replaces")?.map(BookingId::new),
        successor: row.get::<_, Option<i64>>("successor")?.map(BookingId::new),
        pass: None,
    })
}

pub(super) fn facts(row: &Row<'_>) -> Result<Facts, StoreError> {
    let time = |column| rows::parsed(row, column, TimeOfDay::from_minutes);
    Ok(Facts {
        visitor: rows::name(row, "visitor")?,
        document_kind: rows::parsed(row, "document_kind", DocumentKind::from_code)?,
        last_four: rows::parsed(row, "last_four", LastFour::from_bits)?,
        phone: rows::phone(row, "phone")?,
        reason: Reason::from_store(rows::text(row, "reason")?),
        campus: rows::campus(row, "campus")?,
        day: rows::day(row, "day")?,
        from: time("from_minute")?,
        until: time("until_minute")?,
        companions: serde_json::from_str::<Vec<PersonName>>(&rows::text(row, "companions")?)?,
        unnamed: row.get("unnamed")?,
        plates: serde_json::from_str::<Vec<Plate>>(&rows::text(row, "plates")?)?,
    })
}

pub(super) fn standing(row: &Row<'_>) -> Result<Standing, StoreError> {
    let approver = || {
        Ok::<_, StoreError>(Approver {
            number: rows::staff_number(row, "decided_number")?,
            name: rows::name(row, "decided_name")?,
            via: rows::parsed(row, "decided_via", |name: String| Via::from_name(&name))?,
        })
    };
    let reason = |column| Ok::<_, StoreError>(row.get::<_, Option<String>>(column)?.map(Reason::from_store));
    let name: String = row.get("standing")?;
    Ok(match name.as_str() {
        "waiting" => Standing::Waiting,
        "approved" => Standing::Approved { by: approver()?, at: rows::moment(row, "decided_at")? },
        "declined" => Standing::Declined {
            by: approver()?,
            at: rows::moment(row, "decided_at")?,
            reason: reason("decline_reason")?,
        },
        "cancelled" => Standing::Cancelled { at: rows::moment(row, "ended_at")? },
        "revoked" => {
            let ended_by: String = rows::text(row, "ended_by")?;
            let by = match ended_by.as_str() {
                "visitor" => RevokedBy::Visitor,
                "host" => RevokedBy::Host {
                    number: rows::staff_number(row, "ended_number")?,
                    name: rows::name(row, "ended_name")?,
                },
                "officer" => RevokedBy::Officer { reason: rows::stored("ended_reason", reason("ended_reason")?)? },
                _ => return Err(StoreError::Stored { what: "ended_by" }),
            };
            Standing::Revoked { by, at: rows::moment(row, "ended_at")? }
        }
        _ => return Err(StoreError::Stored { what: "standing" }),
    })
}

fn pass(row: &Row<'_>) -> Result<Option<(PassId, Vec<u8>)>, StoreError> {
    let (pass, page) = (row.get::<_, Option<[u8; 8]>>("pass")?, row.get::<_, Option<Vec<u8>>>("page_token")?);
    Ok(pass.map(PassId::from_bytes).zip(page))
}

fn issued(pass: PassId, page: &[u8], key: &IdentityKey) -> Result<IssuedPass, StoreError> {
    let page = key.open(Purpose::Page, page)?;
    let page = rows::stored("page_token", PageToken::from_bytes(&page))?;
    Ok(IssuedPass { pass, page })
}
