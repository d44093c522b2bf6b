//! A visitor's phone and a host's desk, each a real Chromium, on the small campus of the journeys.
//!
//! The stories beside this library and the program that paints the pages share it. What a story says to a browser is one word
//! here ([`browser::Browser`]); what the browser's driver is told for it stays in [`driver`].

pub mod axe;
pub mod booked;
pub mod browser;
pub mod device;
pub mod driver;
pub mod eyes;
pub mod form;
pub mod sights;
pub mod town;
