//! When to try a notice again, and when it is too old to be of use.
//!
//! The first tries are close together, because a code to sign in is worthless after five minutes; the later ones far apart, because a
//! gateway that has been down for an hour is not brought back by asking. Every wait is drawn by lot within its bounds, or all that
//! failed together would come again together.

use std::time::Duration;

use chrono::TimeDelta;
use shared::time::Moment;

use crate::{
    office::notice::{Fact, NoticeKind},
    store::Notice,
};

const FIRST_S: i64 = 2;
const LONGEST_S: i64 = 15 * 60;
const CODE: TimeDelta = TimeDelta::minutes(5);
const DAY: TimeDelta = TimeDelta::days(1);

/// When a notice has aged out. Cards and to-dos wait for what they close, which may take its whole day.
pub(super) fn too_old_at(notice: &Notice) -> Moment {
    let of_use = match notice.kind {
        NoticeKind::SignInCode => {
            let minutes = notice.fact(Fact::Minutes).and_then(|minutes| minutes.parse().ok());
            minutes.map_or(CODE, TimeDelta::minutes)
        }
        NoticeKind::Settled => TimeDelta::days(3),
        NoticeKind::Submitted
        | NoticeKind::ApprovalAsked
        | NoticeKind::Waiting
        | NoticeKind::Unanswered
        | NoticeKind::Approved
        | NoticeKind::Declined
        | NoticeKind::Revoked
        | NoticeKind::Cancelled
        | NoticeKind::Changed
        | NoticeKind::Deputy => DAY,
    };
    notice.made_at.plus(of_use)
}

/// How long to wait after `failed` tries: half of it in any case, the rest by `lot`. Never less than the provider asked for.
pub(super) fn wait(failed: u32, after: Option<Duration>, lot: u16) -> TimeDelta {
    let doubled = FIRST_S.saturating_mul(1_i64 << failed.saturating_sub(1).min(20));
    let half_ms = doubled.min(LONGEST_S) * 500;
    let drawn = half_ms * i64::from(lot) / i64::from(u16::MAX);
    let asked = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or_default().min(DAY);
    TimeDelta::milliseconds(half_ms + drawn).max(asked + TimeDelta::milliseconds(drawn.min(5_000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::Channel;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_are_drawn_within_their_bounds() {
        for (failed, longest_s) in
            [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (32, 900), (64, 900), (65, 900), (u32::MAX, 900)]
        {
            let (least, most) = (wait(failed, None, 0), wait(failed, None, u16::MAX));
            assert_eq!((least * 2, most), (TimeDelta::seconds(longest_s), TimeDelta::seconds(longest_s)), "{failed}");
            for lot in (0..u16::MAX).step_by(1000) {
                assert!((least..=most).contains(&wait(failed, None, lot)), "{failed} {lot}");
            }
        }
    }

    #[test]
    fn what_a_provider_asks_for_is_the_least() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(wait(1, minute, 0), TimeDelta::seconds(60));
        assert!(wait(1, minute, u16::MAX) > TimeDelta::seconds(60));
        assert_eq!(wait(10, minute, u16::MAX), TimeDelta::seconds(900));
        assert!(wait(1, Some(Duration::MAX), 0) <= DAY);
    }

    #[test]
    fn a_code_ages_with_its_validity_and_others_in_a_day() {
        let made_at = Moment::from_unix_s(1_000);
        let notice = |kind, facts| Notice {
            id: 1,
            channel: Channel::Sms,
            to: String::new(),
            kind,
            booking: None,
            text: String::new(),
            facts,
            path: None,
            failed: 0,
            made_at,
            follows: None,
        };
        for (kind, facts, after) in [
            (NoticeKind::SignInCode, vec![], CODE),
            (NoticeKind::SignInCode, vec![(Fact::Minutes, "3".to_owned())], TimeDelta::minutes(3)),
            (NoticeKind::Approved, vec![(Fact::Minutes, "3".to_owned())], DAY),
            (NoticeKind::Settled, vec![], DAY * 3),
        ] {
            assert_eq!(too_old_at(&notice(kind, facts)), made_at.plus(after), "{kind:?}");
        }
    }
}
