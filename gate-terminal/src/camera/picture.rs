//! Pictures from files: what a camera would have seen, kept on a disk.
//!
//! The content says what a file is, not its name: people rename pictures. A picture that claims more pixels than a frame may
//! have is refused from its header, before the memory for it is taken.

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageError, ImageReader, Limits};

use super::contained;
use super::frame::{Frame, FrameError, MAX_SIDE_PX};

/// The largest frame in 16-bit RGBA, which PNG allows, does not fit; in 8-bit RGBA it does.
const DECODED_MAX_BYTES: u64 = 4 * MAX_SIDE_PX as u64 * MAX_SIDE_PX as u64;

pub fn open(path: &Path) -> Result<Frame, PictureError> {
    let picture =
        contained(|| decode(path)).ok_or_else(|| PictureError::DecoderPanicked { path: path.to_owned() })??;
    Frame::from_picture(picture).map_err(|cause| PictureError::Frame { path: path.to_owned(), cause })
}

fn decode(path: &Path) -> Result<DynamicImage, PictureError> {
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|cause| PictureError::Unreadable { path: path.to_owned(), cause })?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE_PX);
    limits.max_image_height = Some(MAX_SIDE_PX);
    limits.max_alloc = Some(DECODED_MAX_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|cause| PictureError::NotAPicture { path: path.to_owned(), cause })
}

#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("{} 读不了 cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: std::io::Error,
    },
    #[error("{} 不是本机认识的图片 is no picture this terminal knows", path.display())]
    NotAPicture {
        path: PathBuf,
        #[source]
        cause: ImageError,
    },
    #[error("解码 {} 时程序出错 the decoder panicked", path.display())]
    DecoderPanicked { path: PathBuf },
    #[error("{} 不成画面 makes no frame", path.display())]
    Frame {
        path: PathBuf,
        #[source]
        cause: FrameError,
    },
}
