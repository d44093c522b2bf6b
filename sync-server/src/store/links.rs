//! Approval links: one per channel for the host, and for a deputy in force as many; each a right to decide one booking once.
//!
//! A link is never marked as dead: whether it still decides is read from the booking, so no two can ever disagree.
//!
//! Where text messages may hold no personal link they hold a code instead, made of the link's token. The code leads to a second
//! link of the same right, whose token only the server's key can make of it: the database keeps neither.

use std::{net::IpAddr, sync::Arc};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::{
    ids::{BookingId, StaffNumber},
    time::{CampusDay, Moment},
};

use super::{
    AsOf, BookingView, IdentityKey, LinkToken, Store, StoreError,
    attempts::{self, By, Counted},
    booking_rows::Resting,
    bookings, deputies, directory, notices, rows, together,
    token::KnownLink,
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
    /// Their tokens begin alike, with the number of their row; what follows is each one's own.
    #[must_use]
    pub fn from_random([sms, hall, wecom]: [[u8; 24]; 3]) -> Self {
        let sms = LinkToken::from_random(sms);
        let (hall, wecom) = (LinkToken::from_random(hall).beside(&sms), LinkToken::from_random(wecom).beside(&sms));
        Self { by_code: None, sms, hall, wecom }
    }

    /// The same, of which the rows of one time lie together: where each begins elsewhere, each is written to a page of its own.
    #[must_use]
    pub fn made_at(self, now: Moment) -> Self {
        let Self { by_code, sms, hall, wecom } = self;
        let sms = sms.made_at(now);
        Self { by_code, hall: hall.beside(&sms), wecom: wecom.beside(&sms), sms }
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
    pub fn from_random(own: [[u8; 24]; 3], deputy: [[u8; 24]; 3]) -> Self {
        Self { own: Links::from_random(own), deputy: Links::from_random(deputy) }
    }

    #[must_use]
    pub fn made_at(self, now: Moment) -> Self {
        Self { own: self.own.made_at(now), deputy: self.deputy.made_at(now) }
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
            // To whom it was sent, and who is signed in, it also says who was first.
            if staff.is_some() && sent_to(db, token.known(), now)? == staff {
                return Ok(CodeTyped::Right(token.clone()));
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
            if decides(db, &key, token.known(), now)?.is_some() {
                return Ok(CodeTyped::Right(token.clone()));
            }
            for (by, _) in by {
                attempts::count(db, Counted::ApprovalCodeWrong, by, now)?;
            }
            Ok(CodeTyped::Wrong)
        };
        self.0.writer.write(look).await
    }

    pub async fn link(&self, token: &LinkToken, now: Moment) -> Result<Option<LinkView>, StoreError> {
        let (known, today) = (token.known(), CampusDay::of(now));
        let look = move |db: &Connection| seen(db, known, today);
        let (seen, as_of) = self.0.readers.look_held(|shelves| &mut shelves.links, (known, today), None, look).await?;
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

fn seen(db: &Connection, link: KnownLink, today: CampusDay) -> Result<Option<Seen>, StoreError> {
    let Some(found) = find(db, link)? else { return Ok(None) };
    let Some(booking) = bookings::resting(db, found.booking)? else { return Ok(None) };
    let holder = holder(db, &found, &booking.host().number, today)?;
    Ok(Some(Seen { booking, channel: found.channel, holder }))
}

fn sent_to(db: &Connection, link: KnownLink, now: Moment) -> Result<Option<StaffNumber>, StoreError> {
    Ok(seen(db, link, CampusDay::of(now))?.and_then(|seen| seen.holder).map(|holder| holder.number))
}

/// For whom a link decides now, if it does.
fn decides(
    db: &Connection,
    key: &IdentityKey,
    link: KnownLink,
    now: Moment,
) -> Result<Option<StaffNumber>, StoreError> {
    let Some(Seen { booking, holder, .. }) = seen(db, link, CampusDay::of(now))? else { return Ok(None) };
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

pub(super) fn find(db: &Connection, link: KnownLink) -> Result<Option<Found>, StoreError> {
    type Kept = (i64, String, Option<String>);
    let read = |row: &Row<'_>| -> rusqlite::Result<Kept> { Ok((row.get(0)?, row.get(1)?, row.get(2)?)) };
    let mut of_set = db.prepare_cached(
        "select booking, case ?2 when sms then 'sms' when hall then 'hall' else 'wecom' end, holder from link_set
         where number = ?1 and ?2 in (sms, hall, wecom)",
    )?;
    let found = match of_set.query_row(params![link.number, link.hash], read).optional()? {
        Some(found) => Some(found),
        None => db
            .prepare_cached("select booking, channel, holder from approval_link where token = ?1")?
            .query_row([link.hash], read)
            .optional()?,
    };
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
    if let Some(together) = together
        && together::are_many(db, &to.number, together.more_than, now)?
    {
        for channel in Channel::ALL {
            let address = to.address(channel);
            let new = notices::New { booking: Some(booking), channel, to: address, message, path: None };
            notices::add_untold(db, &new, now)?;
            together::tell(db, (&to.number, address), channel, together.every, now)?;
        }
        return Ok(());
    }
    keep(db, links, (booking, holder))?;
    if let Some(by_code) = &links.by_code {
        keep_alone(db, by_code, (booking, Channel::Sms, holder))?;
    }
    let paths = Channel::ALL.map(|channel| format!("/decide/{}", links.of(channel).text()));
    let [sms, hall, wecom] = paths.each_ref().map(String::as_str);
    let told = [(Channel::Sms, sms), (Channel::Hall, hall), (Channel::Wecom, wecom)];
    notices::add_to_all(db, booking, message, told.map(|(channel, path)| (channel, to.address(channel), path)), now)
}

fn keep(
    db: &Writing<'_>,
    links: &Links,
    (booking, holder): (BookingId, Option<&StaffNumber>),
) -> Result<(), StoreError> {
    let [sms, hall, wecom] = Channel::ALL.map(|channel| links.of(channel).known());
    let holder_number = holder.map(StaffNumber::as_str);
    let kept = db
        .prepare_cached(
            "insert into link_set (number, booking, holder, sms, hall, wecom) values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict (number) do nothing",
        )?
        .execute(params![sms.number, booking.get(), holder_number, sms.hash, hall.hash, wecom.hash])?;
    if kept == 0 {
        // Another set has drawn the same number, as may happen once in a rush.
        for channel in Channel::ALL {
            keep_alone(db, links.of(channel), (booking, channel, holder))?;
        }
    }
    Ok(())
}

/// Of two links that one code stands for, once in a million million, the newer is meant.
fn keep_alone(
    db: &Writing<'_>,
    token: &LinkToken,
    (booking, channel, holder): (BookingId, Channel, Option<&StaffNumber>),
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert or replace into approval_link (token, booking, channel, holder) values (?1, ?2, ?3, ?4)",
    )?
    .execute(params![token.known().hash, booking.get(), channel.name(), holder.map(StaffNumber::as_str)])?;
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
        assert_eq!(office.look("select count(*) from link_set"), 1);
        assert_eq!(office.look("select count(*) from approval_link"), 0);
        assert_eq!(typed(&office, links.sms.approval_code(), HERE, office.now).await, CodeTyped::Wrong);
    }

    #[tokio::test]
    async fn links_decide_each_for_itself_whatever_was_drawn_and_however_they_are_kept() {
        let office = Office::with_host().await;
        let of_one = |seed: u8| {
            let bits = [seed, seed + 1, seed + 2].map(|byte| [[7; 8].as_slice(), &[byte; 16]].concat());
            Links::from_random(bits.map(|bits| bits.try_into().unwrap()))
        };
        for (seed, rows) in [(10, [1, 0]), (20, [1, 3])] {
            let own = of_one(seed);
            let id = office.submit_with(&form(), HostLinks { own: own.clone(), deputy: of_one(99) }).await;
            let kept = ["link_set", "approval_link"].map(|table| office.look(&format!("select count(*) from {table}")));
            assert_eq!(kept, rows, "the number is taken the second time");
            for channel in Channel::ALL {
                let view = office.store.link(own.of(channel), office.now).await.unwrap().unwrap();
                assert_eq!((view.booking.id, view.channel, view.open), (id, channel, true));
            }
        }
        let guessed = LinkToken::from_random([7; 24]);
        assert!(office.store.link(&guessed, office.now).await.unwrap().is_none(), "the number alone opens nothing");
    }

    #[test]
    fn links_of_one_time_lie_together_and_each_keeps_sixteen_bytes_of_its_own() {
        let [one, other] =
            [[9_u8, 50, 100], [200, 210, 220]].map(|seeds| Links::from_random(seeds.map(|byte| [byte; 24])));
        let now = Moment::from_unix_s(1_795_363_200);
        let [one, other] = [one, other].map(|links| links.made_at(now));
        let number = |links: &Links| Channel::ALL.map(|channel| links.of(channel).known().number);
        let [first, second] = [number(&one), number(&other)];
        assert!(first == [first[0]; 3] && second == [second[0]; 3] && first[0] != second[0]);
        assert_eq!(first[0] >> 32, second[0] >> 32);
        assert!(number(&one.clone().made_at(now.plus(TimeDelta::seconds(1))))[0] > first[0].max(second[0]));
        for (channel, byte) in [(Channel::Sms, 9), (Channel::Hall, 50), (Channel::Wecom, 100)] {
            assert!(one.of(channel).bytes().ends_with(&[byte; 16]), "what nobody can guess");
        }
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
