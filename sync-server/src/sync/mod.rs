//! The terminals' door: enrol, pull, push.
//!
//! [`Door`] holds the conversation and knows nothing of HTTP, so a test can join it to a terminal without a socket. `routes` puts
//! HTTP around it, `caller` proves who is asking before the body is read, `bodies` says how much may be read at once, and `holding`
//! which call of a terminal is held.

mod bodies;
mod caller;
mod door;
mod fault;
mod holding;
mod refusals;
mod routes;

pub use door::{Closing, Door};
pub use fault::DoorFault;
pub use routes::router;
