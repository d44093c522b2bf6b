//! Hosts who are asked again, and who is asked after them.
//!
//! The links of the first notices are known here by their hashes only, so what is asked again bears links of its own; they die with
//! the decision like all others. Which rung was taken is written in the transaction of its notices: no rung is taken twice.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ids::BookingId,
    time::{CampusDay, Moment},
};

use super::{BookingView, Links, Store, StoreError, bookings, deputies, links, notices, rows, writer::Writing};
use crate::office::{
    Channel, Ladder, Quiet, Rung, Standing, Together,
    notice::{self, Message},
};

/// A rung that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderDue {
    pub booking: BookingId,
    /// Whether the visitor waits there.
    at_gate: bool,
    /// Taken before.
    taken: usize,
    rung: Rung,
}

/// In one minute at most: links are drawn for each.
const AT_ONCE: usize = 200;

impl Store {
    /// While it is quiet, only of those who wait at a gate.
    pub async fn reminders_due(
        &self,
        ladder: &Ladder,
        quiet: Quiet,
        now: Moment,
    ) -> Result<Vec<ReminderDue>, StoreError> {
        let Some((first, _)) = ladder.next(0) else { return Ok(Vec::new()) };
        let ladder = ladder.clone();
        let due = move |db: &Connection| {
            let mut query = db.prepare_cached(
                "select b.id, b.made_at, coalesce(r.taken, 0) as taken, r.at,
                     exists (select 1 from walk_in w where w.booking = b.id) as at_gate
                 from booking b left join reminder r on r.booking = b.id
                 where b.standing = 'waiting' and b.day >= ?1 and not b.anonymous and b.made_at <= ?2
                     and coalesce(r.taken, 0) < ?3
                 order by b.day, b.id",
            )?;
            let (today, latest) = (CampusDay::of(now).to_string(), now.minus(first).unix_ms());
            let mut found = query.query(params![today, latest, rows::limit(ladder.rungs())])?;
            let mut due = Vec::new();
            while let Some(row) = found.next()?
                && due.len() < AT_ONCE
            {
                let at_gate: bool = row.get("at_gate")?;
                if quiet.ends(now).is_some() && !at_gate {
                    continue;
                }
                let taken: usize = rows::parsed(row, "taken", |taken: i64| usize::try_from(taken).ok())?;
                let so_far = (taken, rows::maybe_moment(row, "at")?);
                let quiet = if at_gate { Quiet::NONE } else { quiet };
                if let Some(rung) = ladder.due(rows::moment(row, "made_at")?, so_far, quiet, now) {
                    due.push(ReminderDue { booking: BookingId::new(row.get("id")?), at_gate, taken, rung });
                }
            }
            Ok(due)
        };
        self.0.readers.read(due).await
    }

    /// Takes a rung, if it is still to be taken.
    pub async fn remind(&self, due: ReminderDue, links: Links, now: Moment) -> Result<bool, StoreError> {
        // Of somebody who stands at the gate the host is told alone, however many wait.
        let (key, together) = (self.key().clone(), self.together().filter(|_| !due.at_gate));
        let remind = move |db: &mut Writing<'_>| {
            let Some(view) = bookings::by_id(db, &key, due.booking)? else { return Ok(false) };
            let taken = db
                .prepare_cached("select taken from reminder where booking = ?1")?
                .query_row([due.booking.get()], |row| row.get::<_, i64>(0))
                .optional()?
                .unwrap_or(0);
            let is_due = view.standing == Standing::Waiting && now < view.facts.over_at();
            if !is_due || usize::try_from(taken) != Ok(due.taken) {
                return Ok(false);
            }
            db.prepare_cached("insert or replace into reminder (booking, taken, at) values (?1, ?2, ?3)")?
                .execute(params![due.booking.get(), taken + 1, now.unix_ms()])?;
            take(db, &view, &due.rung, (&links, together), now)?;
            Ok(true)
        };
        self.0.writer.write(remind).await
    }
}

fn take(
    db: &mut Writing<'_>,
    view: &BookingView,
    rung: &Rung,
    (links, together): (&Links, Option<Together>),
    now: Moment,
) -> Result<(), StoreError> {
    let message = notice::asked_again(&view.facts, view.booker().is_some());
    match rung {
        Rung::Host => links::add_for(db, (view.id, &message), (&view.host, None), (links, together), now),
        // Who was named since the booking hears of it here for the first time.
        Rung::Deputy => match deputies::in_force(db, &view.host.number, CampusDay::of(now))? {
            Some(deputy) => {
                let message = notice::for_deputy(&message, &view.host);
                let to = (&deputy, Some(&deputy.number));
                links::add_for(db, (view.id, &message), to, (links, together), now)
            }
            None => Ok(()),
        },
        Rung::Duty(phone) => tell_duty(db, view, phone.as_str(), &notice::unanswered(&view.facts, &view.host), now),
    }
}

fn tell_duty(
    db: &mut Writing<'_>,
    view: &BookingView,
    to: &str,
    message: &Message,
    now: Moment,
) -> Result<(), StoreError> {
    let notice = notices::New { booking: Some(view.id), channel: Channel::Sms, to, message, path: None };
    notices::add(db, &notice, now)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::{identity::Phone, ids::StaffNumber};

    use super::*;
    use crate::{
        office::{Away, Choice, Revision, TimeOfDay},
        store::{
            Outcome,
            office_days::{Office, form, links, staff, today},
        },
    };

    fn ladder() -> Ladder {
        let min = TimeDelta::minutes;
        let duty = Phone::parse("13800130007").unwrap();
        Ladder { host: vec![min(30), min(120)], deputy: Some(min(180)), duty: Some((min(240), duty)) }
    }

    async fn remind(office: &Office, minutes: i64, seed: u8) -> usize {
        let now = office.now.plus(TimeDelta::minutes(minutes));
        let due = office.store.reminders_due(&ladder(), Quiet::NONE, now).await.unwrap();
        for one in &due {
            assert!(office.store.remind(one.clone(), links(seed).own, now).await.unwrap());
            assert!(!office.store.remind(one.clone(), links(seed).own, now).await.unwrap(), "no rung twice");
        }
        due.len()
    }

    #[tokio::test]
    async fn a_host_who_does_not_answer_then_the_deputy_then_the_duty_office() {
        let office = Office::with_host().await;
        let deputy = staff("T2", "王芳", "13800130101");
        office.store.import_directory(vec![office.host.clone(), deputy], office.now).await.unwrap();
        let (_, first) = office.submit(&form(), 1).await;
        let away = Away { deputy: StaffNumber::parse("T2").unwrap(), from: today(), through: today() };
        office.store.name_deputy(&office.host.number, away, office.now).await.unwrap();
        let asked = |phone: &str| {
            let sql = "select count(*) from notice where kind in ('approval_asked', 'unanswered') and \"to\" = ";
            office.look(&format!("{sql} '{phone}'"))
        };
        for (minutes, seed, rungs, told) in [
            (29, 0, 0, (1, 0, 0)),
            (31, 2, 1, (2, 0, 0)),
            (40, 0, 0, (2, 0, 0)),
            (121, 3, 1, (3, 0, 0)),
            (181, 4, 1, (3, 1, 0)),
            (241, 5, 1, (3, 1, 1)),
            (300, 0, 0, (3, 1, 1)),
        ] {
            assert_eq!(remind(&office, minutes, seed).await, rungs, "{minutes}");
            assert_eq!((asked("13800130100"), asked("13800130101"), asked("13800130007")), told, "{minutes}");
        }
        // Every link of a reminder decides, the deputy's as theirs, and all die with the decision.
        let now = office.now.plus(TimeDelta::minutes(250));
        let by = office.store.link(&links(4).own.wecom, now).await.unwrap().unwrap();
        assert_eq!((by.open, by.holder.unwrap().number.as_str()), (true, "T2"));
        let no = || Choice::Decline { reason: None }.on(Revision::FIRST);
        let reminded = links(2).own.hall;
        let decided = office.store.decide(&reminded, no(), office.issuing(1), now).await.unwrap();
        assert!(matches!(decided, Outcome::Decided(_)));
        for link in [&first.sms, &links(3).own.sms, &links(4).own.sms] {
            assert!(!office.store.link(link, now).await.unwrap().unwrap().open);
        }
    }

    #[tokio::test]
    async fn what_is_decided_is_not_reminded_of_and_the_night_is_quiet() {
        let office = Office::with_host().await;
        let (_, links) = office.submit(&form(), 1).await;
        let later = office.now.plus(TimeDelta::minutes(31));
        let clock = |text| TimeOfDay::parse(text).unwrap();
        let quiet = Quiet { from: clock("08:10"), until: clock("09:00") };
        assert_eq!(office.store.reminders_due(&ladder(), quiet, later).await.unwrap(), []);
        let due = office.store.reminders_due(&ladder(), Quiet::NONE, later).await.unwrap();
        let no = Choice::Decline { reason: None }.on(Revision::FIRST);
        office.store.decide(&links.sms, no, office.issuing(1), later).await.unwrap();
        assert!(!office.store.remind(due[0].clone(), links, later).await.unwrap());
        assert_eq!(office.store.reminders_due(&ladder(), Quiet::NONE, later).await.unwrap(), []);
    }
}
