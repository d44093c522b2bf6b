//! The doubles as a program, for one office: what it prints goes into that office's settings and secrets, and then a whole rehearsal
//! can be watched in a browser.

use std::io::Write as _;

use doubles::{Doubles, Gateway, Hall};

/// Where the doubles are, if the second word says nothing else.
const USUAL_ADDRESS: &str = "127.0.0.1:8470";
/// Where an office is that says nothing else.
const USUAL_OFFICE: &str = "http://127.0.0.1:8460";

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let office = std::env::args().nth(1).unwrap_or_else(|| USUAL_OFFICE.to_owned());
    let listen = std::env::args().nth(2).unwrap_or_else(|| USUAL_ADDRESS.to_owned());
    let listener = tokio::net::TcpListener::bind(listen).await?;
    let at = format!("http://{}", listener.local_addr()?);
    let doubles = Doubles::of_office(&office);
    let mut out = std::io::stdout();
    writeln!(out, "{}", doubles.settings(&at, Gateway::default(), Hall::default()))?;
    for (file, line) in doubles.secrets() {
        writeln!(out, "# secrets/{file}: {line}")?;
    }
    writeln!(out, "listening on {at} for the office at {office}")?;
    doubles.answer(listener).await
}
