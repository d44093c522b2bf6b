//! When to try a notice again, and when to give it up.
//!
//! The first tries are close together, because a code to sign in is worthless after five minutes; the later ones far apart, because a
//! gateway that has been down for an hour is not brought back by asking. A code is given up when it can hardly be of use any more, any
//! other notice after about a day.

use chrono::TimeDelta;
use shared::time::Moment;

use crate::office::notice::NoticeKind;

const FIRST_S: i64 = 2;
const LONGEST_S: i64 = 15 * 60;
/// Two minutes, as the waits add up.
const TRIES_FOR_A_CODE: u32 = 6;
/// A day.
const TRIES: u32 = 100;

/// The next try after `failed` of them, the last one at `now`; `None` when it is over.
#[must_use]
pub(super) fn next_try(kind: NoticeKind, failed: u32, now: Moment) -> Option<Moment> {
    let tries = if kind == NoticeKind::SignInCode { TRIES_FOR_A_CODE } else { TRIES };
    (failed < tries).then(|| now.plus(wait(failed)))
}

fn wait(failed: u32) -> TimeDelta {
    let doubled =
        1_i64.checked_shl(failed.saturating_sub(1)).map_or(LONGEST_S, |factor| FIRST_S.saturating_mul(factor));
    let wait_s = if failed > 32 { LONGEST_S } else { doubled.min(LONGEST_S) };
    TimeDelta::seconds(wait_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        for (failed, wait_s) in
            [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (32, 900), (64, 900), (65, 900), (u32::MAX, 900)]
        {
            assert_eq!(wait(failed), TimeDelta::seconds(wait_s), "after {failed}");
        }
    }

    #[test]
    fn a_code_is_given_up_in_minutes_and_a_notice_in_about_a_day() {
        for (kind, least, most) in [
            (NoticeKind::SignInCode, TimeDelta::minutes(1), TimeDelta::minutes(5)),
            (NoticeKind::ApprovalAsked, TimeDelta::hours(20), TimeDelta::hours(28)),
        ] {
            let start = Moment::from_unix_s(1_000);
            let mut now = start;
            let mut failed = 1;
            while let Some(next) = next_try(kind, failed, now) {
                (now, failed) = (next, failed + 1);
            }
            assert!((least..most).contains(&now.since(start)), "{kind:?}: {}", now.since(start));
        }
    }
}
