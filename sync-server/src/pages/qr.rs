//! The picture of a pass, or of an invitation: its QR symbol as a PNG.
//!
//! Black on white with the quiet zone of four modules inside the picture, because the page around it may be dark or be cropped by
//! whoever forwards it. One bit per pixel and eight pixels per module: a few hundred bytes, sharp on every screen.

use qrcode::{Color, EcLevel, QrCode, Version};
use thiserror::Error;

const QUIET_MODULES: usize = 4;
const MODULE_PIXELS: usize = 8;
/// The symbol every pass of the present suite fits into (41x41 modules); one size is easier on a camera's focus than many.
const VERSION: Version = Version::Normal(6);

#[derive(Debug, Error)]
pub(super) enum QrError {
    #[error("通行码的内容放不进二维码。The text of the pass does not fit a QR symbol")]
    Symbol(#[from] qrcode::types::QrError),
    #[error("图片无法生成。The picture could not be written")]
    Picture(#[from] png::EncodingError),
    #[error("图片太大。The picture is too large")]
    Size(#[from] std::num::TryFromIntError),
}

pub(super) fn picture(text: &str) -> Result<Vec<u8>, QrError> {
    let symbol = QrCode::with_version(text, VERSION, EcLevel::M)
        .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::M))?;
    let modules = symbol.width();
    let pixels = (modules + 2 * QUIET_MODULES) * MODULE_PIXELS;
    let colors = symbol.into_colors();
    let dark = |pixel: usize, line: usize| {
        let inside = |at: usize| (at / MODULE_PIXELS).checked_sub(QUIET_MODULES).filter(|at| *at < modules);
        let (Some(x), Some(y)) = (inside(pixel), inside(line)) else { return false };
        colors.get(y * modules + x) == Some(&Color::Dark)
    };
    // A set bit is white; the bits that fill up the last byte of a line are not seen.
    let line_of = |line| {
        (0..pixels.div_ceil(8))
            .map(move |byte| (0..8).fold(0_u8, |bits, bit| bits << 1 | u8::from(!dark(byte * 8 + bit, line))))
    };
    let rows: Vec<u8> = (0..pixels).flat_map(line_of).collect();

    let side = u32::try_from(pixels)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rows)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use shared::pass::PassText;

    use super::*;

    /// The picture's pixels, one bool each, true where dark.
    fn seen(file: &[u8]) -> (usize, Vec<bool>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width, info.height);
        (info.width as usize, pixels.into_iter().map(|grey| grey == 0).collect())
    }

    #[test]
    fn the_largest_pass_is_a_version_6_symbol_with_its_quiet_zone() {
        let text = PassText::parse(&"%A".repeat(76)).unwrap();
        let file = picture(text.as_str()).unwrap();
        let (side, dark) = seen(&file);
        assert_eq!(side, (41 + 8) * 8);
        let quiet = QUIET_MODULES * MODULE_PIXELS;
        for line in 0..side {
            for pixel in 0..side {
                let at_edge = |at: usize| at < quiet || at >= side - quiet;
                assert!(!(dark[line * side + pixel] && (at_edge(line) || at_edge(pixel))), "{pixel},{line}");
            }
        }
        let expected = QrCode::with_version(text.as_str(), VERSION, EcLevel::M).unwrap();
        for y in 0..41 {
            for x in 0..41 {
                let middle = (quiet + y * MODULE_PIXELS + 4) * side + quiet + x * MODULE_PIXELS + 4;
                assert_eq!(dark[middle], expected[(x, y)] == Color::Dark, "{x},{y}");
            }
        }
        assert!(file.len() < 2000, "{} bytes", file.len());
    }
}
