//! The line to a provider: one HTTP client for all, with time limits, that knows what a broken call leaves in doubt.
//!
//! What could not be connected was not taken. What was sent and not answered may have been. That is all this room judges; what an
//! answer means is the channel's to say.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, redirect::Policy};

use super::{Failure, Unsent};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// More than any answer of a provider; what is longer is no answer.
const LONGEST_ANSWER_BYTES: usize = 256 * 1024;

#[derive(Debug, Clone)]
pub struct Line(Client);

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("无法建立对外连接。The line to the providers cannot be set up")]
pub struct Trouble(#[from] reqwest::Error);

/// What came back, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Line {
    pub fn open() -> Result<Self, Trouble> {
        Self::patient(ANSWER_WITHIN)
    }

    /// The same with a patience of its own.
    pub fn patient(answer_within: Duration) -> Result<Self, Trouble> {
        // A provider that points elsewhere is misconfigured, and its elsewhere must not be told our secrets.
        let client = Client::builder().connect_timeout(CONNECT_WITHIN).timeout(answer_within).redirect(Policy::none());
        Ok(Self(client.build()?))
    }

    /// To build a request with; [`Line::call`] makes it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Whatever the status. Addresses may carry tokens, so no error repeats them.
    pub async fn call(&self, request: RequestBuilder) -> Result<Answer, Unsent> {
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(failed)? {
            if body.len() + part.len() > LONGEST_ANSWER_BYTES {
                return Err(Unsent::unknown(format!("应答没完没了（{status}）。The answer does not end")));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, body })
    }
}

fn failed(error: reqwest::Error) -> Unsent {
    let error = error.without_url();
    let (kind, why) = if error.is_connect() || error.is_builder() {
        (Failure::Later { after: None }, "无法连接。Not connected")
    } else if error.is_timeout() {
        (Failure::Unknown, "没有及时应答。No answer in time")
    } else {
        (Failure::Unknown, "连接中断。Cut off")
    };
    Unsent { kind, why: why.to_owned(), somebody: false, cause: Some(Box::new(error)) }
}
