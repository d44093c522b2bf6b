//! The terminals' door: enrol, pull, push.
//!
//! [`Door`] holds the conversation and knows nothing of HTTP, so a test can join it to a terminal without a socket. `routes` puts
//! HTTP around it, and `caller` proves who is asking before anything is read from the body.

mod caller;
mod door;
mod fault;
mod routes;

pub use door::{Closing, Door};
pub use fault::DoorFault;
pub use routes::router;
