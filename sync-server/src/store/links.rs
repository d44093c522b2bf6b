//! Approval links: one per channel for the host, and for a deputy in force as many; each a right to decide one booking once.
//!
//! A link is never marked as dead: whether it still decides is read from the booking, so no two can ever disagree.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::{BookingId, StaffNumber},
    time::{CampusDay, Moment},
};

use super::{
    AsOf, BookingView, LinkToken, Store, StoreError, booking_rows::Resting, bookings, deputies, directory, notices,
    rows, writer::Writing,
};
use crate::office::{
    Channel, Staff, Standing,
    notice::{self, NoticeKind},
};

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

/// The links of one booking: the host's own, and those for a deputy, should there be one.
#[derive(Debug, Clone)]
pub struct HostLinks {
    pub own: Links,
    pub deputy: Links,
}

impl HostLinks {
    #[must_use]
    pub const fn from_random(own: [[u8; 32]; 3], deputy: [[u8; 32]; 3]) -> Self {
        Self { own: Links::from_random(own), deputy: Links::from_random(deputy) }
    }
}

/// What a link shows.
#[derive(Debug, Clone)]
pub struct LinkView {
    pub booking: Arc<BookingView>,
    /// By which channel this very link travelled.
    pub channel: Channel,
    /// Whose right to decide it is: the host's, or a deputy's; `None` when they have left or no longer stand in.
    pub holder: Option<Staff>,
    /// Whether it still decides; if not, the booking's standing says why, or its day is over, or its holder may not.
    pub open: bool,
    pub as_of: Option<AsOf>,
}

impl Store {
    pub async fn link(&self, token: &LinkToken, now: Moment) -> Result<Option<LinkView>, StoreError> {
        let (hash, today) = (token.hash(), CampusDay::of(now));
        let look = move |db: &Connection| {
            let Some(found) = find(db, hash)? else { return Ok(None) };
            let Some(booking) = bookings::resting(db, found.booking)? else { return Ok(None) };
            let holder = holder(db, &found, &booking.host().number, today)?;
            Ok(Some(Seen { booking, channel: found.channel, holder }))
        };
        let (seen, as_of) = self.0.readers.look_held(|shelves| &mut shelves.links, (hash, today), None, look).await?;
        let Some(Seen { booking, channel, holder }) = &*seen else { return Ok(None) };
        let booking = booking.opened(self.key())?;
        let open = holder.is_some() && booking.standing == Standing::Waiting && now < booking.facts.over_at();
        Ok(Some(LinkView { booking, channel: *channel, holder: holder.clone(), open, as_of }))
    }
}

/// What a link shows all day long.
pub(super) struct Seen {
    booking: Resting,
    channel: Channel,
    holder: Option<Staff>,
}

pub(super) struct Found {
    pub(super) booking: BookingId,
    pub(super) channel: Channel,
    /// `None`: the booking's host.
    holder: Option<StaffNumber>,
}

pub(super) fn find(db: &Connection, hash: [u8; 32]) -> Result<Option<Found>, StoreError> {
    type Row = (i64, String, Option<String>);
    let found: Option<Row> = db
        .prepare_cached("select booking, channel, holder from approval_link where token = ?1")?
        .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((booking, channel, holder)) = found else { return Ok(None) };
    Ok(Some(Found {
        booking: BookingId::new(booking),
        channel: rows::stored("channel", Channel::from_name(&channel))?,
        holder: holder.map(|number| rows::stored("holder", StaffNumber::parse(&number))).transpose()?,
    }))
}

/// Who may decide by this link today. A link outlives its holder's time at the university, and a deputy's days; the right to
/// decide does not.
pub(super) fn holder(
    db: &Connection,
    found: &Found,
    host: &StaffNumber,
    today: CampusDay,
) -> Result<Option<Staff>, StoreError> {
    match &found.holder {
        Some(deputy) if !deputies::stands_in(db, deputy, host, today)? => Ok(None),
        Some(holder) => directory::by_number(db, holder),
        None => directory::by_number(db, host),
    }
}

/// Writes the links and the notices that carry them to the host, and to who stands in for them today.
pub(super) fn add(
    db: &mut Writing<'_>,
    booking: BookingId,
    text: &str,
    host: &Staff,
    links: &HostLinks,
    now: Moment,
) -> Result<(), StoreError> {
    add_for(db, (booking, text), (host, None), &links.own, now)?;
    if let Some(deputy) = deputies::in_force(db, &host.number, CampusDay::of(now))? {
        let text = notice::for_deputy(text, host);
        add_for(db, (booking, &text), (&deputy, Some(&deputy.number)), &links.deputy, now)?;
    }
    Ok(())
}

fn add_for(
    db: &mut Writing<'_>,
    (booking, text): (BookingId, &str),
    (to, holder): (&Staff, Option<&StaffNumber>),
    links: &Links,
    now: Moment,
) -> Result<(), StoreError> {
    for channel in Channel::ALL {
        let token = links.of(channel);
        db.prepare_cached("insert into approval_link (token, booking, channel, holder) values (?1, ?2, ?3, ?4)")?
            .execute(params![token.hash(), booking.get(), channel.name(), holder.map(StaffNumber::as_str)])?;
        let notice = notices::New {
            booking: Some(booking),
            kind: NoticeKind::ApprovalAsked,
            channel,
            to: to.address(channel),
            text,
            path: Some(&format!("/decide/{}", token.text())),
        };
        notices::add(db, &notice, now)?;
    }
    Ok(())
}
