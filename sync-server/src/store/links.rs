//! Approval links: one per channel, each a right to decide one booking once.
//!
//! A link is never marked as dead: whether it still decides is read from the booking, so the three can never disagree.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{ids::BookingId, time::Moment};

use super::{BookingView, LinkToken, Store, StoreError, bookings, directory, notices, rows, writer::Writing};
use crate::office::{Channel, Staff, Standing, notice::NoticeKind};

/// The tokens of one booking's links.
#[derive(Debug, Clone)]
pub struct Links {
    pub sms: LinkToken,
    pub hall: LinkToken,
    pub wecom: LinkToken,
}

impl Links {
    #[must_use]
    pub const fn from_random([sms, hall, wecom]: [[u8; 32]; 3]) -> Self {
        Self {
            sms: LinkToken::from_random(sms),
            hall: LinkToken::from_random(hall),
            wecom: LinkToken::from_random(wecom),
        }
    }

    #[must_use]
    pub const fn of(&self, channel: Channel) -> &LinkToken {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Hall => &self.hall,
            Channel::Wecom => &self.wecom,
        }
    }
}

/// What a link shows.
#[derive(Debug, Clone)]
pub struct LinkView {
    pub booking: BookingView,
    /// By which channel this very link travelled.
    pub channel: Channel,
    /// Whether it still decides; if not, the booking's standing says why, or its day is over, or the host
    /// has left.
    pub open: bool,
}

impl Store {
    pub async fn link(&self, token: &LinkToken, now: Moment) -> Result<Option<LinkView>, StoreError> {
        let (hash, key) = (token.hash(), self.key().clone());
        let view = move |db: &Connection| {
            let Some((id, channel)) = find(db, hash)? else { return Ok(None) };
            let Some(booking) = bookings::by_id(db, &key, id)? else { return Ok(None) };
            let here = directory::by_number(db, &booking.host.number)?.is_some();
            let open = here && booking.standing == Standing::Waiting && now < booking.facts.over_at();
            Ok(Some(LinkView { booking, channel, open }))
        };
        self.0.readers.read(view).await
    }
}

pub(super) fn find(db: &Connection, hash: [u8; 32]) -> Result<Option<(BookingId, Channel)>, StoreError> {
    let found: Option<(i64, String)> = db
        .prepare_cached("select booking, channel from approval_link where token = ?1")?
        .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(booking, channel)| Ok((BookingId::new(booking), rows::stored("channel", Channel::from_name(&channel))?)))
        .transpose()
}

/// Writes the links and the notices that carry them to the host.
pub(super) fn add(
    db: &mut Writing<'_>,
    booking: BookingId,
    text: &str,
    host: &Staff,
    links: &Links,
    now: Moment,
) -> Result<(), StoreError> {
    for channel in Channel::ALL {
        let token = links.of(channel);
        db.prepare_cached("insert into approval_link (token, booking, channel) values (?1, ?2, ?3)")?
            .execute(params![token.hash(), booking.get(), channel.name()])?;
        let notice = notices::New {
            booking: Some(booking),
            kind: NoticeKind::ApprovalAsked,
            channel,
            to: host.address(channel),
            text,
            path: Some(&format!("/decide/{}", token.text())),
        };
        notices::add(db, &notice, now)?;
    }
    Ok(())
}
