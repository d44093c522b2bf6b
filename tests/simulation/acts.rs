//! What people do: they book, come, leave, are taken back, and hold up what is no pass.

use gate_terminal::gate::{Event, GuardAct, Panel};
use shared::{
    entry::{GuardReason, Way},
    ids::{GateMask, PassId},
    pass::EntriesAllowed,
    time::CampusDay,
};
use sync_server::{
    office::{Reason, RevokedBy},
    store::{EndOutcome, Issuing, OnBehalf, PageToken, Sent, Submitted, Target},
};

use crate::{
    Stopped, people,
    renewals::key_of,
    told,
    weak::signed_weakly,
    world::{Pass, World},
};

/// What is held before a camera, and what the simulation knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    pub pass: PassId,
    /// As the office made it; otherwise somebody has changed it.
    pub genuine: bool,
}

impl World {
    pub fn book_for_the_day(&mut self) -> Result<(), Stopped> {
        for _ in 0..4 {
            self.somebody_books()?;
        }
        Ok(())
    }

    pub fn somebody_books(&mut self) -> Result<(), Stopped> {
        if !self.office.is_up() || self.trouble.leapt_s != 0 {
            return Ok(());
        }
        self.visitors += 1;
        let (visitor, now) = (self.visitors, self.office.now());
        let ahead = [0, 0, 0, 1, 1, 3].get(usize::try_from(self.dice.below(6)).unwrap_or(0)).copied().unwrap_or(0);
        let day = CampusDay::of(now).plus_days(ahead);
        let campus = shared::ids::CampusId::new(if self.dice.of_thousand(700) { 1 } else { 2 });
        let companions = usize::try_from(self.dice.below(3)).unwrap_or(0);
        let (id, page) = (PassId::from_bytes(self.dice.bytes()), PageToken::from_random(self.dice.bytes()));
        let entries = if self.dice.of_thousand(800) { 1 } else { 2 };
        let entries_allowed = EntriesAllowed::new(entries).ok_or_else(|| Stopped("entries".to_owned()))?;
        let state = self.office.state()?.clone();
        let issuing = Issuing {
            signer: state.keys.now().signs.pass.clone(),
            pass: id,
            page: page.clone(),
            gates: GateMask::EVERY,
            entries: entries_allowed,
        };
        let Ok(booking) = people::form(visitor, campus, day, companions).check_on_behalf(&state.config.rules(), now)
        else {
            // After hours nobody books for today.
            return Ok(());
        };
        let host = people::host(visitor % 4).ok_or_else(|| Stopped("no host".to_owned()))?;
        let on_behalf = OnBehalf {
            booking,
            host,
            limits: state.config.booking.limits(),
            notice: "1",
            issuing,
            form: Sent { id: format!("form-{visitor}"), mark: None },
        };
        let submitted = self.office.wait(state.store.submit_on_behalf(on_behalf, now))?.map_err(told)?;
        let Submitted::Booked(booking) = submitted else { return Ok(()) };
        let view = self.office.wait(state.store.pass_page(&page))?.map_err(told)?;
        let text = view.and_then(|view| view.text).ok_or_else(|| Stopped("a pass has no page".to_owned()))?;
        self.trace.note(format!("pass {id} for {campus} on {day}"));
        self.tally.count("passes");
        let text = text.to_string();
        self.passes.push(Pass {
            id,
            campus,
            day,
            text,
            booking,
            page,
            visitor,
            entries,
            revoked: false,
            watched: false,
            lost: false,
        });
        Ok(())
    }

    pub fn somebody_is_taken_back(&mut self) -> Result<(), Stopped> {
        let Some(at) = self.a_pass_of_these_days() else { return Ok(()) };
        let Some((pass, booking)) =
            self.passes.get(at).filter(|pass| !pass.revoked && !pass.lost).map(|pass| (pass.id, pass.booking))
        else {
            return Ok(());
        };
        if !self.office.is_up() || self.trouble.leapt_s != 0 {
            return Ok(());
        }
        let (state, now) = (self.office.state()?.clone(), self.office.now());
        let officer = RevokedBy::Officer { reason: Reason::parse("核查").map_err(|_| Stopped("reason".to_owned()))? };
        let held = self.a_call_is_held(pass)?;
        let ended = self.office.wait(state.store.revoke(Target::Booking(booking), officer, now))?.map_err(told)?;
        let is_ended = matches!(ended, EndOutcome::Ended(_));
        if let (EndOutcome::Ended(_), Some(pass)) = (ended, self.passes.get_mut(at)) {
            pass.revoked = true;
            self.trace.note(format!("revoked {}", pass.id));
            self.tally.count("revocations");
        }
        if let Some(held) = held.filter(|_| is_ended) {
            self.held_call_ends(held, pass)?;
        }
        Ok(())
    }

    pub fn watchlist_changes(&mut self) -> Result<(), Stopped> {
        let Some(at) = self.a_pass_of_these_days() else { return Ok(()) };
        let Some(pass) = self.passes.get(at).filter(|pass| !pass.lost).cloned() else { return Ok(()) };
        if !self.office.is_up() || self.trouble.leapt_s != 0 {
            return Ok(());
        }
        let (state, now) = (self.office.state()?.clone(), self.office.now());
        let kind = shared::identity::DocumentKind::Passport;
        let document = shared::identity::Document::parse(kind, &people::passport(pass.visitor), pass.day.date())
            .map_err(|_| Stopped("document".to_owned()))?;
        if pass.watched {
            self.office.wait(state.store.unwatch(&document, now))?.map_err(told)?;
        } else {
            self.office.wait(state.store.watch(&document, "", now))?.map_err(told)?;
        }
        self.trace.note(format!("watched {} {}", pass.id, !pass.watched));
        self.tally.count("watchlist");
        if let Some(pass) = self.passes.get_mut(at) {
            pass.watched = !pass.watched;
        }
        Ok(())
    }

    fn a_pass_of_these_days(&mut self) -> Option<usize> {
        let today = CampusDay::of(self.true_time());
        let found: Vec<usize> =
            self.passes.iter().enumerate().filter(|(_, pass)| pass.day >= today).map(|(at, _)| at).collect();
        self.dice.pick(&found).copied()
    }

    pub fn somebody_comes(&mut self) -> Result<(), Stopped> {
        let today = CampusDay::of(self.true_time());
        let found: Vec<Pass> = self.passes.iter().filter(|pass| pass.day == today).cloned().collect();
        let Some(pass) = self.dice.pick(&found).cloned() else { return Ok(()) };
        let gates = self.gates(|terminal| terminal.campus == pass.campus && terminal.way != Way::Out);
        let Some(at) = self.dice.pick(&gates).copied() else { return Ok(()) };
        let text = self.code_of(&pass)?;
        self.show(at, &text, Some(Presented { pass: pass.id, genuine: true }))
    }

    pub fn somebody_leaves(&mut self) -> Result<(), Stopped> {
        let today = CampusDay::of(self.true_time());
        let found: Vec<Pass> = self.passes.iter().filter(|pass| pass.day == today).cloned().collect();
        let Some(pass) = self.dice.pick(&found).cloned() else { return Ok(()) };
        let gates = self.gates(|terminal| terminal.campus == pass.campus && terminal.way != Way::In);
        let Some(at) = self.dice.pick(&gates).copied() else { return Ok(()) };
        let text = self.code_of(&pass)?;
        self.show(at, &text, Some(Presented { pass: pass.id, genuine: true }))
    }

    /// A pass of today, changed by a letter or signed as no library signs; one of any day at any gate; or no pass at all.
    pub fn somebody_is_odd(&mut self) -> Result<(), Stopped> {
        let today = CampusDay::of(self.true_time());
        let (kind, all) = (self.dice.below(5), self.passes.clone());
        let forged: Vec<Pass> = all.iter().filter(|pass| pass.day == today).cloned().collect();
        let pass = if kind < 2 { self.dice.pick(&forged).cloned() } else { self.dice.pick(&all).cloned() };
        let Some(pass) = pass else { return Ok(()) };
        let gates = self.gates(|gate| kind >= 2 || gate.campus == pass.campus && gate.way != Way::Out);
        let Some(at) = self.dice.pick(&gates).copied() else { return Ok(()) };
        let forged = Some(Presented { pass: pass.id, genuine: false });
        match kind {
            0 => {
                let text = self.altered(&pass.text);
                self.show(at, &text, forged)
            }
            1 => match signed_weakly(&pass.text, &self.office.pass_key) {
                Some(text) => self.show(at, &text, forged),
                None => Ok(()),
            },
            2 => self.show(at, "HTTPS://EXAMPLE.EDU.CN/MENU", None),
            _ => self.show(at, &pass.text, Some(Presented { pass: pass.id, genuine: true })),
        }
    }

    fn altered(&mut self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let at = usize::try_from(self.dice.below(u64::try_from(letters.len()).unwrap_or(1))).unwrap_or(0);
        letters.iter().enumerate().map(|(n, c)| if n == at { if *c == 'A' { 'B' } else { 'A' } } else { *c }).collect()
    }

    fn gates(&self, which: impl Fn(&crate::terminal::Terminal) -> bool) -> Vec<usize> {
        self.terminals.iter().enumerate().filter(|(_, terminal)| which(terminal)).map(|(at, _)| at).collect()
    }

    /// The next person holds up a code; where the guard is asked, they let them in or look away.
    pub fn show(&mut self, at: usize, text: &str, presented: Option<Presented>) -> Result<(), Stopped> {
        self.turn(at, Event::NoCode, None)?;
        self.pass_time(3)?;
        self.shown_under = key_of(text);
        self.turn(at, Event::code(text), presented)?;
        self.tally.count("codes shown");
        let asked = self.terminals.get(at).and_then(|terminal| terminal.panel());
        let Some(Panel::Shown(shown)) = asked else { return Ok(()) };
        let is_question = matches!(shown.verdict, shared::verdict::Verdict::Ask(_)) && shown.outcome.is_none();
        if is_question && self.dice.of_thousand(600) {
            let act = GuardAct::LetIn { case: shown.case, reason: GuardReason::CardChecked };
            self.turn(at, Event::Guard(act), presented)?;
            self.tally.count("let in by the guard");
        } else if is_question {
            self.pass_time(31)?;
        }
        Ok(())
    }
}
