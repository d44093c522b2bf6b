//! The providers' door: what gateways, WeCom and the service hall call here of their own accord.
//!
//! Receipts, clicks on a card and halls that fetch their to-dos come in by it. Each caller proves itself in its provider's own way;
//! whatever it says is a stranger's word until then.

mod hall;
mod routes;
mod sms;
mod wecom;

pub use routes::router;

#[cfg(test)]
mod stories;
