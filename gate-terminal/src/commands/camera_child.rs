//! `gate-terminal camera-child`: the reading process. The gate starts it; nobody types it.
//!
//! It ends when its standard input does, which is when the gate has gone, by whatever way.

use std::io;

use crate::{
    camera::{child, source::Source},
    clock::SystemClock,
};

/// `source` is the one the gate put on the command line.
pub fn run(source: &str) -> io::Result<()> {
    let source: Source = serde_json::from_str(source)?;
    std::thread::Builder::new().name("gate watch".to_owned()).spawn(|| {
        child::outlived_by(io::stdin());
        std::process::exit(0);
    })?;
    match child::run(&source, &SystemClock, io::stdout()) {
        // The gate has closed its end: it is ending, or has had enough of this process.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        ended => ended,
    }
}
