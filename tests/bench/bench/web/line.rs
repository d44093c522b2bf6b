//! A connection on which the same request is sent again and again: of all that could ask, what takes least from the cores that it
//! shares with the server.

use gatehouse::Trouble;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(crate) struct Line {
    stream: TcpStream,
    heard: Vec<u8>,
}

/// An answer, as it lies in the line's memory.
pub(crate) struct Answer<'a> {
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

impl Line {
    /// `server` as in `127.0.0.1:8460`.
    pub(crate) async fn to(server: &str) -> Result<Self, Trouble> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, heard: Vec::new() })
    }

    pub(crate) async fn ask(&mut self, request: &str) -> Result<Answer<'_>, Trouble> {
        self.stream.write_all(request.as_bytes()).await?;
        self.heard.clear();
        let (head, body) = loop {
            if self.stream.read_buf(&mut self.heard).await? == 0 {
                return Err(Trouble::NotHeld("the server hung up".to_owned()));
            }
            if let Some(whole) = lengths(&self.heard) {
                break whole;
            }
        };
        let (head, body) = (self.heard.get(..head), self.heard.get(body..));
        let head =
            std::str::from_utf8(head.unwrap_or_default()).map_err(|error| Trouble::NotHeld(error.to_string()))?;
        Ok(Answer { head, body: body.unwrap_or_default() })
    }
}

impl Answer<'_> {
    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.lines().skip(1).filter_map(|line| line.split_once(": "))
    }

    pub(crate) fn must_be(&self, status: u16) -> Result<(), Trouble> {
        if self.status() == status {
            return Ok(());
        }
        let body = String::from_utf8_lossy(self.body).into_owned();
        Err(Trouble::Page { what: "asked again and again".to_owned(), status: self.status(), body })
    }
}

/// Where the head ends and where the body begins, once all of it is there.
fn lengths(heard: &[u8]) -> Option<(usize, usize)> {
    let head = heard.windows(END_OF_HEAD.len()).position(|four| four == END_OF_HEAD)?;
    let text = std::str::from_utf8(heard.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
    let body = head + END_OF_HEAD.len();
    (heard.len() >= body + length).then_some((head, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_the_last_byte_of_its_body() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
        for cut in 0..answer.len() {
            assert_eq!(lengths(&answer[..cut]), None, "{cut}");
        }
        assert_eq!(lengths(answer), Some((34, 38)));
        assert_eq!(lengths(b"HTTP/1.1 303 See Other\r\n\r\n"), Some((22, 26)));
    }
}
