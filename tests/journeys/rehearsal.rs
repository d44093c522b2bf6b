//! The whole rehearsed on the doubles: an office whose three channels are configured as a real one's, and providers that check what
//! real ones check and fail as real ones fail.

mod erased;
mod faults;
mod links;
mod looks;
mod town;
mod visitors;
