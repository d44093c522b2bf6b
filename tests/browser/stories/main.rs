//! Stories told by thumbs and eyes: each goes through the pages as somebody would, each able to fail.

mod access;
mod booking;
mod changes;
mod colleagues;
mod helped;
mod hosts;
mod messages;
mod my_data;
mod plainly;
mod scanners;
mod sign_in;
mod weight;
