//! Approval links: one per channel for the host, and for a deputy in force as many; each a right to decide one booking once.
//!
//! A link is never marked as dead: whether it still decides is read from the booking, so no two can ever disagree.
//!
//! Where text messages may hold no personal link they hold a code instead, made of the link's token. The code leads to a second
//! link of the same right, whose token only the server's key can make of it: the database keeps neither.

use std::{net::IpAddr, sync::Arc};

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::{BookingId, StaffNumber},
    time::{CampusDay, Moment},
};

use super::{
    AsOf, BookingView, IdentityKey, LinkToken, Store, StoreError,
    attempts::{self, By, Counted},
    booking_rows::Resting,
    bookings, deputies, directory, notices, rows, together,
    writer::Writing,
};
use crate::office::{
    ApprovalCode, ApprovalCodeLimits, Channel, Staff, Standing, Together,
    notice::{self, Message},
};

/// The tokens of one booking's links.
#[derive(Debug, Clone)]
pub struct Links {
    pub sms: LinkToken,
    pub hall: LinkToken,
    pub wecom: LinkToken,
    /// What the code leads to that a text message holds instead of its link, where it does.
    by_code: Option<LinkToken>,
}

impl Links {
    #[must_use]
    pub const fn from_random([sms, hall, wecom]: [[u8; 24]; 3]) -> Self {
        Self {
            by_code: None,
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
    pub const fn from_random(own: [[u8; 24]; 3], deputy: [[u8; 24]; 3]) -> Self {
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

/// What a typed code led to. A wrong one and one that is dead are told apart by nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeTyped {
    Right(LinkToken),
    Wrong,
    /// Too many were wrong.
    Limited {
        retry_at: Moment,
    },
}

impl Store {
    /// Links of which the text message holds a code.
    #[must_use]
    pub fn with_codes(&self, links: HostLinks) -> HostLinks {
        HostLinks { own: self.with_code(links.own), deputy: self.with_code(links.deputy) }
    }

    #[must_use]
    pub fn with_code(&self, links: Links) -> Links {
        let by_code = Some(self.key().link_of_code(links.sms.approval_code()));
        Links { by_code, ..links }
    }

    /// The link that a code from a text message stands for, while it decides. Wrong ones are counted, right ones are not. Their own
    /// are open to `staff`, who may decide on them anyway, whatever others have typed.
    pub async fn link_by_code(
        &self,
        code: ApprovalCode,
        (address, staff): (IpAddr, Option<&StaffNumber>),
        limits: ApprovalCodeLimits,
        now: Moment,
    ) -> Result<CodeTyped, StoreError> {
        let (key, staff) = (self.key().clone(), staff.cloned());
        let token = key.link_of_code(code);
        let look = move |db: &mut Writing<'_>| {
            if staff.is_some() && decides(db, &key, token.hash(), now)? == staff {
                return Ok(CodeTyped::Right(token));
            }
            let by = [
                (By::Address(address), limits.per_address),
                (By::Around(address), limits.per_network),
                (By::Everybody, limits.together),
            ];
            let mut retry_at = None;
            for (by, limit) in by {
                retry_at = retry_at.max(attempts::again_at(db, Counted::ApprovalCodeWrong, by, limit, now)?);
            }
            if let Some(retry_at) = retry_at {
                return Ok(CodeTyped::Limited { retry_at });
            }
            if decides(db, &key, token.hash(), now)?.is_some() {
                return Ok(CodeTyped::Right(token));
            }
            for (by, _) in by {
                attempts::count(db, Counted::ApprovalCodeWrong, by, now)?;
            }
            Ok(CodeTyped::Wrong)
        };
        self.0.writer.write(look).await
    }

    pub async fn link(&self, token: &LinkToken, now: Moment) -> Result<Option<LinkView>, StoreError> {
        let (hash, today) = (token.hash(), CampusDay::of(now));
        let look = move |db: &Connection| seen(db, hash, today);
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

fn seen(db: &Connection, hash: [u8; 32], today: CampusDay) -> Result<Option<Seen>, StoreError> {
    let Some(found) = find(db, hash)? else { return Ok(None) };
    let Some(booking) = bookings::resting(db, found.booking)? else { return Ok(None) };
    let holder = holder(db, &found, &booking.host().number, today)?;
    Ok(Some(Seen { booking, channel: found.channel, holder }))
}

/// For whom a link decides now, if it does.
fn decides(db: &Connection, key: &IdentityKey, hash: [u8; 32], now: Moment) -> Result<Option<StaffNumber>, StoreError> {
    let Some(Seen { booking, holder, .. }) = seen(db, hash, CampusDay::of(now))? else { return Ok(None) };
    let booking = booking.opened(key)?;
    let open = booking.standing == Standing::Waiting && now < booking.facts.over_at();
    Ok(holder.filter(|_| open).map(|holder| holder.number))
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

/// Writes the links and the notices that carry them to the host, and to who stands in for them today. Whoever has too many waiting is
/// told of all of them together.
pub(super) fn add(
    db: &mut Writing<'_>,
    booking: BookingId,
    (message, together): (&Message, Option<Together>),
    host: &Staff,
    links: &HostLinks,
    now: Moment,
) -> Result<(), StoreError> {
    add_for(db, (booking, message), (host, None), (&links.own, together), now)?;
    if let Some(deputy) = deputies::in_force(db, &host.number, CampusDay::of(now))? {
        let message = notice::for_deputy(message, host);
        add_for(db, (booking, &message), (&deputy, Some(&deputy.number)), (&links.deputy, together), now)?;
    }
    Ok(())
}

pub(super) fn add_for(
    db: &mut Writing<'_>,
    (booking, message): (BookingId, &Message),
    (to, holder): (&Staff, Option<&StaffNumber>),
    (links, together): (&Links, Option<Together>),
    now: Moment,
) -> Result<(), StoreError> {
    let many = match together {
        Some(together) => together::waiting(db, &to.number, now)?.filter(|many| many.counted > together.more_than),
        None => None,
    };
    for channel in Channel::ALL {
        let token = links.of(channel);
        let path = format!("/decide/{}", token.text());
        let asked = |path| notices::New { booking: Some(booking), channel, to: to.address(channel), message, path };
        if let (Some(many), Some(together)) = (many, together) {
            notices::add_untold(db, &asked(None), now)?;
            together::tell(db, to.address(channel), channel, many.all, together.every, now)?;
            continue;
        }
        keep(db, token, (booking, channel, holder))?;
        if let (Channel::Sms, Some(by_code)) = (channel, &links.by_code) {
            keep(db, by_code, (booking, channel, holder))?;
        }
        notices::add(db, &asked(Some(&path)), now)?;
    }
    Ok(())
}

/// Of two links that one code stands for, once in a million million, the newer is meant.
fn keep(
    db: &Writing<'_>,
    token: &LinkToken,
    (booking, channel, holder): (BookingId, Channel, Option<&StaffNumber>),
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert or replace into approval_link (token, booking, channel, holder) values (?1, ?2, ?3, ?4)",
    )?
    .execute(params![token.hash(), booking.get(), channel.name(), holder.map(StaffNumber::as_str)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use chrono::TimeDelta;

    use super::*;
    use crate::{
        config::Config,
        office::{Choice, Limit, Revision},
        store::office_days::{Office, form, links},
    };

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn limits() -> ApprovalCodeLimits {
        ApprovalCodeLimits {
            per_address: Limit::per_hour(3),
            per_network: Limit::per_day(4),
            together: Limit::per_day(5),
        }
    }

    async fn submit(office: &Office, seed: u8) -> ApprovalCode {
        let links = office.store.with_codes(links(seed));
        let code = links.own.sms.approval_code();
        office.submit_with(&form(), links).await;
        code
    }

    async fn typed(office: &Office, code: ApprovalCode, address: IpAddr, now: Moment) -> CodeTyped {
        office.store.link_by_code(code, (address, None), limits(), now).await.unwrap()
    }

    #[tokio::test]
    async fn a_code_leads_to_a_link_that_decides_and_dies_with_the_decision() {
        let office = Office::with_host().await;
        let code = submit(&office, 1).await;
        let CodeTyped::Right(link) = typed(&office, code, HERE, office.now).await else { panic!("it is right") };
        assert!(office.store.link(&link, office.now).await.unwrap().unwrap().open);
        assert_eq!(
            typed(&office, code, HERE, office.now).await,
            CodeTyped::Right(link.clone()),
            "as often as it is typed"
        );
        assert_eq!(office.look("select count(*) from attempt where what = 'approval_code_wrong'"), 0);
        let word = Choice::Approve.on(Revision::FIRST);
        office.store.decide(&link, word, office.issuing(1), office.now).await.unwrap();
        assert_eq!(typed(&office, code, HERE, office.now).await, CodeTyped::Wrong);
    }

    #[tokio::test]
    async fn a_code_dies_with_its_day_and_is_of_no_use_under_another_key() {
        let office = Office::with_host().await;
        let code = submit(&office, 1).await;
        assert_eq!(typed(&office, code, HERE, office.now.plus(TimeDelta::hours(16))).await, CodeTyped::Wrong);
        let other = IdentityKey::from_bytes(&[9; 32]);
        assert_ne!(other.link_of_code(code), office.store.key().link_of_code(code));
    }

    #[tokio::test]
    async fn without_a_code_template_there_is_no_second_link() {
        let office = Office::with_host().await;
        let (_, links) = office.submit(&form(), 1).await;
        assert_eq!(office.look("select count(*) from approval_link"), 3);
        assert_eq!(typed(&office, links.sms.approval_code(), HERE, office.now).await, CodeTyped::Wrong);
    }

    #[tokio::test]
    async fn wrong_codes_are_limited_by_address_by_network_and_together_and_then_no_code_is_looked_at() {
        let office = Office::with_host().await;
        let code = submit(&office, 1).await;
        let wrong = ApprovalCode::from_bytes([7; 5]);
        let address = |network, last| IpAddr::V4(Ipv4Addr::new(192, 0, network, last));
        for _ in 0..3 {
            assert_eq!(typed(&office, wrong, address(2, 1), office.now).await, CodeTyped::Wrong);
        }
        let hour = CodeTyped::Limited { retry_at: office.now.plus(TimeDelta::hours(1)) };
        assert_eq!(typed(&office, code, address(2, 1), office.now).await, hour);
        assert!(matches!(typed(&office, code, address(2, 2), office.now).await, CodeTyped::Right(_)));
        assert_eq!(typed(&office, wrong, address(2, 2), office.now).await, CodeTyped::Wrong);
        let day = CodeTyped::Limited { retry_at: office.now.plus(TimeDelta::days(1)) };
        assert_eq!(typed(&office, code, address(2, 3), office.now).await, day);
        assert!(matches!(typed(&office, code, address(3, 1), office.now).await, CodeTyped::Right(_)));
        assert_eq!(typed(&office, wrong, address(3, 1), office.now).await, CodeTyped::Wrong);
        assert_eq!(typed(&office, code, address(4, 1), office.now).await, day);
        // Signed in as its holder one opens it all the same, and nobody else's.
        for (number, opens) in [("T1", true), ("T2", false)] {
            let staff = StaffNumber::parse(number).unwrap();
            let typed = office.store.link_by_code(code, (address(4, 1), Some(&staff)), limits(), office.now).await;
            assert_eq!(matches!(typed.unwrap(), CodeTyped::Right(_)), opens, "{number}");
        }
    }

    #[tokio::test]
    async fn whoever_has_67_networks_or_one_of_a_renter_s_whole_closes_it_for_nobody_else() {
        let office = Office::with_host().await;
        let code = submit(&office, 1).await;
        let limits = Config::default().notify.approval_code.limits();
        let wrong = ApprovalCode::from_bytes([7; 5]);
        let six = |network: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 9, network, 0, 0, 0, 1));
        let four = |network: u8, last| IpAddr::V4(Ipv4Addr::new(198, 18, network, last));
        let mut looked_at = [0, 0];
        for address in (0..67).flat_map(|network| [1, 2, 3].map(|last| four(network, last))).chain((0..99).map(six)) {
            for _ in 0..40 {
                let typed = office.store.link_by_code(wrong, (address, None), limits, office.now).await.unwrap();
                let which = usize::from(address.is_ipv6());
                looked_at[which] += u32::from(typed == CodeTyped::Wrong);
            }
        }
        assert_eq!(looked_at, [67 * 60, 60]);
        let typed = office.store.link_by_code(code, (four(99, 1), None), limits, office.now).await.unwrap();
        assert!(matches!(typed, CodeTyped::Right(_)));
    }

    #[test]
    fn guessing_is_hopeless_within_the_usual_limits() {
        let limits = Config::default().notify.approval_code.limits();
        // With 10,000 good codes about, a day of guessing hits once in 10,000 days.
        let a_day = f64::from(limits.together.most) * 10_000.0 / 2_f64.powi(40);
        assert!(a_day <= 1e-4, "{a_day}");
    }
}
