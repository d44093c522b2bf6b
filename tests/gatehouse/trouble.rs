//! What can go wrong in a story, told so that the step which failed can be found.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("the server did not answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
    #[error("the picture: {0}")]
    Picture(#[from] image::ImageError),
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{what}: answered {status}\n{body}")]
    Page { what: String, status: u16, body: String },
    #[error("waited in vain for {0}")]
    Waited(String),
    #[error("{0}")]
    NotHeld(String),
}

/// A step of the story that must hold.
pub fn hold(held: bool, what: &str) -> Result<(), Trouble> {
    if held { Ok(()) } else { Err(Trouble::NotHeld(what.to_owned())) }
}
