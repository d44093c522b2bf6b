//! A frame as the camera sent it, and what a reader and a window want of it.
//!
//! Decoding is left to whoever takes the frame: most frames of a fast camera are replaced by newer ones before that.
//! Colour is kept as luma and chroma, the way all cameras send it: the reader wants the luma as it is, and only the small
//! preview is worth being turned into red, green and blue.

use super::{
    frame::{GreyFrame, MAX_SIDE_PX, PREVIEW_MAX_WIDTH_PX, Preview},
    mjpeg,
};

#[derive(Debug, Clone)]
pub struct Raw {
    pub layout: Layout,
    pub width: u32,
    pub height: u32,
    /// The driver's whole buffer; there may be more in it than the frame.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Mjpeg,
    Yuyv,
    Nv12,
    Grey,
    Rgb,
    Bgr,
}

/// Torn on the cable, or not what the camera said it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame is not whole")]
pub struct Corrupt;

/// A frame's pixels: luma and both chromas of each in turn.
#[derive(Debug)]
pub struct Decoded {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// The chroma of grey.
const NO_COLOUR: u8 = 128;

impl Raw {
    pub fn decode(&self) -> Result<Decoded, Corrupt> {
        if self.layout == Layout::Mjpeg {
            let picture = mjpeg::decode(&self.bytes).ok_or(Corrupt)?;
            let pixels = if picture.in_colour {
                picture.bytes.as_chunks().0.to_vec()
            } else {
                picture.bytes.iter().map(|&light| grey(light)).collect()
            };
            return Decoded::new(picture.width, picture.height, pixels);
        }
        if self.width == 0 || self.height == 0 || self.width > MAX_SIDE_PX || self.height > MAX_SIDE_PX {
            return Err(Corrupt);
        }
        let width = usize::try_from(self.width).map_err(|_| Corrupt)?;
        let count = width * usize::try_from(self.height).map_err(|_| Corrupt)?;
        let of = |length: usize| self.bytes.get(..length).ok_or(Corrupt);
        let pixels = match self.layout {
            Layout::Mjpeg => return Err(Corrupt),
            Layout::Grey => of(count)?.iter().map(|&light| grey(light)).collect(),
            Layout::Rgb => {
                of(count * 3)?.as_chunks().0.iter().map(|&[red, green, blue]| ycbcr(red, green, blue)).collect()
            }
            Layout::Bgr => {
                of(count * 3)?.as_chunks().0.iter().map(|&[blue, green, red]| ycbcr(red, green, blue)).collect()
            }
            Layout::Yuyv => {
                let pairs = of(count * 2)?.as_chunks::<4>().0.iter();
                pairs.flat_map(|&[left, cb, right, cr]| [[left, cb, cr], [right, cb, cr]]).collect()
            }
            Layout::Nv12 => nv12(of(count + count / 2)?, width, count),
        };
        Decoded::new(self.width, self.height, pixels)
    }
}

impl Decoded {
    fn new(width: u32, height: u32, pixels: Vec<[u8; 3]>) -> Result<Self, Corrupt> {
        let (width, height) =
            (usize::try_from(width).map_err(|_| Corrupt)?, usize::try_from(height).map_err(|_| Corrupt)?);
        if width == 0 || width * height != pixels.len() {
            return Err(Corrupt);
        }
        Ok(Self { width, height, pixels })
    }

    pub fn grey(&self) -> Result<GreyFrame, Corrupt> {
        let luma = self.pixels.iter().map(|&[luma, ..]| luma).collect();
        let side = |side: usize| u32::try_from(side).map_err(|_| Corrupt);
        GreyFrame::new(side(self.width)?, side(self.height)?, luma).map_err(|_| Corrupt)
    }

    /// Every `step`th pixel of every `step`th row, each the mean of the pixels it stands for.
    #[must_use]
    pub fn preview(&self) -> Preview {
        let most = usize::try_from(PREVIEW_MAX_WIDTH_PX).unwrap_or(usize::MAX);
        let step = self.width.div_ceil(most).max(1);
        let (columns, rows) = (self.width / step, (self.height / step).max(1));
        let mut rgb = Vec::with_capacity(columns * rows * 3);
        for band in self.pixels.chunks(self.width * step).take(rows) {
            let mut sums = vec![[0_u32; 3]; columns];
            for row in band.chunks(self.width) {
                for (sum, pixels) in sums.iter_mut().zip(row.chunks_exact(step)) {
                    for &[luma, cb, cr] in pixels {
                        *sum = [sum[0] + u32::from(luma), sum[1] + u32::from(cb), sum[2] + u32::from(cr)];
                    }
                }
            }
            let count = u32::try_from(step * band.len() / self.width).unwrap_or(u32::MAX);
            rgb.extend(sums.iter().flat_map(|sum| rgb_of(sum.map(|sum| mean(sum, count)))));
        }
        let side = |side: usize| u32::try_from(side).unwrap_or_default();
        Preview { width: side(columns), height: side(rows), rgb }
    }
}

/// Full planes of luma, then one pair of chromas for each two by two pixels.
fn nv12(bytes: &[u8], width: usize, count: usize) -> Vec<[u8; 3]> {
    let (luma, chroma) = bytes.split_at(count);
    let pairs = chroma.as_chunks::<2>().0;
    let of = |(at, &light): (usize, &u8)| {
        let (x, y) = (at % width, at / width);
        let [cb, cr] = pairs.get(y / 2 * (width / 2) + x / 2).copied().unwrap_or([NO_COLOUR; 2]);
        [light, cb, cr]
    };
    luma.iter().enumerate().map(of).collect()
}

const fn grey(light: u8) -> [u8; 3] {
    [light, NO_COLOUR, NO_COLOUR]
}

fn mean(sum: u32, count: u32) -> u8 {
    u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX)
}

/// The weights of ITU-R BT.601 in 1/65536, as JPEG uses them.
fn rgb_of([luma, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (luma, cb, cr) = (i32::from(luma) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    [luma + 91_881 * cr, luma - 22_554 * cb - 46_802 * cr, luma + 116_130 * cb].map(byte)
}

fn ycbcr(red: u8, green: u8, blue: u8) -> [u8; 3] {
    let (red, green, blue) = (i32::from(red), i32::from(green), i32::from(blue));
    let half = 128 << 16;
    [
        19_595 * red + 38_470 * green + 7_471 * blue,
        half - 11_059 * red - 21_709 * green + 32_768 * blue,
        half + 32_768 * red - 27_439 * green - 5_329 * blue,
    ]
    .map(byte)
}

fn byte(fixed_point: i32) -> u8 {
    u8::try_from(((fixed_point + (1 << 15)) >> 16).clamp(0, 255)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    const COLOURS: [[u8; 3]; 6] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3], [0; 3], [200, 120, 40]];

    fn raw(layout: Layout, width: u32, height: u32, bytes: Vec<u8>) -> Raw {
        Raw { layout, width, height, bytes }
    }

    fn near(found: &[u8], expected: [u8; 3], tolerance: u8) -> bool {
        found
            .as_chunks::<3>()
            .0
            .iter()
            .all(|pixel| pixel.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) <= tolerance))
    }

    #[test]
    fn every_layout_shows_the_colour_it_was_given() {
        for colour in COLOURS {
            let [luma, cb, cr] = ycbcr(colour[0], colour[1], colour[2]);
            let [red, green, blue] = colour;
            let mut padded = [luma, cb, luma, cr].repeat(8 * 6 / 2);
            padded.resize(4_096, 7);
            let nv12 = [vec![luma; 48], [cb, cr].repeat(12)].concat();
            for (layout, bytes) in [
                (Layout::Yuyv, padded),
                (Layout::Nv12, nv12),
                (Layout::Rgb, [red, green, blue].repeat(48)),
                (Layout::Bgr, [blue, green, red].repeat(48)),
                (Layout::Mjpeg, mjpeg::tests::jpeg(&RgbImage::from_pixel(8, 6, Rgb(colour)))),
            ] {
                let decoded = raw(layout, 8, 6, bytes).decode().unwrap();
                let grey = decoded.grey().unwrap();
                assert_eq!((grey.width(), grey.height()), (8, 6), "{layout:?}");
                assert!(grey.pixels().iter().all(|light| light.abs_diff(luma) <= 3), "{layout:?} {colour:?}");
                let preview = decoded.preview();
                assert_eq!((preview.width, preview.height, preview.rgb.len()), (8, 6, 8 * 6 * 3));
                assert!(near(&preview.rgb, colour, 6), "{layout:?} {colour:?} {:?}", &preview.rgb[..3]);
            }
        }
        let grey = raw(Layout::Grey, 2, 1, vec![10, 250]).decode().unwrap();
        assert_eq!(grey.preview().rgb, [10, 10, 10, 250, 250, 250]);
    }

    #[test]
    fn the_preview_is_at_most_640_wide_and_means_its_pixels() {
        for ((width, height), expected) in
            [((1280, 720), (640, 360)), ((1920, 1080), (640, 360)), ((640, 480), (640, 480)), ((800, 3), (400, 1))]
        {
            let stripes: Vec<u8> = (0..width * height).map(|at| if at % 2 == 0 { 100 } else { 200 }).collect();
            let preview = raw(Layout::Grey, width, height, stripes).decode().unwrap().preview();
            assert_eq!((preview.width, preview.height), expected);
            assert_eq!(preview.rgb.len(), usize::try_from(expected.0 * expected.1 * 3).unwrap());
            if width == 1280 {
                assert!(near(&preview.rgb, [150; 3], 0));
            }
        }
    }

    #[test]
    fn too_few_bytes_are_corrupt_in_every_layout() {
        for (layout, whole) in
            [(Layout::Yuyv, 96), (Layout::Nv12, 72), (Layout::Grey, 48), (Layout::Rgb, 144), (Layout::Bgr, 144)]
        {
            assert!(raw(layout, 8, 6, vec![0; whole]).decode().is_ok(), "{layout:?}");
            for short in [0, 1, whole - 1] {
                assert_eq!(raw(layout, 8, 6, vec![0; short]).decode().err(), Some(Corrupt), "{layout:?} {short}");
            }
            for (width, height) in [(0, 6), (8, 0), (u32::MAX, u32::MAX), (MAX_SIDE_PX + 1, 1)] {
                assert_eq!(raw(layout, width, height, vec![0; 96]).decode().err(), Some(Corrupt), "{layout:?}");
            }
        }
    }
}
