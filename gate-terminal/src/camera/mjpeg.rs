//! One picture of a motion-JPEG stream, as drivers hand it over.
//!
//! They give the whole buffer, not the picture in it: behind the end lie bytes of an older, longer frame. A frame whose
//! beginning or end is missing was torn on the cable and is not read: half a picture of grey is no evidence of anything. Many
//! cameras leave the Huffman tables out, because the standard says which they are.

use std::borrow::Cow;

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use super::frame::MAX_SIDE_PX;

/// Luma, or luma and both chromas of each pixel in turn.
#[derive(Debug)]
pub(super) struct Picture {
    pub width: u32,
    pub height: u32,
    pub in_colour: bool,
    pub bytes: Vec<u8>,
}

/// `None`: torn, or no JPEG.
pub(super) fn decode(buffer: &[u8]) -> Option<Picture> {
    let whole = whole(buffer)?;
    let most = usize::try_from(MAX_SIDE_PX).ok()?;
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(most).set_max_height(most);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*whole), options);
    decoder.decode_headers().ok()?;
    let in_colour = decoder.input_colorspace()? != ColorSpace::Luma;
    let wanted = if in_colour { ColorSpace::YCbCr } else { ColorSpace::Luma };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let (width, height) = decoder.dimensions()?;
    let bytes = decoder.decode().ok()?;
    Some(Picture { width: u32::try_from(width).ok()?, height: u32::try_from(height).ok()?, in_colour, bytes })
}

const MARK: u8 = 0xff;
const START: u8 = 0xd8;
const END: u8 = 0xd9;
const HUFFMAN_TABLES: u8 = 0xc4;
const SCAN: u8 = 0xda;

/// What says "with the usual Huffman tables" to the decoder: an empty application segment of motion JPEG.
const USUAL_TABLES: &[u8] = b"\xff\xd8\xff\xe0\x00\x07AVI1\x00";

/// From its first byte to its end mark, with what the decoder needs to be told.
fn whole(buffer: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut rest = buffer.strip_prefix(&[MARK, START])?;
    let mut has_tables = false;
    loop {
        let [MARK, kind, high, low, ..] = *rest else { return None };
        has_tables |= kind == HUFFMAN_TABLES;
        let length = usize::from(u16::from_be_bytes([high, low]));
        rest = rest.get(2 + length.max(2)..)?;
        if kind == SCAN {
            break;
        }
    }
    // In the scan itself the mark byte is always followed by a zero or a restart number.
    let end = rest.windows(2).position(|pair| pair == [MARK, END])?;
    let picture = buffer.get(..buffer.len() - rest.len() + end + 2)?;
    if has_tables {
        return Some(Cow::Borrowed(picture));
    }
    Some(Cow::Owned([USUAL_TABLES, picture.get(2..)?].concat()))
}

#[cfg(test)]
pub(super) mod tests {
    use image::{GrayImage, Luma, RgbImage, codecs::jpeg::JpegEncoder};

    use super::*;

    pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(picture).unwrap();
        bytes
    }

    fn gradient() -> RgbImage {
        RgbImage::from_fn(64, 48, |x, y| image::Rgb([u8::try_from(x * 3).unwrap(), u8::try_from(y * 5).unwrap(), 90]))
    }

    #[test]
    fn what_lies_behind_the_picture_is_not_looked_at() {
        let clean = jpeg(&gradient());
        let expected = decode(&clean).unwrap();
        assert_eq!((expected.width, expected.height, expected.in_colour), (64, 48, true));
        let mut stale = clean.clone();
        stale.extend_from_slice(&clean[clean.len() / 2..]);
        stale.resize(stale.len() + 5_000, 0xff);
        assert_eq!(decode(&stale).unwrap().bytes, expected.bytes);
    }

    #[test]
    fn a_grey_picture_is_one_byte_a_pixel() {
        let mut bytes = Vec::new();
        let grey = GrayImage::from_pixel(32, 16, Luma([200]));
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&grey).unwrap();
        let picture = decode(&bytes).unwrap();
        assert_eq!((picture.in_colour, picture.bytes.len()), (false, 32 * 16));
        assert!(picture.bytes.iter().all(|light| light.abs_diff(200) < 4));
    }

    /// As many cameras send it. The encoder here uses the usual tables, so the pixels are the same.
    #[test]
    fn left_out_huffman_tables_are_the_usual_ones() {
        let full = jpeg(&gradient());
        let mut bare = full[..2].to_vec();
        let mut rest = &full[2..];
        while rest[1] != SCAN {
            let (segment, next) = rest.split_at(2 + usize::from(u16::from_be_bytes([rest[2], rest[3]])));
            if segment[1] != HUFFMAN_TABLES {
                bare.extend_from_slice(segment);
            }
            rest = next;
        }
        bare.extend_from_slice(rest);
        assert!(bare.len() < full.len() - 300);
        assert_eq!(decode(&bare).unwrap().bytes, decode(&full).unwrap().bytes);
    }

    #[test]
    fn a_torn_picture_is_none_at_every_place_it_can_tear() {
        let full = jpeg(&gradient());
        for length in 0..full.len() - 1 {
            let mut torn = full[..length].to_vec();
            assert!(decode(&torn).is_none(), "cut after {length}");
            torn.resize(full.len() * 2, 0);
            assert!(decode(&torn).is_none(), "cut after {length}, zeros behind");
        }
        assert!(decode(&full[1..]).is_none());
    }

    /// Rows that never arrived are not to be made up in grey.
    #[test]
    fn a_mark_in_the_middle_of_the_scan_is_a_tear() {
        let full = jpeg(&gradient());
        let (before, behind) = full.split_at(full.len() - full.len() / 8);
        let torn = [before, &[MARK, 0xc8, 0, 2], behind].concat();
        assert!(decode(&torn).is_none());
    }

    #[test]
    fn garbage_is_survived() {
        let full = jpeg(&gradient());
        for seed in 0..2_000 {
            let mut broken = full.clone();
            for step in 0..4 {
                let at = (seed * 7_919 + step * 104_729) % broken.len();
                broken[at] = broken[at].wrapping_add(u8::try_from(seed % 251).unwrap() | 1);
            }
            if let Some(picture) = decode(&broken) {
                let sides = usize::try_from(picture.width * picture.height).unwrap();
                assert_eq!(picture.bytes.len(), sides * if picture.in_colour { 3 } else { 1 });
            }
        }
        for byte in 0..=u8::MAX {
            assert!(decode(&[byte; 3_000]).is_none());
        }
    }
}
