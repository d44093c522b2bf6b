//! The policy: what a gate says to a code, and in which order it comes to it.
//!
//! | # | question | coming in | leaving |
//! |---|---|---|---|
//! | 1 | is it one of ours? | refuse `NotOurs` | ask `LeavingWith` |
//! | 2 | are suite and fields known? | refuse `UnknownSuite` | ask `LeavingWith` |
//! | 3 | is the key in the key set? | refuse `UnknownKey` | ask `LeavingWith` |
//! | 4 | does the signature hold? | refuse `BadSignature` | ask `LeavingWith` |
//! | 5 | this campus? | refuse `OtherCampus` | ask `LeavingWith` |
//! | 6 | this gate? | refuse `WrongGate` | – |
//! | 7 | this day? | refuse `Early`, `Expired` | ask `LeavingWith` on another day, else – |
//! | 8 | revoked? | refuse `Revoked` | ask `LeavingWith` |
//! | 9 | on the watchlist? | refuse `Watchlist` | ask `LeavingWith` |
//! | 10 | inside already, and nobody has left? | refuse `Inside` | – |
//! | 11 | entries used up? | refuse `Used`; at a gate of both ways ask `LeavingWith` | – |
//! | 12 | found by hand, not by its code? | ask `FoundOnList` | – |
//! | 13 | news fresh, yet the pass unknown to it? | ask `UnknownToFreshNews` | – |
//! | 14 | clock trusted? | ask `ClockUntrusted` | – |
//! | 15 | news fresh? | ask `NewsStale`, `NewsExpired` | – |
//! | | none of these | admit | admit |
//!
//! The first answer counts. Facts that a signature or the office states stand above what this terminal merely lacks, so a
//! revoked pass is never let in because the news is old. Leaving is never refused: whoever shows a well-signed pass of the day
//! goes out by any gate, at any hour, and any number of times, since being inside is what a leaving person is; for the rest the
//! guard is asked. What is lacking (12 to 15) holds nobody inside. At a gate of both ways whoever has no entry left may have come
//! in unseen and be leaving now, so there row 11 asks as well; and it asks when part of a party has left, for it may be the rest
//! that leaves or the others who come back.
//!
//! A pass that was found on the list, by a name or a card, has no code to open: it begins at row 5, and nobody comes in by it
//! before the guard has compared the card, which is also what rows 14 and 15 would ask for.

use shared::{
    entry::Direction,
    ids::{CampusId, GateMask, PassId},
    pass::{Claims, EntriesAllowed, KeySet, Pass, PassFault, PassText, SealedPass},
    planted,
    sync::{beacon::Freshness, change::PassRecord},
    time::{CampusDay, Moment},
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::{local_state::LocalState, timekeeper::BestTime, visits::Movement};

/// Rows 1 to 4. Without a key set no key is known.
pub fn open(code: &str, keys: Option<&KeySet>) -> Result<Pass, PassFault> {
    let sealed = SealedPass::from_text(&PassText::parse(code)?)?;
    sealed.open(keys.ok_or(PassFault::UnknownKey)?)
}

/// Rows 5 to 15, of a pass whose code was read.
#[must_use]
pub fn verdict(pass: &Pass, local: &LocalState, direction: Direction, now: BestTime) -> Verdict {
    let terms = Terms::signed(pass.claims());
    say(&terms, local, direction, now, || lacking(terms.pass, local, now))
}

/// Rows 5 to 12, of a pass that was found on the list.
#[must_use]
pub fn verdict_by_hand(record: &PassRecord, local: &LocalState, direction: Direction, now: BestTime) -> Verdict {
    say(&Terms::listed(record, local.post().campus), local, direction, now, || Some(AskReason::FoundOnList))
}

/// Row 11 where people go both ways: as a question to the guard, whether they are leaving. So too when some of them are
/// `left_behind`.
#[must_use]
pub(super) fn at_both_ways(
    verdict: Verdict,
    direction: Direction,
    left_behind: Option<Movement>,
) -> (Verdict, Direction) {
    if let Verdict::Refuse(used @ RefuseReason::Used { .. }) = verdict {
        (not_a_pass(used, Direction::Out), Direction::Out)
    } else if let (Verdict::Admit, Some(stay)) = (&verdict, left_behind) {
        let inside = RefuseReason::Inside { since: stay.at, gate: stay.gate };
        (not_a_pass(inside, Direction::Out), Direction::Out)
    } else {
        (verdict, direction)
    }
}

/// What the rows ask of a pass, whether its code says it or the list does.
#[derive(Debug, Clone, Copy)]
struct Terms {
    pass: PassId,
    campus: CampusId,
    from: Moment,
    until: Moment,
    gates: GateMask,
    entries: EntriesAllowed,
}

impl Terms {
    fn signed(claims: &Claims) -> Self {
        let Claims { campus, pass, validity, gates, entries, .. } = *claims;
        Self { pass, campus, from: validity.from(), until: validity.until(), gates, entries }
    }

    /// The list is the campus's own, and its passes are good all day.
    fn listed(record: &PassRecord, campus: CampusId) -> Self {
        let PassRecord { pass, day, gates, entries, .. } = *record;
        Self { pass, campus, from: day.start(), until: day.end(), gates, entries }
    }
}

fn say(
    terms: &Terms,
    local: &LocalState,
    direction: Direction,
    now: BestTime,
    lacking: impl FnOnce() -> Option<AskReason>,
) -> Verdict {
    match direction {
        Direction::In => match refusal(terms, local, now) {
            Some(reason) => Verdict::Refuse(reason),
            None => lacking().map_or(Verdict::Admit, Verdict::Ask),
        },
        Direction::Out => match keeps_from_leaving(terms, local, now) {
            Some(reason) => not_a_pass(reason, direction),
            None => Verdict::Admit,
        },
    }
}

/// What becomes of a code that is refused before, or whatever, a list says.
#[must_use]
pub(super) fn not_a_pass(reason: RefuseReason, direction: Direction) -> Verdict {
    match direction {
        Direction::In => Verdict::Refuse(reason),
        Direction::Out => Verdict::Ask(AskReason::LeavingWith { instead: reason }),
    }
}

fn refusal(terms: &Terms, local: &LocalState, now: BestTime) -> Option<RefuseReason> {
    other_campus(terms, local)
        .or_else(|| {
            let here = terms.gates.holds(local.post().gate);
            (!here).then_some(RefuseReason::WrongGate { open: terms.gates })
        })
        .or_else(|| wrong_time(terms, now))
        .or_else(|| withdrawn(terms, local))
        .or_else(|| used(terms, local))
}

fn keeps_from_leaving(terms: &Terms, local: &LocalState, now: BestTime) -> Option<RefuseReason> {
    let of_today = CampusDay::of(terms.from) == CampusDay::of(now.at);
    let wrong_day = || wrong_time(terms, now).filter(|_| !of_today);
    other_campus(terms, local).or_else(wrong_day).or_else(|| withdrawn(terms, local))
}

fn other_campus(terms: &Terms, local: &LocalState) -> Option<RefuseReason> {
    let campus = terms.campus;
    planted!("any campus's pass", false, campus != local.post().campus).then_some(RefuseReason::OtherCampus { campus })
}

fn wrong_time(terms: &Terms, now: BestTime) -> Option<RefuseReason> {
    if now.at < terms.from {
        Some(RefuseReason::Early { from: terms.from })
    } else if now.at >= terms.until {
        Some(RefuseReason::Expired { until: terms.until })
    } else {
        None
    }
}

fn withdrawn(terms: &Terms, local: &LocalState) -> Option<RefuseReason> {
    if local.is_revoked(terms.pass) {
        Some(RefuseReason::Revoked)
    } else if planted!("the watchlist not asked", false, local.is_watched(terms.pass)) {
        Some(RefuseReason::Watchlist)
    } else {
        None
    }
}

fn used(terms: &Terms, local: &LocalState) -> Option<RefuseReason> {
    let visits = local.visits();
    if let (Some(stay), None) = (visits.stay(terms.pass), visits.left_behind(terms.pass)) {
        return Some(RefuseReason::Inside { since: stay.at, gate: stay.gate });
    }
    let last = visits.last_in(terms.pass)?;
    let spent = visits.times_in(terms.pass) >= usize::from(terms.entries.get());
    spent.then_some(RefuseReason::Used { last: last.at, gate: last.gate })
}

fn lacking(pass: PassId, local: &LocalState, now: BestTime) -> Option<AskReason> {
    let freshness = local.freshness(now.at);
    if planted!("a pass nobody told of", false, freshness == Freshness::Fresh && local.record(pass).is_none()) {
        return Some(AskReason::UnknownToFreshNews);
    }
    if !now.trusted {
        return Some(AskReason::ClockUntrusted);
    }
    match (freshness, local.as_of()) {
        (Freshness::Fresh, _) => None,
        (Freshness::Stale, Some(since)) => Some(AskReason::NewsStale { since }),
        (Freshness::Stale, None) | (Freshness::Expired, _) => Some(AskReason::NewsExpired { since: local.as_of() }),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use shared::{
        entry::EntryId,
        ids::{KeyId, TerminalId},
        pass::{PassSigner, Validity},
        sync::change::Change,
    };

    use super::{
        super::{
            local_state::{AsOf, HeldNews},
            small_campus::{CAMPUS, OTHER_CAMPUS, Office, claims, day, gate_index, morning, pass_id, record},
        },
        *,
    };

    /// What can be wrong, in the order of the policy.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Flaw {
        OtherCampus,
        WrongGate,
        AnotherDay,
        Revoked,
        Watched,
        Inside,
        Used,
        Unknown,
        Clock,
        News,
    }

    const FLAWS: [Flaw; 10] = [
        Flaw::OtherCampus,
        Flaw::WrongGate,
        Flaw::AnotherDay,
        Flaw::Revoked,
        Flaw::Watched,
        Flaw::Inside,
        Flaw::Used,
        Flaw::Unknown,
        Flaw::Clock,
        Flaw::News,
    ];

    fn scene(flaws: &[Flaw]) -> (Claims, LocalState, BestTime) {
        let has = |flaw| flaws.contains(&flaw);
        let now = if has(Flaw::AnotherDay) { day().plus_days(1).at_minute(480) } else { morning() };
        let mut claims = claims(1);
        if has(Flaw::OtherCampus) {
            claims.campus = OTHER_CAMPUS;
        }
        if has(Flaw::WrongGate) {
            claims.gates = GateMask::of([gate_index(3)]).unwrap();
        }
        let mut changes = Vec::new();
        if !has(Flaw::Unknown) {
            changes.push(Change::PassIssued(record(1).into()));
        }
        if has(Flaw::Revoked) {
            changes.push(Change::PassRevoked { pass: pass_id(1), at: morning() });
        }
        if has(Flaw::Watched) {
            changes.push(Change::PassWatched { pass: pass_id(1), watched: true });
        }
        if has(Flaw::Inside) || has(Flaw::Used) {
            changes.push(moved(1, Direction::In, 420));
        }
        if has(Flaw::Used) && !has(Flaw::Inside) {
            changes.push(moved(2, Direction::Out, 430));
        }
        let server_time = if has(Flaw::News) { now.minus(chrono::TimeDelta::minutes(10)) } else { now };
        let as_of = Some(AsOf { server_time, valid_for_s: 300 });
        let news = HeldNews { as_of, changes, ..HeldNews::NONE };
        let local = LocalState::new(Office::open().post(), news, &[]);
        (claims, local, BestTime { at: now, trusted: !has(Flaw::Clock), proven: true })
    }

    fn moved(seq: u64, direction: Direction, minute: u16) -> Change {
        let entry = EntryId { terminal: TerminalId::new(8), seq };
        let (at, gate) = (day().at_minute(minute), gate_index(1));
        Change::PassMoved { pass: pass_id(1), direction, at, gate, entry, party: None }
    }

    fn said(flaws: &[Flaw], direction: Direction) -> Verdict {
        let (claims, local, now) = scene(flaws);
        let office = Office::open();
        let keys = KeySet::open(&office.key_set(), office.post().roots).unwrap();
        let pass = open(&office.seal(&claims), Some(&keys)).unwrap();
        verdict(&pass, &local, direction, now)
    }

    fn expected(first: Flaw) -> Verdict {
        let at = |minute| day().at_minute(minute);
        let since = morning().minus(chrono::TimeDelta::minutes(10));
        match first {
            Flaw::OtherCampus => Verdict::Refuse(RefuseReason::OtherCampus { campus: OTHER_CAMPUS }),
            Flaw::WrongGate => {
                Verdict::Refuse(RefuseReason::WrongGate { open: GateMask::of([gate_index(3)]).unwrap() })
            }
            Flaw::AnotherDay => Verdict::Refuse(RefuseReason::Expired { until: day().end() }),
            Flaw::Revoked => Verdict::Refuse(RefuseReason::Revoked),
            Flaw::Watched => Verdict::Refuse(RefuseReason::Watchlist),
            Flaw::Inside => Verdict::Refuse(RefuseReason::Inside { since: at(420), gate: gate_index(1) }),
            Flaw::Used => Verdict::Refuse(RefuseReason::Used { last: at(420), gate: gate_index(1) }),
            Flaw::Unknown => Verdict::Ask(AskReason::UnknownToFreshNews),
            Flaw::Clock => Verdict::Ask(AskReason::ClockUntrusted),
            Flaw::News => Verdict::Ask(AskReason::NewsStale { since }),
        }
    }

    /// Each row of the table, violating every later row as well. Old news and "unknown to fresh news" exclude each other, so
    /// the rows before them are tried with either.
    #[test]
    fn the_first_answer_counts() {
        for (row, first) in FLAWS.into_iter().enumerate() {
            let later: Vec<_> = FLAWS[row..].to_vec();
            let fresh: Vec<_> = later.iter().copied().filter(|flaw| *flaw != Flaw::News).collect();
            let old: Vec<_> = later.iter().copied().filter(|flaw| *flaw != Flaw::Unknown).collect();
            for flaws in [fresh, old] {
                if flaws.contains(&first) {
                    assert_eq!(said(&flaws, Direction::In), expected(first), "{flaws:?}");
                }
            }
        }
        assert_eq!(said(&[], Direction::In), Verdict::Admit);
    }

    /// Found by hand, each flaw of the pass itself counts as with its code, and without any the card is compared.
    #[test]
    fn by_hand_the_refusals_are_the_same_and_the_rest_is_asked() {
        let by_hand = |flaws: &[Flaw], direction| {
            let (claims, local, now) = scene(flaws);
            let record = PassRecord { gates: claims.gates, ..record(1) };
            verdict_by_hand(&record, &local, direction, now)
        };
        for flaw in FLAWS {
            let asked = match flaw {
                // The list is of this campus, and what is on it is known.
                Flaw::OtherCampus | Flaw::Unknown => continue,
                Flaw::Clock | Flaw::News => Verdict::Ask(AskReason::FoundOnList),
                Flaw::WrongGate | Flaw::AnotherDay | Flaw::Revoked | Flaw::Watched | Flaw::Inside | Flaw::Used => {
                    expected(flaw)
                }
            };
            assert_eq!(by_hand(&[flaw], Direction::In), asked, "{flaw:?}");
            assert_eq!(by_hand(&[flaw], Direction::Out), said(&[flaw], Direction::Out), "{flaw:?}, leaving");
        }
        assert_eq!(by_hand(&[], Direction::In), Verdict::Ask(AskReason::FoundOnList));
        assert_eq!(by_hand(&[], Direction::Out), Verdict::Admit);
    }

    #[test]
    fn leaving_is_never_refused() {
        for flaw in FLAWS {
            let leaving = said(&[flaw], Direction::Out);
            let asked = matches!(flaw, Flaw::OtherCampus | Flaw::AnotherDay | Flaw::Revoked | Flaw::Watched);
            if asked {
                let Verdict::Refuse(instead) = expected(flaw) else { panic!("{flaw:?} does not refuse") };
                assert_eq!(leaving, Verdict::Ask(AskReason::LeavingWith { instead }));
            } else {
                assert_eq!(leaving, Verdict::Admit, "{flaw:?}");
            }
        }
        assert!(!matches!(said(&FLAWS, Direction::Out), Verdict::Refuse(_)));
    }

    #[test]
    fn before_its_first_minute_a_pass_is_early() {
        let from = day().at_minute(9 * 60);
        let mut claims = claims(1);
        claims.validity = Validity::new(u32::try_from(from.unix_s()).unwrap(), 60).unwrap();
        let office = Office::open();
        let keys = KeySet::open(&office.key_set(), office.post().roots).unwrap();
        let pass = open(&office.seal(&claims), Some(&keys)).unwrap();
        let (_, local, _) = scene(&[]);
        let say = |at, direction| verdict(&pass, &local, direction, BestTime { at, trusted: true, proven: true });
        let until = day().at_minute(10 * 60);
        let just_before = |moment: Moment| moment.minus(chrono::TimeDelta::milliseconds(1));
        assert_eq!(say(just_before(from), Direction::In), Verdict::Refuse(RefuseReason::Early { from }));
        assert!(matches!(say(from, Direction::In), Verdict::Ask(_)), "news is an hour old");
        assert!(matches!(say(just_before(until), Direction::In), Verdict::Ask(_)));
        assert_eq!(say(until, Direction::In), Verdict::Refuse(RefuseReason::Expired { until }));
        assert_eq!(say(until, Direction::Out), Verdict::Admit, "who came today leaves today, however late");
    }

    #[test]
    fn without_any_news_the_guard_decides() {
        let (claims, _, now) = scene(&[]);
        let office = Office::open();
        let keys = KeySet::open(&office.key_set(), office.post().roots).unwrap();
        let pass = open(&office.seal(&claims), Some(&keys)).unwrap();
        let local = LocalState::new(office.post(), HeldNews::NONE, &[]);
        let expired = Verdict::Ask(AskReason::NewsExpired { since: None });
        assert_eq!(verdict(&pass, &local, Direction::In, now), expired);
    }

    #[test]
    fn what_is_no_pass_is_told_apart_in_order() {
        let office = Office::open();
        let keys = KeySet::open(&office.key_set(), office.post().roots).unwrap();
        let sealed = |id, seed| {
            PassSigner::new(KeyId::new(id), SigningKey::from_bytes(&[seed; 32])).seal(&claims(1)).text().to_string()
        };
        let mut other_suite =
            PassSigner::new(KeyId::new(99), office.beacon_key.clone()).seal(&claims(1)).as_bytes().to_vec();
        other_suite[0] = 2;
        let other_suite = SealedPass::from_bytes(other_suite).unwrap().text().to_string();
        for (code, fault) in [
            ("HTTPS://EXAMPLE.EDU.CN".to_owned(), PassFault::NotOurs),
            (other_suite, PassFault::UnknownSuite),
            (sealed(99, 9), PassFault::UnknownKey),
            (sealed(2, 3), PassFault::UnknownKey),
            (sealed(1, 9), PassFault::BadSignature),
        ] {
            assert_eq!(open(&code, Some(&keys)).unwrap_err(), fault, "{code}");
        }
        assert_eq!(open(&sealed(1, 2), None).unwrap_err(), PassFault::UnknownKey);
        assert_eq!(open(&sealed(1, 2), Some(&keys)).unwrap().claims().campus, CAMPUS);
        assert_eq!(not_a_pass(RefuseReason::NotOurs, Direction::In), Verdict::Refuse(RefuseReason::NotOurs));
        let asked = Verdict::Ask(AskReason::LeavingWith { instead: RefuseReason::NotOurs });
        assert_eq!(not_a_pass(RefuseReason::NotOurs, Direction::Out), asked);
    }
}
