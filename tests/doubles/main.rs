//! The doubles as a program: point the office's channels at it and watch a whole rehearsal in a browser.

use doubles::Doubles;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8470").await?;
    let mut out = std::io::stdout();
    std::io::Write::write_fmt(&mut out, format_args!("listening on http://{}\n", listener.local_addr()?))?;
    Doubles::default().answer(listener).await
}
