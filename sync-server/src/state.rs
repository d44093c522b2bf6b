//! What every handler is given.

use std::sync::Arc;

use crate::{
    assets::Assets, clock::Clock, config::Config, keys::Keys, notify::hall::PullCode, sign_on::SignOns, store::Store,
    timekeeper::Timekeeper,
};

/// Cheap to clone: each handler holds its own.
#[derive(Debug, Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    /// The same clock, for those who are told the time by it.
    pub timekeeper: Arc<Timekeeper>,
    pub keys: Arc<Keys>,
    pub assets: Arc<Assets>,
    /// Whether any channel carries text messages: without one nobody can be sent a code, and the sign-in page must say so.
    pub texts_leave: bool,
    /// The houses by whose word staff may sign in.
    pub sign_ons: SignOns,
    /// What a service hall that fetches has to show; without one nothing can be fetched.
    pub hall_code: Option<Arc<PullCode>>,
}
