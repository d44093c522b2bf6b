//! The readers that are compared, each as its own documentation says one should use it on a camera's frames.

use gate_terminal::camera::frame::GreyFrame;
use gate_terminal::camera::qr::Reader;
use image::GrayImage;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PeerName {
    Gate,
    GateThorough,
    Zxing,
    Rxing,
    Rqrr,
    Quircs,
}

impl PeerName {
    pub(crate) const ALL: [Self; 6] =
        [Self::Gate, Self::GateThorough, Self::Zxing, Self::Rxing, Self::Rqrr, Self::Quircs];

    /// On frames that keep coming nobody is thorough.
    pub(crate) const OF_CAMERAS: [Self; 5] = [Self::Gate, Self::Zxing, Self::Rxing, Self::Rqrr, Self::Quircs];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::GateThorough => "gate,thorough",
            Self::Zxing => "zxing-cpp",
            Self::Rxing => "rxing",
            Self::Rqrr => "rqrr",
            Self::Quircs => "quircs",
        }
    }

    /// As the command line spells it.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::GateThorough => "gate-thorough",
            Self::Zxing => "zxing",
            Self::Rxing => "rxing",
            Self::Rqrr => "rqrr",
            Self::Quircs => "quircs",
        }
    }

    pub(crate) fn peer(self) -> Box<dyn Peer> {
        match self {
            Self::Gate => Box::new(Gate(Reader::new())),
            Self::GateThorough => Box::new(Gate(Reader::thorough())),
            Self::Zxing => Box::new(Zxing),
            Self::Rxing => Box::new(Rxing),
            Self::Rqrr => Box::new(Rqrr),
            Self::Quircs => Box::new(Quircs(quircs::Quirc::new())),
        }
    }
}

pub(crate) trait Peer {
    /// The next picture has nothing to do with the last.
    fn forget(&mut self) {}

    fn read(&mut self, picture: &GrayImage) -> Vec<String>;
}

struct Gate(Reader);

impl Peer for Gate {
    fn forget(&mut self) {
        self.0.forget();
    }

    fn read(&mut self, picture: &GrayImage) -> Vec<String> {
        let Ok(frame) = GreyFrame::new(picture.width(), picture.height(), picture.as_raw().clone()) else {
            return Vec::new();
        };
        self.0.read(&frame).into_iter().map(|symbol| symbol.text).collect()
    }
}

/// Every option on that helps with QR symbols, and those that do not.
struct Zxing;

impl Peer for Zxing {
    fn read(&mut self, picture: &GrayImage) -> Vec<String> {
        let reader = zxingcpp::read()
            .formats(zxingcpp::BarcodeFormat::QRCode)
            .try_harder(true)
            .try_invert(true)
            .try_downscale(true)
            .try_rotate(true);
        let (width, height) = picture.dimensions();
        let view = zxingcpp::ImageView::from_slice(picture.as_raw(), width, height, zxingcpp::ImageFormat::Lum);
        let read = view.and_then(|view| reader.from(view)).unwrap_or_default();
        read.iter().map(|code| lossy(code.bytes())).collect()
    }
}

/// The port of zxing-cpp's QR reader, which finds all symbols; then inverted, where nothing was.
struct Rxing;

impl Peer for Rxing {
    fn read(&mut self, picture: &GrayImage) -> Vec<String> {
        let seen = Self::look(picture.clone());
        if !seen.is_empty() {
            return seen;
        }
        let mut inverted = picture.clone();
        image::imageops::invert(&mut inverted);
        Self::look(inverted)
    }
}

impl Rxing {
    fn look(picture: GrayImage) -> Vec<String> {
        use rxing::common::HybridBinarizer;
        use rxing::multi::MultipleBarcodeReader as _;
        let (width, height) = picture.dimensions();
        let Ok(source) = rxing::Luma8LuminanceSource::new(picture.into_raw(), width, height) else {
            return Vec::new();
        };
        let hints = rxing::DecodeHints { TryHarder: Some(true), ..rxing::DecodeHints::default() };
        let mut bitmap = rxing::BinaryBitmap::new(HybridBinarizer::new(source));
        let read = rxing::qrcode::cpp_port::QrReader.decode_multiple_with_hints(&mut bitmap, &hints);
        read.unwrap_or_default().iter().map(|result| result.getText().to_owned()).collect()
    }
}

struct Rqrr;

impl Peer for Rqrr {
    fn read(&mut self, picture: &GrayImage) -> Vec<String> {
        let mut prepared = rqrr::PreparedImage::prepare(picture.clone());
        let read = prepared.detect_grids().into_iter().filter_map(|grid| {
            let mut content = Vec::new();
            grid.decode_to(&mut content).ok().map(|_meta| lossy(content))
        });
        read.collect()
    }
}

struct Quircs(quircs::Quirc);

impl Peer for Quircs {
    fn forget(&mut self) {
        self.0 = quircs::Quirc::new();
    }

    fn read(&mut self, picture: &GrayImage) -> Vec<String> {
        let [width, height] = [picture.width(), picture.height()].map(|side| usize::try_from(side).unwrap_or_default());
        let codes = self.0.identify(width, height, picture.as_raw());
        codes.filter_map(|code| code.ok()?.decode().ok()).map(|data| lossy(data.payload)).collect()
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;
    use gate_frames::{Class, GateFrame, Size};

    use super::*;

    #[test]
    fn every_reader_is_started_by_the_name_it_is_known_by() {
        for name in PeerName::ALL {
            assert_eq!(PeerName::from_str(name.argument(), false), Ok(name));
        }
        assert_eq!(PeerName::value_variants(), PeerName::ALL);
    }

    #[test]
    fn every_reader_reads_an_easy_frame() {
        let frame = GateFrame::drawn(3, 0, Class::Clean, Size::Hd, 5.0).unwrap();
        for name in PeerName::ALL {
            assert_eq!(name.peer().read(&frame.picture), [frame.text.as_str()], "{name:?}");
        }
    }
}
