//! The office's real senders of text messages against the doubles, over HTTP: what is taken, what is refused and what that means,
//! what a fault leaves in doubt, and that receipts come home.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod house;
#[cfg(test)]
mod meanings;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod replays;
#[cfg(test)]
mod set_up;
#[cfg(test)]
mod words;
