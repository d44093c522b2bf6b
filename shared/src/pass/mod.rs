//! Pass v1 (2026-11): the signed right to enter on one day at one campus, as it stands in the QR code.
//!
//! # The text
//! The QR symbol holds the base45 text (RFC 9285) of the bytes below and nothing else: upper case, no prefix, no white space
//! around it. The largest pass is 102 bytes, 153 characters, a version 6 symbol (41x41 modules) at error correction level M.
//!
//! # The bytes
//! Integers are big-endian. There is exactly one spelling of each pass: whatever decodes must encode to the same bytes.
//!
//! | offset | size | field | rule |
//! |---|---|---|---|
//! | 0 | 1 | suite | `0x01`: Ed25519 and this layout; there is no separate algorithm field |
//! | 1 | 2 | key id | which key of the key set signed; exact match |
//! | 3 | 2 | campus | the audience |
//! | 5 | 8 | pass id | random; revocation, re-use and the log go by it |
//! | 13 | 4 | valid from | seconds since 1970 UTC |
//! | 17 | 2 | length | minutes, 1 to 1440; the last minute lies on the same campus day (UTC+8) as the first |
//! | 19 | 2 | gate mask | bit *n* set: gate *n* opens; not zero |
//! | 21 | 1 | entries, party | high four bits: entries allowed, low four: people, the visitor included; each 1 to 15 |
//! | 22 | 1 | flags | bit 0 comes by vehicle, bit 1 escort needed, bit 2 always check the card; the others are zero |
//! | 23 | 2 | last four | of the document: a nibble each, 0-9 a digit, `A` an X, `F` another character or none |
//! | 25 | 1 | name length | *n*, 1 to 12 |
//! | 26 | *n* | masked name | UTF-8, e.g. 张*明 |
//! | 26+*n* | 64 | signature | Ed25519 over `campus-gate/pass/v1`, a zero byte, and all bytes before this field |
//!
//! # Reading one
//! 1. [`PassText::parse`]: the alphabet and the length, else "not one of ours".
//! 2. [`SealedPass::from_text`]: canonical base45 and a plausible frame, else "not one of ours".
//! 3. [`SealedPass::open`]: suite known and not below the key set's `min_suite`, key known for passes, signature by
//!    `verify_strict`, then every field by its rule, then the key's own validity at the pass's start.
//!
//! Only then is there a [`Pass`]: its fields are private and there is no other way to one.
//!
//! # Without the picture
//! [`ShortCode`] names a pass by eight digits that can be said over a counter; it opens nothing by itself.

mod claims;
pub mod keyset;
mod seal;
mod short_code;
mod text;

pub use claims::{Claims, EntriesAllowed, Flags, PartySize, Validity};
pub use keyset::{KeySet, KeySetFault, KeySetFloor, KeyUse, NamedKey, RootKey, Roots, SealedKeySet};
pub use seal::{Pass, PassFault, PassSigner, SealedPass};
pub use short_code::ShortCode;
pub use text::PassText;

/// Ed25519 (strict) over the layout above; in use since 2026-11.
pub const SUITE_1: u8 = 0x01;

/// The largest pass: 26 bytes before the name, 12 of name, 64 of signature.
pub const MAX_PASS_BYTES: usize = 102;

/// The smallest: a name of one byte.
pub const MIN_PASS_BYTES: usize = 91;
