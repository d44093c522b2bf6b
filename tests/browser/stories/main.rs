//! Stories told by thumbs and eyes: each goes through the pages as somebody would, each able to fail.

mod access;
mod booking;
mod changes;
mod helped;
mod hosts;
mod messages;
mod plainly;
mod scanners;
mod sign_in;
mod weight;
