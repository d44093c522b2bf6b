//! Stories told on the small campus: each a day in the life of a pass, each able to fail.

mod at_the_gate;
mod bad_input;
mod booking_to_entry;
mod by_hand;
mod camera;
mod campuses;
mod changes;
mod decisions;
#[cfg(test)]
mod drills;
mod enrolment;
mod kills;
mod notices;
mod offline;
#[cfg(test)]
mod rehearsal;
mod restored;
mod siege;
mod stay;
#[cfg(test)]
mod stolen;
mod storm;
#[cfg(test)]
mod tampered;
mod two_gates;
mod walk_in;
mod window;
mod without_a_socket;
