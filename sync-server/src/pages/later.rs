//! When to try again, in words: seconds, then minutes, then the campus clock.

use shared::time::{CampusDay, Moment};

use super::language::Language;

/// `42 秒后`, `50 分钟后` or `2026-11-24 08:05 后`: what stands before `再试`.
pub(super) fn later(until: Moment, now: Moment, lang: Language) -> String {
    let seconds = until.since(now).num_seconds().max(1);
    let minutes = (seconds + 59) / 60;
    if seconds <= 90 {
        lang.say("{} 秒后", "in {} seconds").replace("{}", &seconds.to_string())
    } else if minutes <= 120 {
        lang.say("{} 分钟后", "in {} minutes").replace("{}", &minutes.to_string())
    } else {
        // The clock is read by the minute, and too early is a second refusal.
        let until = until.plus(chrono::TimeDelta::seconds(59));
        let clock = format!("{} {}", CampusDay::of(until), until.campus_clock());
        lang.say("{} 后", "after {}").replace("{}", &clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_to_wait_is_said_in_seconds_minutes_or_by_the_clock() {
        let now = CampusDay::parse("2026-11-23").unwrap().at_minute(8 * 60);
        let said = |seconds, lang| later(now.plus(chrono::TimeDelta::seconds(seconds)), now, lang);
        for (seconds, chinese, english) in [
            (0, "1 秒后", "in 1 seconds"),
            (42, "42 秒后", "in 42 seconds"),
            (3000, "50 分钟后", "in 50 minutes"),
            (7200, "120 分钟后", "in 120 minutes"),
            (86_400, "2026-11-24 08:00 后", "after 2026-11-24 08:00"),
            (86_401, "2026-11-24 08:01 后", "after 2026-11-24 08:01"),
        ] {
            assert_eq!(said(seconds, Language::Chinese), chinese);
            assert_eq!(said(seconds, Language::English), english);
        }
    }
}
