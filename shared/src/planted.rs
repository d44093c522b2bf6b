//! Wrong lines, put in on purpose to see whether the proofs find them.
//!
//! A proof that finds nothing may be good or blind. So beside some right lines stands what somebody might have written there, under
//! a name, and with the feature `planted` one of them at a time takes the right one's place: `tests/simulation` plants each and fails
//! unless something falls over it. Without the feature, which only that build has, the macro is its right side and nothing else.

/// `planted!(name, wrong, right)` is `right`.
#[cfg(not(feature = "planted"))]
#[macro_export]
macro_rules! planted {
    ($name:literal, $wrong:expr, $right:expr $(,)?) => {
        $right
    };
}

/// `planted!(name, wrong, right)` is `right` until this name is planted.
#[cfg(feature = "planted")]
#[macro_export]
macro_rules! planted {
    ($name:literal, $wrong:expr, $right:expr $(,)?) => {
        if $crate::planted::is($name) { $wrong } else { $right }
    };
}

#[cfg(feature = "planted")]
pub use chosen::{is, plant};

#[cfg(feature = "planted")]
mod chosen {
    use std::sync::{PoisonError, RwLock};

    static CHOSEN: RwLock<Option<&'static str>> = RwLock::new(None);

    /// From now on this one, in the whole process, or none.
    pub fn plant(name: Option<&'static str>) {
        *CHOSEN.write().unwrap_or_else(PoisonError::into_inner) = name;
    }

    #[must_use]
    pub fn is(name: &str) -> bool {
        CHOSEN.read().unwrap_or_else(PoisonError::into_inner).is_some_and(|chosen| chosen == name)
    }
}
