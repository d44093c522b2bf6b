//! The office's WeCom against its double, over HTTP: what is sent, what comes back, and what happens when it does not.

mod callbacks;
mod cards;
mod failures;
mod office;
mod sign_on;
mod strictness;
