//! The office's real senders of text messages against the doubles, over HTTP: what is taken, what is refused and what that means,
//! what a fault leaves in doubt, and that receipts come home.

mod faults;
mod house;
mod meanings;
mod receipts;
mod replays;
mod words;
