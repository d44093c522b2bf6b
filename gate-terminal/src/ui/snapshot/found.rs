//! Who was looked for on the list of today and tomorrow, and found.

use std::sync::Arc;

use shared::{ids::PassId, sync::change::PassRecord};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was looked for, as the guard wrote it: an answer to an older question is not drawn as one to the newest.
    pub query: String,
    /// Best first; no more than a screen holds.
    pub hits: Vec<Hit>,
    /// How many further ones there are.
    pub more: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub pass: PassId,
    pub record: Arc<PassRecord>,
    pub by: FoundBy,
    /// The holder is inside now.
    pub inside: bool,
    /// No entry is left on the pass, or it was revoked.
    pub spent: bool,
}

/// What of the booking the query matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundBy {
    Name,
    /// The first letters of the name's pinyin.
    Initials,
    PhoneTail,
    Plate,
    ShortCode,
    /// The number of the document, typed or read from the card.
    Card,
}
