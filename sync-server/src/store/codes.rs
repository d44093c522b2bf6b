//! Sign-in codes: sent by SMS, and good once, for a few minutes and a few guesses, in the browser that asked.
//!
//! A code is kept for a phone and a browser, which proves itself by a secret in its cookie. Whoever lacks that secret can neither
//! use the code nor use up its guesses, so nobody can void a visitor's code by typing five wrong ones, and is told the same whether
//! there is one or not. A code that leaves voids the one before in the same browser; where none leaves, and in another browser,
//! the one before stands.
//!
//! Where no message may leave, the same rows are written as where one does, but for the message: a code that no digits fit, with
//! its guesses. So neither the answer nor its time nor what comes after tells whether the phone is known, see
//! [`code_ruling`](crate::office::code_ruling).
//!
//! Wrong guesses lock nobody out. They are counted at their code, and all together for the day: from a number on, a stranger's right
//! code is answered with a second one, see [`code_ledger`](crate::office::code_ledger).

use std::net::IpAddr;

use rusqlite::{Connection, Row, params};
use shared::{identity::Phone, time::Moment};

use super::{
    BrowserToken, IdentityKey, Store, StoreError,
    attempts::{self, By, Counted},
    code_book::{self, From},
    notices, rows,
    writer::Writing,
};
use crate::office::{Asker, Channel, CodeLimits, CodeTold, Full, PauseReason, Tab, notice};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeIssued {
    Sent,
    /// Codes are short: a message left or did not, which is not told.
    Uncertain,
    /// They are short for networks like this one: from another it can be asked for again at once.
    UncertainHere,
    /// Too many were asked for this phone; from `retry_at` on there may be another.
    Limited {
        retry_at: Moment,
    },
    /// Too many were asked for it from networks like this one, which are counted apart: from another it can be asked for at once.
    LimitedHere {
        retry_at: Moment,
    },
    /// Too many that were sent to this network were not used.
    Owing {
        retry_at: Moment,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    Right,
    /// It was right, and another was sent that has to be typed as well.
    OneMore,
    /// It was right, and the other one cannot leave before `retry_at`: until then it stays good.
    OneMoreLater {
        retry_at: Moment,
    },
    Wrong {
        left: u8,
    },
    /// Used, void, out of time, never sent, or sent to another browser: which is not told.
    Gone,
}

/// Who signs in, from where. Without its secret a browser is a stranger.
#[derive(Debug, Clone)]
pub struct Caller<B> {
    pub phone: Phone,
    pub browser: B,
    pub address: IpAddr,
}

impl Store {
    /// Keeps `code` for the caller and puts its message into the outbox, in one transaction; or a code that nothing fits, and no
    /// message.
    pub async fn issue_code(
        &self,
        caller: &Caller<BrowserToken>,
        code: &str,
        now: Moment,
        limits: &CodeLimits,
    ) -> Result<CodeIssued, StoreError> {
        let hash = self.key().code_hash(&caller.phone, code);
        let asked = Asked {
            phone: caller.phone.clone(),
            browser: caller.browser.hash(),
            from: From::of(caller.address),
            now,
            limits: *limits,
        };
        let code = code.to_owned();
        self.0.writer.write(move |db| asked.issue(db, &code, hash)).await
    }

    /// When this browser, which has been sent a code, may have another, if not now. Others are told nothing.
    pub async fn next_code_at(
        &self,
        caller: &Caller<BrowserToken>,
        now: Moment,
        limits: &CodeLimits,
    ) -> Result<Option<Moment>, StoreError> {
        let (phone, browser, limits) = (caller.phone.clone(), caller.browser.hash(), *limits);
        let from = From::of(caller.address);
        let next = move |db: &Connection| {
            let asked = db
                .prepare_cached("select 1 from sign_in_code where phone = ?1 and browser = ?2")?
                .exists(params![phone.as_str(), browser])?;
            let part = part(code_book::is_proven(db, &phone, browser)?, &from.tabs(db, now)?);
            if asked { sent_too_many(db, &phone, &part, &limits, now) } else { Ok(None) }
        };
        self.0.readers.read(next).await
    }

    /// A right code makes its browser one that the phone is known in.
    pub async fn check_code(
        &self,
        caller: &Caller<Option<BrowserToken>>,
        code: &str,
        now: Moment,
        limits: &CodeLimits,
    ) -> Result<CodeCheck, StoreError> {
        let Some(browser) = &caller.browser else { return Ok(CodeCheck::Gone) };
        let asked = Asked {
            phone: caller.phone.clone(),
            browser: browser.hash(),
            from: From::of(caller.address),
            now,
            limits: *limits,
        };
        let (typed, key) = (self.key().code_hash(&caller.phone, code), self.key().clone());
        self.0.writer.write(move |db| asked.check(db, typed, &key)).await
    }
}

struct Asked {
    phone: Phone,
    browser: [u8; 32],
    from: From,
    now: Moment,
    limits: CodeLimits,
}

/// A code as the database has it.
struct Held {
    code: Vec<u8>,
    asked_at: Moment,
    left: u8,
    wrong: u32,
    /// Messages that left, and those of them that stand on the tabs.
    sent: u32,
    lent: u32,
    step: u8,
    asker: Asker,
    from: From,
    notice: Option<i64>,
    expires_at: Moment,
}

/// As what a question counts, together with what, and how many tenths of a phone's limits that may use up. A gateway takes so many
/// for a number, whoever asks: strangers from afar leave some to those who ask where codes are used, and both leave some to the
/// phone's own browsers.
struct Part {
    counted: Counted,
    together: &'static [Counted],
    tenths: u16,
}

const AFAR: Part = Part { counted: Counted::CodeSentAfar, together: &[Counted::CodeSentAfar], tenths: 6 };
const NEAR: Part =
    Part { counted: Counted::CodeSent, together: &[Counted::CodeSentAfar, Counted::CodeSent], tenths: 8 };
const OWN: Part = Part {
    counted: Counted::OwnCodeSent,
    together: &[Counted::CodeSentAfar, Counted::CodeSent, Counted::OwnCodeSent],
    tenths: 10,
};

const fn part(proven: bool, [_, network]: &[Tab; 2]) -> Part {
    match network.asker() {
        _ if proven => OWN,
        Asker::Cold | Asker::KnownFromAfar => AFAR,
        Asker::Warm | Asker::Known | Asker::Proven => NEAR,
    }
}

fn sent_too_many(
    db: &Connection,
    phone: &Phone,
    part: &Part,
    limits: &CodeLimits,
    now: Moment,
) -> Result<Option<Moment>, StoreError> {
    let mut retry_at = None;
    for limit in limits.per_phone {
        let limit = limit.tenths(part.tenths);
        retry_at = retry_at.max(attempts::together_again_at(db, part.together, By::Phone(phone), limit, now)?);
    }
    Ok(retry_at)
}

impl Asked {
    fn issue(&self, db: &mut Writing<'_>, code: &str, hash: [u8; 32]) -> Result<CodeIssued, StoreError> {
        let Self { phone, now, limits, .. } = self;
        let mut book = code_book::read(db, *now)?;
        let heard = code_book::heard(db, phone, self.browser, &self.from, &book, *now)?;
        let part = part(heard.proven, &heard.tabs);
        if let Some(retry_at) = sent_too_many(db, phone, &part, limits, *now)? {
            let here = matches!(part.counted, Counted::CodeSentAfar) && book.serves_warm(limits, *now);
            return Ok(if here { CodeIssued::LimitedHere { retry_at } } else { CodeIssued::Limited { retry_at } });
        }
        let ruling = book.rule(limits, &heard, *now);
        if let Some(pause) = ruling.pause {
            tracing::warn!(
                why = ?pause.why,
                until = pause.until.campus_date_and_clock(),
                "sign-in codes to strangers pause; see sync-server codes status"
            );
        }
        let told = match ruling.told {
            CodeTold::OnItsWay => CodeIssued::Sent,
            CodeTold::Uncertain => CodeIssued::Uncertain,
            CodeTold::UncertainHere => CodeIssued::UncertainHere,
            CodeTold::Wait { until } => return Ok(CodeIssued::Owing { retry_at: until }),
        };
        // What a stranger is told next must not tell either: phone and tab are counted whatever leaves, but for a channel that fails.
        attempts::count(db, part.counted, By::Phone(phone), *now)?;
        let [_, network] = heard.tabs;
        let failing = book.pause(network.asker(), *now).is_some_and(|pause| pause.why == PauseReason::Channel);
        let lent = !heard.proven && !failing;
        if lent {
            self.from.note(db, *now, Tab::lent)?;
        }
        let before = self.held(db)?;
        let (sent_before, lent_before, asked_at, wrong) =
            before.as_ref().map_or((0, 0, *now, 0), |held| (held.sent, held.lent, held.asked_at, held.wrong));
        let standing = before.filter(|held| held.notice.is_some() && *now < held.expires_at);
        let (code, step, asker, notice) = match (ruling.leaves, standing) {
            (Some(asker), _) => {
                book.ledger.sent(asker);
                (hash.to_vec(), 1, asker, Some(self.message(db, code)?))
            }
            // Nothing leaves, and so nothing takes the place of the one before. Its guesses begin anew and its time with it, as a
            // new one's would: whether one left is told to nobody, and each question is counted for the phone as one that left.
            (None, Some(before)) => (before.code, before.step, before.asker, before.notice),
            // Nothing hashes to less than a hash.
            (None, None) => (Vec::new(), 1, Asker::Cold, None),
        };
        let kept = Held {
            code,
            asked_at,
            left: limits.attempts,
            wrong,
            sent: sent_before.saturating_add(u32::from(ruling.leaves.is_some())),
            lent: lent_before.saturating_add(u32::from(lent)),
            step,
            asker,
            from: self.from.clone(),
            notice,
            expires_at: now.plus(limits.good_for),
        };
        self.keep(db, &kept)?;
        code_book::keep(db, &book)?;
        Ok(told)
    }

    /// Of a browser that has shown its secret.
    fn check(&self, db: &mut Writing<'_>, typed: [u8; 32], key: &IdentityKey) -> Result<CodeCheck, StoreError> {
        let live = |held: &Held| self.now < held.expires_at;
        let Some(held) = self.held(db)?.filter(live) else { return Ok(CodeCheck::Gone) };
        let mut book = code_book::read(db, self.now)?;
        let stranger = held.asker != Asker::Proven;
        if held.code == typed {
            if stranger && held.step == 1 && book.ledger.asks_twice() {
                return self.ask_again(db, &held, key);
            }
            book.ledger.used(held.asker, held.sent, held.asked_at);
            book.ledger.guesses_explained(held.wrong);
            if stranger {
                held.from.note(db, self.now, |tab| tab.paid(held.lent))?;
            }
            code_book::keep(db, &book)?;
            code_book::remember(db, &self.phone, self.browser, self.now)?;
            self.drop_code(db)?;
            return Ok(CodeCheck::Right);
        }
        let left = held.left.saturating_sub(1);
        // By what was told, not by what left: or else who guesses at a phone finds it out from their own network's tab.
        if stranger {
            book.ledger.guessed_wrong();
            if left == 0 && held.lent > 0 {
                held.from.note(db, self.now, Tab::guessed_away)?;
            }
        }
        code_book::keep(db, &book)?;
        if left == 0 {
            self.drop_code(db)?;
            return Ok(CodeCheck::Gone);
        }
        db.prepare_cached("update sign_in_code set left = ?1, wrong = wrong + 1 where phone = ?2 and browser = ?3")?
            .execute(params![left, self.phone.as_str(), self.browser])?;
        Ok(CodeCheck::Wrong { left })
    }

    /// Sends the second code, as far as the budget of those who are known goes: the first was read off the phone. Where it cannot
    /// leave yet, the first can be typed again then.
    fn ask_again(&self, db: &mut Writing<'_>, held: &Held, key: &IdentityKey) -> Result<CodeCheck, StoreError> {
        let mut book = code_book::read(db, self.now)?;
        if let Err(Full { until, .. }) = book.ledger.admits(Asker::Known, &self.limits.budget, self.now) {
            let good_until = until.plus(self.limits.good_for).unix_ms();
            db.prepare_cached("update sign_in_code set expires_at = ?1 where phone = ?2 and browser = ?3")?
                .execute(params![good_until, self.phone.as_str(), self.browser])?;
            return Ok(CodeCheck::OneMoreLater { retry_at: until });
        }
        book.ledger.used(held.asker, held.sent, held.asked_at);
        book.ledger.sent(Asker::Known);
        code_book::keep(db, &book)?;
        let code = key.second_code(held.code.first_chunk().unwrap_or(&[0; 32]), &self.browser);
        let second = Held {
            code: key.code_hash(&self.phone, &code).to_vec(),
            left: self.limits.attempts,
            step: 2,
            asker: Asker::Known,
            asked_at: self.now,
            sent: 1,
            lent: held.lent,
            wrong: held.wrong,
            from: held.from.clone(),
            notice: Some(self.message(db, &code)?),
            expires_at: self.now.plus(self.limits.good_for),
        };
        self.keep(db, &second)?;
        Ok(CodeCheck::OneMore)
    }

    fn message(&self, db: &mut Writing<'_>, code: &str) -> Result<i64, StoreError> {
        let minutes = u16::try_from(self.limits.good_for.num_minutes()).unwrap_or(u16::MAX);
        let notice = notices::New {
            booking: None,
            channel: Channel::Sms,
            to: self.phone.as_str(),
            message: &notice::sign_in_code(code, minutes),
            path: None,
        };
        notices::add(db, &notice, self.now)
    }

    fn held(&self, db: &Connection) -> Result<Option<Held>, StoreError> {
        let mut query = db.prepare_cached(
            "select code, asked_at, left, wrong, sent, lent, step, asker, address, network, notice, expires_at
             from sign_in_code where phone = ?1 and browser = ?2",
        )?;
        let mut found = query.query(params![self.phone.as_str(), self.browser])?;
        found.next()?.map(held).transpose()
    }

    fn keep(&self, db: &Writing<'_>, held: &Held) -> Result<(), StoreError> {
        db.prepare_cached("delete from sign_in_code where expires_at <= ?1")?.execute([self.now.unix_ms()])?;
        db.prepare_cached(
            "insert or replace into sign_in_code
                 (phone, browser, code, asked_at, expires_at, left, wrong, sent, lent, step, asker, address, network, notice)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            self.phone.as_str(),
            self.browser,
            held.code,
            held.asked_at.unix_ms(),
            held.expires_at.unix_ms(),
            held.left,
            held.wrong,
            held.sent,
            held.lent,
            held.step,
            held.asker.number(),
            held.from.address,
            held.from.network,
            held.notice
        ])?;
        Ok(())
    }

    fn drop_code(&self, db: &Writing<'_>) -> Result<(), StoreError> {
        db.prepare_cached("delete from sign_in_code where phone = ?1 and browser = ?2")?
            .execute(params![self.phone.as_str(), self.browser])?;
        Ok(())
    }
}

fn held(row: &Row<'_>) -> Result<Held, StoreError> {
    Ok(Held {
        code: row.get("code")?,
        asked_at: rows::moment(row, "asked_at")?,
        left: row.get("left")?,
        wrong: row.get("wrong")?,
        sent: row.get("sent")?,
        lent: row.get("lent")?,
        step: row.get("step")?,
        asker: rows::parsed(row, "asker", Asker::from_number)?,
        from: From { address: row.get("address")?, network: row.get("network")? },
        notice: row.get("notice")?,
        expires_at: rows::moment(row, "expires_at")?,
    })
}

#[cfg(test)]
mod tests;
