//! The office decides: what a booking must say, who may decide and revoke, what a pass says, and what is forgotten when.
//!
//! Pure: no I/O, no clock, no randomness. Times, tokens and what is stored come in as arguments; decisions go out as values that
//! `store` keeps and `pages` words. So every rule here is a table in a test.

pub mod approval_code;
pub mod booking;
pub mod booking_limits;
pub mod change;
pub mod code_ledger;
pub mod code_limits;
pub mod code_ruling;
pub mod code_tab;
pub mod consent;
pub mod decision;
pub mod deputy;
pub mod erasure;
pub mod form;
pub mod harmless;
pub mod holder;
pub mod hours;
pub mod issue;
pub mod leap;
pub mod limit;
pub mod notice;
pub mod notice_facts;
pub mod quiet;
pub mod reason;
pub mod reminder;
pub mod retention;
pub mod revocation;
pub mod snapshot;
pub mod staff;
pub mod walk_in;
pub mod web_address;

pub use approval_code::{ApprovalCode, ApprovalCodeLimits};
pub use booking::{Booking, Companion, Facts, HostAsked};
pub use booking_limits::BookingLimits;
pub use code_ledger::{Asker, Budget, Full, Ledger, Span};
pub use code_limits::CodeLimits;
pub use code_ruling::{CodeBook, CodeTold, FAILED_IN_A_ROW, Heard, Pause, PauseReason};
pub use code_tab::Tab;
pub use consent::Consent;
pub use decision::{Approved, Approver, Channel, Choice, Decided, Declined, Revision, Standing, Via, Word, decide};
pub use deputy::{Away, AwayField, AwayForm, AwayProblem, NAMED_AT_MOST};
pub use erasure::{Erasable, erasable};
pub use form::{BookingForm, CompanionDocuments, CompanionPart, Field, FormKind, Problem, Rules, Step};
pub use harmless::{harmless, visible};
pub use hours::TimeOfDay;
pub use limit::Limit;
pub use quiet::Quiet;
pub use reason::{Reason, ReasonError};
pub use reminder::{Ladder, Rung, Together};
pub use retention::Retention;
pub use revocation::{Ending, RevokedBy};
pub use staff::Staff;
pub use walk_in::{HostSaid, WalkIn};
