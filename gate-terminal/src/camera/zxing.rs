//! zxing-cpp, which reads the most of what gate cameras see in the least time, behind a door that a panic cannot pass.
//!
//! Beside what it reads it says where it saw a symbol that it could not read: that is where a closer look is worth its time.

use image::{GrayImage, imageops};
use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, Binarizer, ImageFormat, ImageView, PointI};

use super::closeup::same_place;
use super::contained;
use super::qr::{Point, Symbol};

/// How much zxing-cpp is asked to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// As dark on light and as light on dark, at smaller scales too.
    Full,
    /// Dark on light, at smaller scales too.
    DarkOnLight,
    /// Dark on light, at the scale that it has.
    Brief,
    /// A picture that is black and white already, both ways round.
    BlackAndWhite,
    /// By one threshold for all of the picture, both ways round: the cheapest, and enough for a dark page on a bright screen.
    OneThreshold,
}

/// Which way round a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Polarity {
    DarkOnLight,
    LightOnDark,
}

impl Polarity {
    pub(super) fn other(self) -> Self {
        match self {
            Self::DarkOnLight => Self::LightOnDark,
            Self::LightOnDark => Self::DarkOnLight,
        }
    }
}

pub(super) struct Zxing {
    full: BarcodeReader,
    dark_on_light: BarcodeReader,
    brief: BarcodeReader,
    black_and_white: BarcodeReader,
    one_threshold: BarcodeReader,
}

impl Zxing {
    pub(super) fn new() -> Self {
        let careful = |invert: bool, downscale: bool| {
            zxingcpp::read()
                .formats(BarcodeFormat::QRCode)
                .try_harder(true)
                .try_invert(invert)
                .try_downscale(downscale)
                // QR symbols are found at any angle without it; it is meant for linear codes.
                .try_rotate(false)
                .return_errors(true)
        };
        Self {
            full: careful(true, true),
            dark_on_light: careful(false, true),
            brief: careful(false, false),
            black_and_white: careful(true, false).binarizer(Binarizer::FixedThreshold),
            one_threshold: careful(true, false).binarizer(Binarizer::GlobalHistogram),
        }
    }

    /// One way round only. In a frame full of edges that is half the time of both.
    pub(super) fn look_as(&self, polarity: Polarity, picture: &GrayImage, care: Care) -> Sight {
        match polarity {
            Polarity::DarkOnLight => self.look(picture, care),
            Polarity::LightOnDark => {
                let mut inverted = picture.clone();
                imageops::invert(&mut inverted);
                self.look(&inverted, care)
            }
        }
    }

    pub(super) fn look(&self, picture: &GrayImage, care: Care) -> Sight {
        let reader = match care {
            Care::Full => &self.full,
            Care::DarkOnLight => &self.dark_on_light,
            Care::Brief => &self.brief,
            Care::BlackAndWhite => &self.black_and_white,
            Care::OneThreshold => &self.one_threshold,
        };
        let seen = contained(|| {
            let view = ImageView::from_slice(picture.as_raw(), picture.width(), picture.height(), ImageFormat::Lum)?;
            reader.from(view).map(|codes| Sight::sorted(&codes))
        });
        match seen {
            Some(Ok(sight)) => sight,
            Some(Err(cause)) => {
                tracing::warn!(%cause, "zxing-cpp refused a frame");
                Sight::default()
            }
            None => {
                tracing::warn!("zxing-cpp panicked on a frame");
                Sight::default()
            }
        }
    }
}

/// What was made of a picture.
#[derive(Default)]
pub(super) struct Sight {
    pub(super) read: Vec<Symbol>,
    /// The corners of what looks like a symbol and could not be read.
    pub(super) located: Vec<[Point; 4]>,
}

impl Sight {
    /// What was located and not read, there or elsewhere in the frame.
    pub(super) fn unread(&self) -> impl Iterator<Item = &[Point; 4]> {
        let is_read = |corners: &[Point; 4]| self.read.iter().any(|symbol| same_place(&symbol.corners, corners));
        self.located.iter().filter(move |corners| !is_read(corners))
    }

    /// As far as anybody can see.
    pub(super) fn is_all_read(&self) -> bool {
        !self.read.is_empty() && self.unread().next().is_none()
    }

    pub(super) fn has_located(&self, corners: &[Point; 4]) -> bool {
        self.located.iter().any(|known| same_place(known, corners))
    }

    /// Each distinct text stays once, where it was seen first.
    pub(super) fn add(&mut self, more: Self) {
        for symbol in more.read {
            if self.read.iter().all(|known| known.text != symbol.text) {
                self.read.push(symbol);
            }
        }
        self.located.extend(more.located);
    }

    fn sorted(codes: &[Barcode]) -> Self {
        let mut sight = Self::default();
        for code in codes {
            let at = code.position();
            let corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left].map(Point::from);
            if code.is_valid() {
                let read = Symbol { text: lossy(code.bytes()), corners };
                sight.add(Self { read: vec![read], located: Vec::new() });
            } else {
                sight.located.push(corners);
            }
        }
        sight
    }
}

/// The bytes as they are: zxing-cpp's own text would be cut at a zero byte, and a pass must not be read out of a longer content.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|other| String::from_utf8_lossy(other.as_bytes()).into_owned())
}

impl From<PointI> for Point {
    fn from(point: PointI) -> Self {
        Self { x: point.x, y: point.y }
    }
}
