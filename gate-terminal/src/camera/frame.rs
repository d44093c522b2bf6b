//! A frame: what a camera saw at one moment, grey for the reader and small in colour for the window.
//!
//! The constructor is the only door, so that behind it nobody asks again whether width, height and pixels agree.

use std::fmt;

use image::{DynamicImage, GrayImage, Rgb, RgbImage};

/// A phone's 50-megapixel photograph passes; no camera at a gate sends more, and the native reader counts in `i32`.
pub const MAX_SIDE_PX: u32 = 8192;

/// The window shows the preview no larger than this.
pub const PREVIEW_MAX_WIDTH_PX: u32 = 640;

/// One moment of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub grey: GreyFrame,
    pub preview: Preview,
}

impl Frame {
    pub fn from_picture(picture: DynamicImage) -> Result<Self, FrameError> {
        let picture = on_white_paper(picture);
        Ok(Self { grey: GreyFrame::from_opaque(&picture)?, preview: Preview::from_opaque(picture) })
    }
}

/// Grey pixels, row by row without padding; neither side is zero nor above [`MAX_SIDE_PX`].
#[derive(Clone, PartialEq, Eq)]
pub struct GreyFrame(GrayImage);

impl GreyFrame {
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, FrameError> {
        check_sides(width, height)?;
        let got = pixels.len();
        // `from_raw` takes a longer buffer without a word; a stray tail is a driver that counts differently.
        if u64::from(width) * u64::from(height) != got as u64 {
            return Err(FrameError::PixelCount { width, height, got });
        }
        GrayImage::from_raw(width, height, pixels).map(Self).ok_or(FrameError::PixelCount { width, height, got })
    }

    pub fn from_picture(picture: DynamicImage) -> Result<Self, FrameError> {
        Self::from_opaque(&on_white_paper(picture))
    }

    pub fn width(&self) -> u32 {
        self.0.width()
    }

    pub fn height(&self) -> u32 {
        self.0.height()
    }

    pub fn pixels(&self) -> &[u8] {
        self.0.as_raw()
    }

    pub(super) fn image(&self) -> &GrayImage {
        &self.0
    }

    fn from_opaque(picture: &DynamicImage) -> Result<Self, FrameError> {
        check_sides(picture.width(), picture.height())?;
        Ok(Self(picture.to_luma8()))
    }
}

impl fmt::Debug for GreyFrame {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "GreyFrame({}x{})", self.width(), self.height())
    }
}

/// The same moment in RGB, at most [`PREVIEW_MAX_WIDTH_PX`] wide.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Preview {
    fn from_opaque(picture: DynamicImage) -> Self {
        let (width, height) = (picture.width(), picture.height());
        let small = if width > PREVIEW_MAX_WIDTH_PX {
            // An odd strip keeps its shape as well as whole pixels allow: one row at least.
            let scaled = u64::from(height) * u64::from(PREVIEW_MAX_WIDTH_PX) / u64::from(width);
            let height = u32::try_from(scaled).unwrap_or(height).max(1);
            picture.thumbnail_exact(PREVIEW_MAX_WIDTH_PX, height)
        } else {
            picture
        };
        Self { width: small.width(), height: small.height(), rgb: small.into_rgb8().into_raw() }
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Preview({}x{})", self.width, self.height)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {width}x{height} has no pixels")]
    Empty { width: u32, height: u32 },
    #[error("a frame of {width}x{height} is larger than {MAX_SIDE_PX} pixels a side")]
    TooLarge { width: u32, height: u32 },
    #[error("a frame of {width}x{height} came with {got} pixels")]
    PixelCount { width: u32, height: u32, got: usize },
}

fn check_sides(width: u32, height: u32) -> Result<(), FrameError> {
    if width == 0 || height == 0 {
        return Err(FrameError::Empty { width, height });
    }
    if width > MAX_SIDE_PX || height > MAX_SIDE_PX {
        return Err(FrameError::TooLarge { width, height });
    }
    Ok(())
}

/// A code saved on a transparent ground is black on black for whoever drops the alpha channel.
fn on_white_paper(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture;
    }
    let over = picture.into_rgba8();
    let mut paper = RgbImage::from_pixel(over.width(), over.height(), Rgb([u8::MAX; 3]));
    for (under, image::Rgba([red, green, blue, alpha])) in paper.pixels_mut().zip(over.pixels()) {
        under.0 = [*red, *green, *blue].map(|colour| seen_through(colour, *alpha));
    }
    DynamicImage::ImageRgb8(paper)
}

fn seen_through(colour: u8, alpha: u8) -> u8 {
    let full = u16::from(u8::MAX);
    let mixed = (u16::from(colour) * u16::from(alpha) + full * (full - u16::from(alpha))) / full;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use image::{Luma, LumaA, RgbaImage};

    use super::*;

    #[test]
    fn a_frame_is_what_its_sides_say() {
        let grey = GreyFrame::new(3, 2, vec![0, 1, 2, 3, 4, 5]).expect("well formed");
        assert_eq!((grey.width(), grey.height(), grey.pixels()), (3, 2, &[0, 1, 2, 3, 4, 5][..]));
        assert!(GreyFrame::new(MAX_SIDE_PX, 1, vec![0; 8192]).is_ok());
    }

    #[test]
    fn impossible_frames_are_refused() {
        use FrameError::{Empty, PixelCount, TooLarge};
        for (width, height, got, expected) in [
            (0, 0, 0, Empty { width: 0, height: 0 }),
            (0, 5, 0, Empty { width: 0, height: 5 }),
            (5, 0, 5, Empty { width: 5, height: 0 }),
            (8193, 1, 8193, TooLarge { width: 8193, height: 1 }),
            (1, u32::MAX, 1, TooLarge { width: 1, height: u32::MAX }),
            (u32::MAX, u32::MAX, 1, TooLarge { width: u32::MAX, height: u32::MAX }),
            (4, 3, 11, PixelCount { width: 4, height: 3, got: 11 }),
            (4, 3, 13, PixelCount { width: 4, height: 3, got: 13 }),
            (8192, 8192, 0, PixelCount { width: 8192, height: 8192, got: 0 }),
        ] {
            assert_eq!(GreyFrame::new(width, height, vec![0; got]), Err(expected));
        }
        let too_wide = DynamicImage::new_luma8(8193, 1);
        assert_eq!(Frame::from_picture(too_wide), Err(TooLarge { width: 8193, height: 1 }));
    }

    #[test]
    fn what_is_transparent_is_white_paper() {
        let rgba = RgbaImage::from_fn(2, 1, |x, _| image::Rgba([0, 0, 0, if x == 0 { 0 } else { 255 }]));
        let grey = GreyFrame::from_picture(rgba.into()).expect("a frame");
        assert_eq!(grey.pixels(), [255, 0]);
        let half = image::GrayAlphaImage::from_pixel(1, 1, LumaA([0, 128]));
        assert_eq!(GreyFrame::from_picture(half.into()).expect("a frame").pixels(), [127]);
    }

    #[test]
    fn the_preview_is_at_most_640_wide_and_keeps_its_shape() {
        for ((width, height), expected) in [
            ((1280, 720), (640, 360)),
            ((1920, 1080), (640, 360)),
            ((640, 480), (640, 480)),
            ((641, 3), (640, 2)),
            ((8192, 1), (640, 1)),
            ((1, 2000), (1, 2000)),
            ((1, 1), (1, 1)),
        ] {
            let picture = GrayImage::from_pixel(width, height, Luma([77]));
            let Frame { grey, preview } = Frame::from_picture(picture.into()).expect("a frame");
            assert_eq!((grey.width(), grey.height()), (width, height));
            assert_eq!((preview.width, preview.height), expected);
            assert_eq!(preview.rgb.len(), usize::try_from(expected.0 * expected.1 * 3).expect("small"));
            assert!(preview.rgb.iter().all(|&part| part == 77));
        }
    }
}
