//! Measures the gate beside its peers.

fn main() {}
