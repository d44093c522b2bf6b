//! Stories of visitors without a code: found by name, card or short code, counted, walked in, taken down on paper.

use std::sync::Arc;

use shared::{
    entry::{Direction, GuardReason, Outcome, PaperCase, Remark, Way},
    identity::{Document, DocumentKind, DocumentTag, PersonName, Phone, Plate},
    ids::{CampusId, PassId},
    pass::ShortCode,
    sync::{
        Refusal,
        change::{Change, PassRecord, WalkInOutcome},
        walk_in::{WalkInAnswer, WalkInFault},
    },
    time::Moment,
    verdict::{AskReason, RefuseReason, Verdict},
};

use super::super::{
    Alarm, CardQuestion, Effect, Event, FoundBy, GuardAct, Inside, OfficerAct, Panel, ScannedText, Signal, SyncFailure,
    WalkInForm, WalkInStanding,
    small_campus::{Office, TERMINAL, Terminal, day, gate_index, morning, pass_id, record, shown, signals, written},
};

const NUMBER: &str = "11010519491231002X";

fn find(terminal: &mut Terminal, typed: &str) -> Vec<(PassId, FoundBy)> {
    terminal.tell(Event::Guard(GuardAct::Find(typed.into())));
    let found = terminal.gate.view().found;
    found.into_iter().flat_map(|found| found.hits.clone()).map(|hit| (hit.record.pass, hit.by)).collect()
}

fn choose(terminal: &mut Terminal, pass: PassId) -> Vec<Effect> {
    terminal.tell(Event::Guard(GuardAct::Choose(pass)))
}

fn scan(terminal: &mut Terminal, text: &str) -> Vec<Effect> {
    terminal.tell(Event::Guard(GuardAct::Scanned(ScannedText(text.into()))))
}

fn let_in(terminal: &mut Terminal) -> Vec<Effect> {
    let case = shown(terminal).case;
    terminal.tell(Event::Guard(GuardAct::LetIn { case, reason: GuardReason::CardChecked }))
}

fn count(terminal: &mut Terminal, party: u8) -> Vec<Effect> {
    let case = shown(terminal).case;
    terminal.tell(Event::Guard(GuardAct::Count { case, party }))
}

fn face(terminal: &mut Terminal, way: Way) {
    terminal.tell(Event::Guard(GuardAct::Face(way)));
}

fn tag(number: &str) -> DocumentTag {
    let document = Document::parse(DocumentKind::ResidentId, number, day().date()).unwrap();
    DocumentTag::of(&document, CampusId::new(1), day()).unwrap()
}

/// A gate that knows passes 1 and 2, of visitors of different names, and the code of pass 1.
fn gate() -> (Terminal, String) {
    let mut office = Office::open();
    let code = office.issue(1);
    let other = PassRecord {
        visitor: PersonName::parse("单乐").unwrap(),
        document_tag: tag("110105194912310038"),
        phone_tail: "0102".into(),
        ..record(2)
    };
    office.say(&Change::PassIssued(other.into()));
    (Terminal::at(office), code)
}

#[test]
fn somebody_found_by_name_is_asked_for_their_card_and_let_in() {
    let (mut terminal, code) = gate();
    assert_eq!(find(&mut terminal, "shanle"), [(pass_id(2), FoundBy::Name)]);
    let effects = choose(&mut terminal, pass_id(2));
    assert_eq!((written(&effects), signals(&effects)), (vec![], vec![Signal::Ask]));
    let asked = shown(&terminal);
    assert_eq!(asked.verdict, Verdict::Ask(AskReason::FoundOnList));
    assert!(asked.subject.is_by_hand());
    assert_eq!((asked.subject.name(), asked.count), (Some("单乐"), 3));
    let entry = written(&let_in(&mut terminal)).remove(0);
    assert_eq!((entry.said.pass, entry.party), (Some(pass_id(2)), 3));
    assert_eq!(entry.said.name.unwrap().as_str(), "单*");
    let found = terminal.gate.view().found.unwrap();
    assert!(found.hits[0].inside && !found.hits[0].spent, "the list says so at once");
    terminal.wait_ms(60_000);
    choose(&mut terminal, pass_id(2));
    assert!(matches!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::Inside { .. })));
    assert_eq!(find(&mut terminal, "  "), []);
    assert_eq!(terminal.gate.view().found, None);
    // The code itself is another road to the same pass.
    terminal.wait_ms(60_000);
    assert_eq!(signals(&terminal.tell(Event::code(code))), [Signal::Admit]);
    assert!(!shown(&terminal).subject.is_by_hand());
}

#[test]
fn a_choice_waits_for_the_desk_and_a_key_pressed_twice_is_one_choice() {
    let (mut terminal, _) = gate();
    choose(&mut terminal, pass_id(1));
    let first = shown(&terminal);
    for again in [pass_id(1), pass_id(2)] {
        assert_eq!(written(&choose(&mut terminal, again)), []);
        assert_eq!(shown(&terminal), first, "the question stands");
        assert!(terminal.gate.view().busy);
    }
    let_in(&mut terminal);
    assert!(!terminal.gate.view().busy);
    let case = shown(&terminal).case;
    for (held, act) in [(true, GuardAct::Hold { case }), (false, GuardAct::LetGo { case })] {
        terminal.tell(Event::Guard(act));
        assert_eq!(terminal.gate.view().busy, held, "a reason is being written");
    }
    terminal.office.say(&Change::PassRevoked { pass: pass_id(2), at: morning() });
    terminal.news_arrives();
    assert_eq!(written(&choose(&mut terminal, pass_id(2))).len(), 1, "a finished panel gives way");
    assert_eq!(written(&choose(&mut terminal, pass_id(2))).len(), 0);
    assert_eq!(choose(&mut terminal, pass_id(9)).len(), 0, "nobody of that number is on the list");
}

#[test]
fn what_is_found_follows_the_news() {
    let (mut terminal, _) = gate();
    assert_eq!(find(&mut terminal, "wf").len(), 0);
    let late = PassRecord { visitor: PersonName::parse("王芳").unwrap(), ..record(5) };
    terminal.office.say(&Change::PassIssued(late.into()));
    terminal.news_arrives();
    let found = terminal.gate.view().found.unwrap();
    assert_eq!((found.query.as_str(), found.hits.len(), found.more), ("wf", 1, 0));
    terminal.office.say(&Change::PassRevoked { pass: pass_id(5), at: morning() });
    terminal.news_arrives();
    assert!(terminal.gate.view().found.unwrap().hits[0].spent);
}

#[test]
fn a_scanner_may_type_a_pass_a_short_code_or_anything() {
    let (mut terminal, code) = gate();
    let scanned = format!("{}\r\n", code.to_lowercase());
    assert_eq!(signals(&scan(&mut terminal, &scanned)), [Signal::Admit]);
    let code = ShortCode::of(pass_id(2)).to_string();
    assert_eq!(signals(&scan(&mut terminal, &code)), [Signal::Ask]);
    assert_eq!(shown(&terminal).subject.pass(), Some(pass_id(2)));
    let_in(&mut terminal);
    terminal.wait_ms(10_000);
    assert_eq!(signals(&scan(&mut terminal, "0000 0001")), [Signal::Refuse], "nobody's short code is a stranger's");
    assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::NotOurs));
    assert_eq!(scan(&mut terminal, " \n").len(), 0);
}

#[test]
fn of_two_passes_with_one_short_code_the_guard_chooses() {
    let (mut terminal, _) = gate();
    let shifted = u64::from_be_bytes([2; 8]) + 100_000_000;
    let twin = PassRecord { pass: PassId::from_bytes(shifted.to_be_bytes()), ..record(2) };
    terminal.office.say(&Change::PassIssued(twin.into()));
    terminal.news_arrives();
    scan(&mut terminal, &ShortCode::of(pass_id(2)).digits());
    assert_eq!(terminal.gate.view().panel, Panel::Waiting);
    let found = terminal.gate.view().found.unwrap();
    assert_eq!(found.hits.iter().map(|hit| hit.by).collect::<Vec<_>>(), [FoundBy::ShortCode; 2]);
}

fn question(effects: &[Effect]) -> CardQuestion {
    let asked = |effect: &Effect| if let Effect::LookUpCard(card) = effect { Some((**card).clone()) } else { None };
    effects.iter().find_map(asked).expect("a card is looked up")
}

#[test]
fn a_card_finds_its_holder_and_its_number_stays_nowhere() {
    let (mut terminal, _) = gate();
    let asked = question(&scan(&mut terminal, "110105194912310038"));
    assert_eq!(terminal.gate.view().panel, Panel::Waiting);
    let effects = terminal.tell(Event::CardHashed(asked.answer()));
    assert_eq!(signals(&effects), [Signal::Ask]);
    assert_eq!(shown(&terminal).subject.pass(), Some(pass_id(2)));
    assert_eq!(terminal.tell(Event::CardHashed(asked.answer())).len(), 0, "an answer is taken once");
    let_in(&mut terminal);

    let asked = question(&scan(&mut terminal, NUMBER));
    let effects = terminal.tell(Event::CardHashed(asked.answer()));
    assert_eq!(shown(&terminal).verdict, Verdict::Refuse(RefuseReason::NotOurs), "a card nobody booked with");
    let entry = written(&effects).remove(0);
    assert_eq!(entry.said.foreign_code.as_ref().map(String::len), Some(16));
    let everything = format!("{:?} {entry:?} {asked:?}", terminal.gate);
    assert!(!everything.contains(NUMBER) && !everything.contains("110105194912310038"));
}

/// Some readers say a card as long as it lies on them.
#[test]
fn a_card_that_is_read_again_while_it_is_looked_up_is_answered() {
    let (mut terminal, _) = gate();
    let asked = question(&scan(&mut terminal, "110105194912310038"));
    assert_eq!(scan(&mut terminal, "110105194912310038").len(), 0);
    terminal.tell(Event::CardHashed(asked.answer()));
    assert_eq!(shown(&terminal).subject.pass(), Some(pass_id(2)));
    let_in(&mut terminal);

    let lost = question(&scan(&mut terminal, NUMBER));
    terminal.wait_ms(1_000);
    let again = question(&scan(&mut terminal, NUMBER));
    assert_ne!(lost.number, again.number, "one that nobody answered is asked anew");
}

#[test]
fn two_visits_on_one_card_are_a_list() {
    let (mut terminal, _) = gate();
    for n in [3, 4] {
        let visit = PassRecord { document_tag: tag(NUMBER), ..record(n) };
        terminal.office.say(&Change::PassIssued(visit.into()));
    }
    terminal.news_arrives();
    let asked = question(&scan(&mut terminal, NUMBER));
    terminal.tell(Event::CardHashed(asked.answer()));
    let found = terminal.gate.view().found.unwrap();
    let hits: Vec<_> = found.hits.iter().map(|hit| (hit.record.pass, hit.by)).collect();
    assert_eq!(hits, [(pass_id(3), FoundBy::Card), (pass_id(4), FoundBy::Card)]);
    assert_eq!(found.query, "**002X");
}

#[test]
fn the_guard_counts_before_the_entry() {
    let (mut terminal, _) = gate();
    choose(&mut terminal, pass_id(2));
    for (counted, party) in [(5, 5), (0, 1), (255, 99), (2, 2)] {
        assert_eq!(written(&count(&mut terminal, counted)), []);
        assert_eq!(shown(&terminal).count, party);
    }
    assert_eq!(written(&let_in(&mut terminal))[0].party, 2);
    assert_eq!((terminal.gate.view().entered_today, terminal.gate.view().inside_now), (2, 2));
}

#[test]
fn the_guard_counts_after_the_entry_which_is_a_correction() {
    let (mut terminal, code) = gate();
    terminal.tell(Event::code(&code));
    let seq = terminal.recorded;
    let effects = count(&mut terminal, 5);
    let entry = written(&effects).remove(0);
    assert_eq!((&entry.outcome, entry.party), (&Outcome::Corrected { entry: seq }, 5));
    assert_eq!((entry.said.pass, signals(&effects)), (Some(pass_id(1)), vec![]));
    assert_eq!((shown(&terminal).count, shown(&terminal).outcome), (5, Some(Outcome::Passed)));
    assert_eq!((terminal.gate.view().entered_today, terminal.gate.view().inside_now), (5, 5));
    assert_eq!(written(&count(&mut terminal, 5)), [], "said already");
    terminal.store_works = false;
    count(&mut terminal, 7);
    assert_eq!((shown(&terminal).count, terminal.gate.view().inside_now), (5, 5), "what is not written is not so");
    terminal.store_works = true;
    assert_eq!(written(&count(&mut terminal, 1))[0].outcome, Outcome::Corrected { entry: seq });
    terminal.wait_ms(60_000);
    terminal.tell(Event::code("POSTER"));
    terminal.wait_ms(60_000);
    assert_eq!(signals(&terminal.tell(Event::code(&code))), [Signal::Refuse], "a correction moved nobody");
}

#[test]
fn a_count_at_another_gate_counts_here_and_our_own_is_not_undone_by_the_feed() {
    let (mut terminal, code) = gate();
    let moved = |terminal, seq, pass, party| Change::PassMoved {
        pass,
        direction: Direction::In,
        at: morning(),
        gate: gate_index(1),
        entry: shared::entry::EntryId { terminal, seq },
        party,
    };
    let east = shared::ids::TerminalId::new(8);
    for (party, inside) in [(None, 3), (Some(5), 5), (Some(2), 2)] {
        terminal.office.say(&moved(east, 1, pass_id(2), party));
        terminal.news_arrives();
        assert_eq!(terminal.gate.view().inside_now, inside);
    }
    terminal.tell(Event::code(&code));
    count(&mut terminal, 4);
    terminal.office.say(&moved(TERMINAL, 1, pass_id(1), Some(3)));
    terminal.news_arrives();
    assert_eq!(terminal.gate.view().inside_now, 6, "the office is behind: it has not heard of the correction");
}

#[test]
fn at_a_gate_of_both_ways_whoever_is_inside_goes_out() {
    let (mut terminal, code) = gate();
    face(&mut terminal, Way::Both);
    let went = |effects: Vec<Effect>| {
        let entry = written(&effects).remove(0);
        (entry.direction, entry.outcome)
    };
    assert_eq!(went(terminal.tell(Event::code(&code))), (Direction::In, Outcome::Passed));
    terminal.wait_ms(30_000);
    let (direction, outcome) = went(terminal.tell(Event::code(&code)));
    assert_eq!((direction, outcome), (Direction::In, Outcome::Refused), "held up twice: still coming in");
    terminal.wait_ms(60_000);
    assert_eq!(went(terminal.tell(Event::code(&code))), (Direction::Out, Outcome::Passed));
    let view = terminal.gate.view();
    assert_eq!((view.way, view.direction, view.inside_now), (Way::Both, Direction::Out, 0));
    terminal.wait_ms(60_000);
    assert_eq!(went(terminal.tell(Event::code("POSTER"))), (Direction::In, Outcome::Refused));
}

#[test]
fn who_is_inside_is_listed_with_who_should_be_gone() {
    let (mut terminal, code) = gate();
    terminal.tell(Event::code(&code));
    assert_eq!(terminal.gate.view().inside, None);
    terminal.tell(Event::Guard(GuardAct::ListInside(true)));
    let listed = |terminal: &Terminal| {
        let inside: Arc<[Inside]> = terminal.gate.view().inside.unwrap();
        inside.iter().map(|one| (one.name.clone(), one.party, one.overdue)).collect::<Vec<_>>()
    };
    assert_eq!(listed(&terminal), [("张䶮明".to_owned(), 3, false)]);
    // The visit is until ten; it is eight now.
    terminal.wait_ms(150 * 60_000);
    terminal.tell(Event::Tick);
    assert!(!listed(&terminal)[0].2);
    terminal.wait_ms(60_000);
    terminal.tell(Event::Tick);
    assert!(listed(&terminal)[0].2);
    terminal.wait_ms(14 * 3_600_000);
    terminal.tell(Event::Tick);
    assert_eq!(listed(&terminal), [("张䶮明".to_owned(), 3, true)], "yesterday's, by their full name still");
    assert_eq!(terminal.gate.view().inside_now, 0);
    terminal.tell(Event::Guard(GuardAct::ListInside(false)));
    assert_eq!(terminal.gate.view().inside, None);
}

fn paper(name: &str) -> Box<PaperCase> {
    Box::new(PaperCase {
        visitor: PersonName::parse(name).unwrap(),
        phone_tail: "0102".into(),
        host: Remark::parse("后勤王师傅").unwrap(),
        reason: Remark::parse("抢修水管").unwrap(),
        plates: vec![Plate::parse("陕A12345").unwrap()],
    })
}

#[test]
fn a_paper_case_is_an_entry_beside_the_panel() {
    let (mut terminal, _) = gate();
    choose(&mut terminal, pass_id(2));
    let asked = shown(&terminal);
    let act = |direction| OfficerAct::Paper { paper: paper("古丽·买买提"), party: 2, direction };
    let effects = terminal.tell(Event::Officer(act(Direction::In)));
    let entry = written(&effects).remove(0);
    assert_eq!(entry.said.verdict, Verdict::Ask(AskReason::NoBooking));
    assert_eq!(entry.outcome, Outcome::LetIn { reason: GuardReason::OfficerAgreed });
    assert_eq!((signals(&effects), shown(&terminal)), (vec![], asked), "the light is for the one on the panel");
    assert_eq!(terminal.gate.view().inside_now, 2);
    terminal.tell(Event::Guard(GuardAct::ListInside(true)));
    assert_eq!(terminal.gate.view().inside.unwrap()[0].name, "古丽·买买提");
    terminal.tell(Event::Officer(act(Direction::Out)));
    assert_eq!(terminal.gate.view().inside_now, 0);
    terminal.store_works = false;
    terminal.tell(Event::Officer(act(Direction::In)));
    assert_eq!(terminal.gate.view().inside_now, 0);
    assert_eq!(terminal.gate.view().alarm, Some(Alarm::StoreFailing));
    assert_eq!(shown(&terminal).verdict, Verdict::Ask(AskReason::FoundOnList), "the question still stands");
}

fn ask_host(terminal: &mut Terminal, party: u8) -> Vec<Effect> {
    ask_for(terminal, "T2001", party)
}

fn ask_for(terminal: &mut Terminal, host: &str, party: u8) -> Vec<Effect> {
    let form = WalkInForm {
        visitor: PersonName::parse("李四").unwrap(),
        phone: Phone::parse("13800130000").unwrap(),
        document: Document::parse(DocumentKind::ResidentId, NUMBER, day().date()).unwrap(),
        host: host.into(),
        purpose: "送样品".into(),
        party,
        plates: Vec::new(),
    };
    terminal.tell(Event::Guard(GuardAct::AskHost(Box::new(form))))
}

fn standing(terminal: &Terminal) -> WalkInStanding {
    terminal.gate.view().walk_ins[0].standing.clone()
}

fn decide(terminal: &mut Terminal, outcome: WalkInOutcome) {
    let number = terminal.gate.view().walk_ins[0].number;
    terminal.office.say(&Change::WalkInDecided { terminal: TERMINAL, number, outcome });
    terminal.news_arrives();
}

#[test]
fn a_walk_in_goes_from_the_form_to_the_panel() {
    let (mut terminal, _) = gate();
    let effects = ask_host(&mut terminal, 2);
    let Some(Effect::AskHost(request)) = effects.iter().find(|effect| matches!(effect, Effect::AskHost(_))) else {
        panic!("{effects:?}")
    };
    assert_eq!((request.terminal, request.party.get(), request.host.as_str()), (TERMINAL, 2, "T2001"));
    assert_eq!(standing(&terminal), WalkInStanding::Sending);
    assert!(!format!("{:?}", terminal.gate).contains(NUMBER));
    let number = request.number;
    terminal.tell(Event::HostAsked { number, answer: WalkInAnswer::Accepted });
    assert_eq!(standing(&terminal), WalkInStanding::Waiting);
    terminal.office.say(&Change::PassIssued(record(6).into()));
    decide(&mut terminal, WalkInOutcome::Approved { pass: pass_id(6) });
    assert_eq!(standing(&terminal), WalkInStanding::Approved { pass: pass_id(6) });
    choose(&mut terminal, pass_id(6));
    assert_eq!(shown(&terminal).verdict, Verdict::Ask(AskReason::FoundOnList));
    terminal.tell(Event::Guard(GuardAct::ForgetWalkIn(number)));
    assert_eq!(terminal.gate.view().walk_ins.len(), 0);
}

#[test]
fn a_number_or_a_code_in_the_host_s_field_is_neither_sent_nor_kept() {
    let (mut terminal, code) = gate();
    for host in [NUMBER, &format!(" {} ", NUMBER.to_lowercase()), &code] {
        let effects = ask_for(&mut terminal, host, 1);
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::AskHost(_))), "{host}");
        assert_eq!(standing(&terminal), WalkInStanding::NotAllowed { why: vec![WalkInFault::Host] });
        let kept = |effect: &Effect| {
            if let Effect::KeepWalkIns(kept) = effect { serde_json::to_string(&kept[..]).ok() } else { None }
        };
        let kept = effects.iter().find_map(kept).unwrap();
        assert!(!kept.contains(host.trim()), "{host}");
    }
    for host in ["T2001", "13800130001", "ABDULLAH MUHAMMAD AZIZ", "赵六"] {
        ask_for(&mut terminal, host, 1);
        assert_eq!(
            (standing(&terminal), terminal.gate.view().walk_ins[0].host.as_str()),
            (WalkInStanding::Sending, host)
        );
    }
}

#[test]
fn whatever_is_answered_to_a_walk_in_is_seen() {
    let unreached = SyncFailure::Unreachable("cut".into());
    let why = vec![WalkInFault::OutsideHours];
    let retry_at = Moment::from_unix_s(9);
    type Answer = Result<WalkInAnswer, SyncFailure>;
    let answers: [(Answer, WalkInStanding); 5] = [
        (Ok(WalkInAnswer::HostUnknown), WalkInStanding::HostUnknown),
        (Ok(WalkInAnswer::NotAllowed { why: why.clone() }), WalkInStanding::NotAllowed { why }),
        (Ok(WalkInAnswer::Limited { retry_at }), WalkInStanding::Limited { retry_at }),
        (Err(unreached), WalkInStanding::Unreached),
        (
            Err(SyncFailure::Refused(Refusal::Withdrawn { proof: None })),
            WalkInStanding::Refused(Refusal::Withdrawn { proof: None }),
        ),
    ];
    let (mut terminal, _) = gate();
    for (answer, seen) in answers {
        ask_host(&mut terminal, 1);
        let number = terminal.gate.view().walk_ins[0].number;
        terminal.tell(match answer {
            Ok(answer) => Event::HostAsked { number, answer },
            Err(failure) => Event::HostNotAsked { number, failure },
        });
        assert_eq!(standing(&terminal), seen);
    }
    ask_host(&mut terminal, 16);
    assert_eq!(standing(&terminal), WalkInStanding::NotAllowed { why: vec![WalkInFault::Party] });
    let view = terminal.gate.view();
    let mut numbers: Vec<_> = view.walk_ins.iter().map(|walk_in| walk_in.number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 6, "asked in the same moment, each has its own number");
}

#[test]
fn a_decision_outruns_its_answer_and_finds_a_request_whose_answer_was_lost() {
    let (mut terminal, _) = gate();
    ask_host(&mut terminal, 1);
    decide(&mut terminal, WalkInOutcome::Declined);
    let number = terminal.gate.view().walk_ins[0].number;
    terminal.tell(Event::HostAsked { number, answer: WalkInAnswer::Accepted });
    assert_eq!(standing(&terminal), WalkInStanding::Declined);
    ask_host(&mut terminal, 1);
    let number = terminal.gate.view().walk_ins[0].number;
    terminal.tell(Event::HostNotAsked { number, failure: SyncFailure::Unreachable("cut".into()) });
    decide(&mut terminal, WalkInOutcome::Approved { pass: pass_id(2) });
    assert_eq!(standing(&terminal), WalkInStanding::Approved { pass: pass_id(2) });
    let elsewhere = shared::ids::TerminalId::new(99);
    terminal.office.say(&Change::WalkInDecided { terminal: elsewhere, number, outcome: WalkInOutcome::Declined });
    terminal.news_arrives();
    assert_eq!(standing(&terminal), WalkInStanding::Approved { pass: pass_id(2) }, "another terminal's");
}

#[test]
fn walk_ins_do_not_pile_up() {
    let (mut terminal, _) = gate();
    ask_host(&mut terminal, 1);
    let first = terminal.gate.view().walk_ins[0].number;
    for _ in 0..40 {
        ask_host(&mut terminal, 16);
    }
    let view = terminal.gate.view();
    assert_eq!(view.walk_ins.len(), 30);
    assert!(view.walk_ins.iter().any(|walk_in| walk_in.number == first), "who still waits is not pushed out");
    terminal.wait_ms(17 * 3_600_000);
    terminal.tell(Event::Tick);
    assert_eq!(terminal.gate.view().walk_ins.len(), 0, "nobody waits overnight");
}
