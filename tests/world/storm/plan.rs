//! What a seed has in store: who is in its story, which dials are turned how, and what its people do.

use std::time::Duration;

use doubles::{Doubles, Fault, Hall, own_dial};
use gatehouse::chance::Chance;

use super::Kind;
use crate::Trouble;

/// Longer than the office waits for an answer.
const BEYOND_PATIENCE: Duration = Duration::from_millis(10_500);

/// Nobody of this story is in another.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) visitor: String,
    /// The telephone of the host, their number at the university and in its hall, and their name in WeCom.
    pub(super) host: String,
    pub(super) number: String,
    pub(super) member: String,
}

impl Cast {
    pub(super) fn of(seed: u64) -> Self {
        let seed = seed % 100_000_000;
        Self {
            visitor: format!("137{seed:08}"),
            host: format!("136{seed:08}"),
            number: format!("S{seed:06}"),
            member: format!("s{seed:06}"),
        }
    }
}

/// How the host decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// By the link, or by the code where texts hold no link.
    Sms,
    Wecom,
    Hall,
    /// On the booking's own page, known by the university's sign-on.
    SignOn,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) cast: Cast,
    dials: Vec<Turned>,
    pub(super) by: By,
    pub(super) approves: bool,
    /// Until every channel that can has told; else the first that tells is enough, and a card may be settled before it leaves.
    pub(super) waits: bool,
    pub(super) clicks: bool,
    /// Dials that were turned for good are turned back once it is decided.
    mends: bool,
}

#[derive(Debug)]
struct Turned {
    double: String,
    person: String,
    next: Vec<Option<Fault>>,
    always: Option<Fault>,
}

const SPAN: Duration = Duration::ZERO;
const CALL: [Fault; 5] =
    [Fault::Slow(SPAN), Fault::Broken, Fault::CutAfterAccept, Fault::SilentDrop, Fault::Overtaken(SPAN)];
const RECEIPT: [Fault; 3] = [Fault::LateReceipt(SPAN), Fault::NoReceipt, Fault::ReplayedCallback];
const QUESTION: [Fault; 3] = [Fault::Slow(SPAN), Fault::Broken, Fault::CutAfterAccept];

impl Plan {
    pub(super) fn drawn(seed: u64, kind: Kind) -> Self {
        let mut chance = Chance::of(seed.wrapping_mul(0x9FB2_1C65_1E98_DF25));
        let cast = Cast::of(seed);
        let gateway = kind.gateway().name();
        let query = format!("{gateway}.query");
        let hall = hall_dial(kind);
        let mut of_hall = CALL.to_vec();
        of_hall.extend((kind.hall() == Hall::MessageCentre).then_some(Fault::TokenDies));
        let text = [CALL.as_slice(), &RECEIPT].concat();
        let card = [CALL.as_slice(), &[Fault::TokenDies]].concat();
        let dials = [
            (gateway, &cast.host, text.as_slice()),
            (gateway, &cast.visitor, text.as_slice()),
            (query.as_str(), &cast.host, &QUESTION),
            (query.as_str(), &cast.visitor, &QUESTION),
            (hall.as_str(), &cast.number, of_hall.as_slice()),
            ("wecom", &cast.member, card.as_slice()),
            ("wecom.callback", &cast.member, &RECEIPT),
            ("cas", &cast.number, &QUESTION),
        ];
        let dials = dials.map(|(double, person, faults)| Turned::drawn(&mut chance, double, person, faults)).into();
        Self {
            seed,
            cast,
            dials,
            by: chance
                .of_these(&[By::Sms, By::Wecom, By::Hall, By::Sms, By::Wecom, By::Hall, By::SignOn])
                .unwrap_or(By::Sms),
            // A pass costs much work on purpose.
            approves: chance.percent(20),
            waits: chance.percent(60),
            clicks: chance.percent(50),
            mends: chance.percent(60),
        }
    }

    pub(super) fn turn(&self, doubles: &Doubles) {
        for Turned { double, person, next, always } in &self.dials {
            let dial = own_dial(double, person);
            doubles.dials.next(&dial, next.iter().copied());
            doubles.dials.always(&dial, *always);
        }
    }

    pub(super) fn mend(&self, doubles: &Doubles) {
        for Turned { double, person, always, .. } in &self.dials {
            if self.mends || is_beyond(*always) {
                doubles.dials.always(&own_dial(double, person), None);
            }
        }
    }

    /// The university's own door opens again.
    pub(super) fn mend_door(&self, doubles: &Doubles) {
        doubles.dials.always(&own_dial("cas", &self.cast.number), None);
    }

    /// Whether the host hears by it while nothing is mended.
    pub(super) fn reaches(&self, by: By, kind: Kind) -> bool {
        self.shows(by, kind) && !self.of(by, kind).iter().any(|dial| dial.is_dead()) && !self.never_asked(by, kind)
    }

    /// Whether they hear by it sooner or later.
    pub(super) fn reaches_in_the_end(&self, by: By, kind: Kind) -> bool {
        self.shows(by, kind) && (self.mends || self.reaches(by, kind))
    }

    /// Whether no answer ever comes back by it, so that what follows has to wait until the first has aged out.
    pub(super) fn is_in_doubt(&self, by: By, kind: Kind) -> bool {
        !self.mends && self.of(by, kind).iter().any(|dial| dial.cuts())
    }

    /// The same of the visitor's texts.
    pub(super) fn reaches_visitor(&self, kind: Kind) -> bool {
        let gateway = kind.gateway().name();
        let of = |double: &str| self.dials.iter().filter(move |dial| dial.is(double, &self.cast.visitor)).collect();
        let (send, query): (Vec<&Turned>, Vec<&Turned>) = (of(gateway), of(&format!("{gateway}.query")));
        let shows = !send.iter().any(|dial| dial.has(Fault::SilentDrop));
        let dead = send.iter().any(|dial| dial.is_dead()) || never_asked(&send, &query);
        shows && (self.mends || !dead)
    }

    /// To whom something may wait for good, by the address it waits for.
    pub(super) fn never_mended(&self) -> impl Iterator<Item = String> {
        let for_good = |dial: &&Turned| !self.mends && dial.always.is_some() && !is_beyond(dial.always);
        self.dials.iter().filter(for_good).map(|dial| dial.person.clone())
    }

    /// Whether it meets something that is never mended.
    pub(super) fn lasts(&self) -> bool {
        !self.mends && self.lasting() > 0
    }

    pub(super) fn lasting(&self) -> usize {
        self.dials.iter().filter(|dial| dial.always.is_some()).count()
    }

    pub(super) fn faults(&self) -> usize {
        self.dials.iter().map(|dial| dial.next.iter().flatten().count()).sum()
    }

    /// One line, by which it can be told again.
    pub(super) fn replayed(&self, kind: Kind, trouble: &Trouble) -> Trouble {
        let (seed, gateway, hall) = (self.seed, kind.gateway().name(), kind.hall().name());
        Trouble::NotHeld(format!(
            "seed {seed} ({gateway}, {hall}, {}): {trouble}; {self:?}; again: SEED={seed} cargo test -p journeys storm",
            if kind.by_code() { "codes" } else { "links" }
        ))
    }

    fn shows(&self, by: By, kind: Kind) -> bool {
        by != By::SignOn && !self.of(by, kind).iter().any(|dial| dial.has(Fault::SilentDrop))
    }

    fn of(&self, by: By, kind: Kind) -> Vec<&Turned> {
        let (double, person) = match by {
            By::Sms => (kind.gateway().name().to_owned(), &self.cast.host),
            By::Wecom => ("wecom".to_owned(), &self.cast.member),
            By::Hall => (hall_dial(kind), &self.cast.number),
            By::SignOn => ("cas".to_owned(), &self.cast.number),
        };
        self.dials.iter().filter(|dial| dial.is(&double, person)).collect()
    }

    /// Whether a text is in doubt for ever, because the gateway's list cannot be had.
    fn never_asked(&self, by: By, kind: Kind) -> bool {
        let query = format!("{}.query", kind.gateway().name());
        let asked: Vec<&Turned> = self.dials.iter().filter(|dial| dial.is(&query, &self.cast.host)).collect();
        by == By::Sms && never_asked(&self.of(by, kind), &asked)
    }
}

fn never_asked(send: &[&Turned], query: &[&Turned]) -> bool {
    send.iter().any(|dial| dial.has(Fault::Broken)) && query.iter().any(|dial| dial.is_dead() || dial.cuts())
}

/// Of a campus, the dials of what has no person.
pub(super) fn turn_tokens(seed: u64, kind: Kind, doubles: &Doubles) {
    let mut chance = Chance::of(seed.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    let centre = (kind.hall() == Hall::MessageCentre).then_some("hall/message_centre/token");
    for dial in ["wecom.token"].into_iter().chain(centre) {
        let calls = 1 + chance.below(4);
        let next: Vec<_> = (0..calls).map(|_| drawn(&mut chance, &QUESTION)).collect();
        doubles.dials.next(dial, next);
    }
}

impl Turned {
    fn drawn(chance: &mut Chance, double: &str, person: &str, faults: &[Fault]) -> Self {
        let calls = chance.of_these(&[0, 0, 1, 1, 2, 3]).unwrap_or(0);
        let next = (0..calls).map(|_| if chance.percent(35) { None } else { drawn(chance, faults) }).collect();
        let always = if chance.percent(10) { drawn(chance, faults) } else { None };
        Self { double: double.to_owned(), person: person.to_owned(), next, always }
    }

    fn is(&self, double: &str, person: &str) -> bool {
        self.double == double && self.person == person
    }

    fn has(&self, fault: Fault) -> bool {
        self.always == Some(fault) || self.next.contains(&Some(fault))
    }

    const fn is_dead(&self) -> bool {
        matches!(self.always, Some(Fault::Broken | Fault::SilentDrop | Fault::FailedReceipt | Fault::TokenDies))
    }

    /// Whatever is asked, the answer is lost.
    const fn cuts(&self) -> bool {
        matches!(self.always, Some(Fault::CutAfterAccept)) || is_beyond(self.always)
    }
}

const fn is_beyond(fault: Option<Fault>) -> bool {
    matches!(fault, Some(Fault::Slow(span)) if span.as_millis() == BEYOND_PATIENCE.as_millis())
}

/// One of these, with a span of its own.
fn drawn(chance: &mut Chance, faults: &[Fault]) -> Option<Fault> {
    let span = |chance: &mut Chance, most_ms| Duration::from_millis(u64::from(chance.between(10, most_ms)));
    Some(match chance.of_these(faults)? {
        Fault::Slow(_) if chance.percent(6) => Fault::Slow(BEYOND_PATIENCE),
        Fault::Slow(_) => Fault::Slow(span(chance, 200)),
        Fault::LateReceipt(_) => Fault::LateReceipt(span(chance, 500)),
        Fault::Overtaken(_) => Fault::Overtaken(span(chance, 1500)),
        same @ (Fault::Broken
        | Fault::CutAfterAccept
        | Fault::SilentDrop
        | Fault::NoReceipt
        | Fault::FailedReceipt
        | Fault::TokenDies
        | Fault::ReplayedCallback) => same,
    })
}

fn hall_dial(kind: Kind) -> String {
    format!("hall/{}", kind.hall().name())
}
