//! What every handler is given.

use std::{ops::Deref, sync::Arc};

use crate::{
    assets::Assets,
    clock::Clock,
    config::Config,
    keys::{DoorToken, Keyring},
    layout::Layouts,
    notify::wecom::Wecom,
    sign_on::SignOns,
    store::Store,
    timekeeper::Timekeeper,
};

/// Cheap to clone: each handler holds its own, and what stands around it another.
#[derive(Debug, Clone)]
pub struct AppState(Arc<Parts>);

#[derive(Debug, Clone)]
pub struct Parts {
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    /// The same clock, for those who are told the time by it.
    pub timekeeper: Arc<Timekeeper>,
    pub keys: Keyring,
    pub assets: Arc<Assets>,
    /// Behind which address receipts of text messages come in, where they do.
    pub sms_receipts: Option<Arc<DoorToken>>,
    /// Whether any channel carries text messages: without one nobody can be sent a code, and the sign-in page must say so.
    pub texts_leave: bool,
    /// Where the university's app is set up.
    pub wecom: Option<Arc<Wecom>>,
    /// The houses by whose word staff may sign in.
    pub sign_ons: SignOns,
    /// What a service hall that fetches has to show; without one nothing can be fetched.
    pub hall_code: Option<Arc<DoorToken>>,
    /// The empty booking form as it is laid out today.
    pub opening: Arc<Layouts>,
}

impl AppState {
    #[must_use]
    pub fn of(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    #[must_use]
    pub fn with_texts(&self, texts_leave: bool) -> Self {
        Self::of(Parts { texts_leave, ..Parts::clone(self) })
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
