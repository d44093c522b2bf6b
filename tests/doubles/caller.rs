//! From which address a call came, for providers that do not listen to every one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{Extension, extract::ConnectInfo};

/// Known where the server was asked to know.
pub(crate) type From = Option<Extension<ConnectInfo<SocketAddr>>>;

/// A double listens on this machine alone: who is not said to come from elsewhere comes from here.
pub(crate) fn address(from: &From) -> IpAddr {
    from.as_ref().map_or(Ipv4Addr::LOCALHOST.into(), |from| from.0.0.ip())
}
