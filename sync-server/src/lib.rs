//! The office: takes bookings, asks the host, issues passes and tells the terminals.
//!
//! Three doors lead in, `pages` for people, `sync` for terminals and `providers` for those who carry notices; all ask `office` what may be and `store` to keep it.
//! `notify` carries what the office has to say out of the house. The binary is in `main.rs`; everything it can do stands here,
//! so that a test can stand up a whole office on a loopback port.

pub mod assets;
pub mod clock;
pub mod commands;
pub mod config;
pub mod error;
pub mod headers;
pub mod keys;
mod knocks;
pub mod layout;
pub mod listening;
pub mod notify;
pub mod office;
mod owner;
pub mod pages;
pub mod providers;
pub mod random;
pub mod serve;
pub mod sign_on;
pub mod state;
pub mod store;
pub mod sync;
pub mod timekeeper;
