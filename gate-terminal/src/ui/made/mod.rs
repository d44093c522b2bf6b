//! Snapshots made by hand, for the tests of the window: a campus, its gates, a visitor with a rare name.

mod officers;
mod people;

use std::sync::{Arc, LazyLock};

pub(super) use officers::{log_page, open_records};
pub(super) use people::{found, inside, walk_ins};

use shared::{
    entry::{Direction, Outcome},
    identity::{Document, DocumentKind, DocumentTag, LastFour, MaskedName, PersonName},
    ids::{CampusId, GateIndex, GateMask, PassId},
    pass::{Claims, EntriesAllowed, Flags, PartySize, Validity},
    sync::{
        beacon::Freshness,
        change::{PassRecord, PlaceGate, Places},
    },
    time::{CampusDay, Moment},
    verdict::{AskReason, Verdict},
};

use super::snapshot::{Camera, CaseNumber, Link, Panel, Picture, Shown, Snapshot, Status, Way};

/// 2026-11-23 12:00 campus time, a Monday.
pub(super) const NOON: Moment = Moment::from_unix_s(1_795_406_400);

/// Its check digit is right.
pub(super) const CARD_NUMBER: &str = "110101199003071233";

/// Slow to make, and the same for everybody here.
static TAG: LazyLock<DocumentTag> = LazyLock::new(|| {
    let day = CampusDay::of(NOON);
    let document = Document::parse(DocumentKind::Passport, "E12345678", day.date()).unwrap();
    DocumentTag::of(&document, CampusId::new(1), day).unwrap()
});

pub(super) const CASE: CaseNumber = CaseNumber::new(41);

/// As `name` may be written on the campus.
pub(super) fn person(name: &str) -> PersonName {
    PersonName::parse(name).unwrap()
}

pub(super) fn gate(index: u8) -> GateIndex {
    GateIndex::new(index).unwrap()
}

pub(super) fn places() -> Places {
    let gate =
        |index, name: &str, name_en: &str| PlaceGate { gate: gate(index), name: name.into(), name_en: name_en.into() };
    Places {
        campus: CampusId::new(1),
        campus_name: "长安校区".into(),
        campus_name_en: "Chang'an Campus".into(),
        gates: vec![gate(1, "南门", "South Gate"), gate(2, "东门", "East Gate")],
        others: vec![(CampusId::new(2), "雁塔校区".into())],
    }
}

pub(super) fn claims(flags: Flags) -> Claims {
    Claims {
        campus: CampusId::new(1),
        pass: PassId::from_bytes(*b"visitor1"),
        validity: Validity::whole_day(CampusDay::of(NOON)).unwrap(),
        gates: GateMask::EVERY,
        entries: EntriesAllowed::ONE,
        party: PartySize::new(3).unwrap(),
        flags,
        last_four: LastFour::of("11010119900307123X"),
        name: MaskedName::parse("张*𬭎").unwrap(),
    }
}

pub(super) fn record(visitor: &str) -> PassRecord {
    let day = CampusDay::of(NOON);
    let claims = claims(Flags::NONE);
    let name = |text: &str| PersonName::parse(text).unwrap();
    PassRecord {
        pass: claims.pass,
        day,
        visit_from: day.at_minute(11 * 60 + 30),
        visit_until: day.at_minute(13 * 60),
        visitor: name(visitor),
        phone_tail: "8000".into(),
        document: DocumentKind::ResidentId,
        last_four: claims.last_four,
        document_tag: *TAG,
        companions: vec![name("李䶮"), name("王㼆")],
        plates: vec!["陕A12345".into()],
        party: claims.party,
        entries: claims.entries,
        gates: claims.gates,
        host: name("陈老师"),
        department: "计算机科学与技术学院".into(),
        reason: "参加学术报告会并参观实验室".into(),
    }
}

pub(super) fn waiting() -> Snapshot {
    Snapshot {
        now: NOON,
        way: Way::In,
        direction: Direction::In,
        campus: CampusId::new(1),
        gate: gate(1),
        places: Some(Arc::new(places())),
        panel: Panel::Waiting,
        code_stays: false,
        busy: false,
        found: None,
        walk_ins: Arc::new([]),
        inside: None,
        status: Status {
            camera: Camera::Running,
            link: Link::Up,
            news_as_of: Some(NOON),
            freshness: Freshness::Fresh,
            clock_trusted: true,
            unsent: 0,
            entered_today: 128,
            inside_now: 41,
            alarm: None,
        },
    }
}

pub(super) fn shown(verdict: Verdict, outcome: Option<Outcome>) -> Snapshot {
    shown_to(verdict, outcome, "张小𬭎")
}

pub(super) fn shown_to(verdict: Verdict, outcome: Option<Outcome>, visitor: &str) -> Snapshot {
    let shown = Shown {
        case: CASE,
        verdict,
        claims: Some(claims(Flags::VEHICLE.with(Flags::CHECK_CARD))),
        record: Some(Arc::new(record(visitor))),
        outcome,
        count: 3,
        by_hand: false,
        until: Moment::from_unix_s(NOON.unix_s() + 30),
    };
    Snapshot { panel: Panel::Shown(Box::new(shown)), ..waiting() }
}

/// On the list, and no code was read.
pub(super) fn found_by_hand() -> Snapshot {
    let mut snapshot = shown(Verdict::Ask(AskReason::FoundOnList), None);
    if let Panel::Shown(shown) = &mut snapshot.panel {
        (shown.claims, shown.by_hand) = (None, true);
    }
    snapshot
}

/// A code that is no pass: nothing is known of who holds it.
pub(super) fn shown_stranger(verdict: Verdict) -> Snapshot {
    let shown = Shown {
        case: CASE,
        verdict,
        claims: None,
        record: None,
        outcome: Some(Outcome::Refused),
        count: 1,
        by_hand: false,
        until: Moment::from_unix_s(NOON.unix_s() + 10),
    };
    Snapshot { panel: Panel::Shown(Box::new(shown)), ..waiting() }
}

pub(super) fn picture(number: u64) -> Picture {
    Picture { number, width: 4, height: 3, rgb: vec![90; 36] }
}

/// A telephone with a code on it, held before a camera of that size.
pub(super) fn scene(number: u64) -> Picture {
    let (width, height) = (640_u32, 480_u32);
    let inside = |x: u32, y: u32, left: u32, top: u32, right: u32, bottom: u32| {
        (left..right).contains(&x) && (top..bottom).contains(&y)
    };
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let module = ((x.saturating_sub(230)) / 6, (y.saturating_sub(150)) / 6);
            let dark = (module.0 * 7 + module.1 * 13 + module.0 * module.1 * 5) % 3 == 0;
            let finder = [(230, 150), (368, 150), (230, 288)]
                .iter()
                .find(|(left, top)| inside(x, y, *left, *top, left + 42, top + 42));
            let shade = if let Some((left, top)) = finder {
                let (dx, dy) = ((x - left) / 6, (y - top) / 6);
                let ring = dx == 0 || dy == 0 || dx == 6 || dy == 6 || (2..=4).contains(&dx) && (2..=4).contains(&dy);
                if ring { 20 } else { 240 }
            } else if inside(x, y, 230, 150, 410, 330) {
                if dark { 20 } else { 240 }
            } else if inside(x, y, 205, 70, 435, 440) {
                240
            } else if inside(x, y, 190, 40, 450, 470) {
                30
            } else {
                u8::try_from(90 + (x + 2 * y) / 18).unwrap()
            };
            rgb.extend([shade, shade, shade.saturating_add(6)]);
        }
    }
    Picture { number, width, height, rgb }
}
