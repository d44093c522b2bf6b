//! How many messages one number may get: a minute and an hour by the clock, a day from each message on.

use super::Taken;

const DAY_S: i64 = 24 * 60 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Minute,
    Hour,
    Day,
}

/// The first window that is full, of those with a limit.
pub(crate) fn full(before: &[&Taken], now: i64, limits: &[(Window, usize)]) -> Option<(Window, usize)> {
    limits.iter().copied().find(|(window, most)| {
        let within = |at: i64| match window {
            Window::Minute => at.div_euclid(60) == now.div_euclid(60),
            Window::Hour => at.div_euclid(3600) == now.div_euclid(3600),
            Window::Day => now - at < DAY_S,
        };
        before.iter().filter(|taken| within(taken.at)).count() >= *most
    })
}
