//! What the pages are dressed in: the stylesheet, the script, and the university's seal.
//!
//! Sheet and script lie inside the program: a server that runs has its looks with it. Each file stands at an address that holds a
//! hash of what it leads to, so that browsers may keep it for a year and see a new release at once. The university's colours are
//! written behind the sheet and not into the pages, where a policy without inline style would not let them count.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

use crate::config::University;

const SHEET: &str = include_str!("../../assets/css/site.css");
const SCRIPT: &str = include_str!("../../assets/js/site.js");
/// A gate, where no seal is set.
const MARK: &str = include_str!("../../assets/icons/mark.svg");

const SVG: &str = "image/svg+xml";
/// A page is opened over a phone's network, outside the gate; all of it together is to stay below 30 kB.
const LARGEST_SEAL_BYTES: u64 = 16 * 1024;
const HASH_BYTES: usize = 9;

#[derive(Debug)]
pub struct Assets {
    pub sheet: Asset,
    pub script: Asset,
    pub seal: Asset,
}

#[derive(Debug, Clone)]
pub struct Asset {
    /// What follows `/assets/`.
    pub name: String,
    pub media_type: &'static str,
    pub content: Bytes,
    /// What gzip makes of it, where that is less.
    pub packed: Option<Bytes>,
    address: String,
}

impl Assets {
    /// Reads the seal, where the settings name one.
    pub fn of(university: &University) -> Result<Self, AssetsFault> {
        let sheet = format!("{SHEET}\n{}\n", colours(university));
        let seal = match &university.seal {
            Some(path) => seal(path)?,
            None => Asset::new("seal", "svg", SVG, MARK.as_bytes().to_vec()),
        };
        Ok(Self {
            sheet: Asset::new("site", "css", "text/css; charset=utf-8", sheet.into_bytes()),
            script: Asset::new("site", "js", "text/javascript; charset=utf-8", SCRIPT.as_bytes().to_vec()),
            seal,
        })
    }

    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Asset> {
        let Self { sheet, script, seal } = self;
        [sheet, script, seal].into_iter().find(|asset| asset.name == name)
    }
}

impl Asset {
    fn new(stem: &str, ending: &str, media_type: &'static str, content: Vec<u8>) -> Self {
        let hash: [u8; 32] = Sha256::digest(&content).into();
        let short: Vec<u8> = hash.into_iter().take(HASH_BYTES).collect();
        let name = format!("{stem}-{}.{ending}", URL_SAFE_NO_PAD.encode(short));
        Self {
            address: format!("/assets/{name}"),
            name,
            media_type,
            packed: packed(&content),
            content: Bytes::from(content),
        }
    }

    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn packed(content: &[u8]) -> Option<Bytes> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content).ok()?;
    packed.finish().ok().filter(|packed| packed.len() < content.len()).map(Bytes::from)
}

/// Why there is no seal to show.
#[derive(Debug, thiserror::Error)]
pub enum AssetsFault {
    #[error("university.seal：校徽文件 {path} 读不了。university.seal: {path} cannot be read", path = path.display())]
    Unread {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "university.seal：校徽文件 {} 有 {bytes} 字节，最多 {LARGEST_SEAL_BYTES} 字节，访客在校门外用手机打开。university.seal has {bytes} bytes; a phone outside the gate is spared more than {LARGEST_SEAL_BYTES}",
        path.display()
    )]
    TooLarge { path: PathBuf, bytes: u64 },
    #[error("university.seal：校徽文件 {path} 不是 SVG 或 PNG 图片。university.seal: {path} is neither an SVG nor a PNG picture", path = path.display())]
    NoPicture { path: PathBuf },
}

fn colours(university: &University) -> String {
    let University { accent, accent_dark, .. } = university;
    format!(":root{{--accent:{accent};--accent-dark:{accent_dark};--accent-light:{}}}", university.accent_light())
}

fn seal(path: &Path) -> Result<Asset, AssetsFault> {
    let unread = |cause| AssetsFault::Unread { path: path.to_owned(), cause };
    let bytes = fs::metadata(path).map_err(unread)?.len();
    if bytes > LARGEST_SEAL_BYTES {
        return Err(AssetsFault::TooLarge { path: path.to_owned(), bytes });
    }
    let content = fs::read(path).map_err(unread)?;
    // By what it is, not by what it is called.
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(Asset::new("seal", "png", "image/png", content))
    } else if is_svg(&content) {
        Ok(Asset::new("seal", "svg", SVG, content))
    } else {
        Err(AssetsFault::NoPicture { path: path.to_owned() })
    }
}

fn is_svg(content: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(content) else { return false };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let opens = ["<svg", "<?xml", "<!--", "<!DOCTYPE svg"].iter().any(|opening| text.starts_with(opening));
    opens && text.contains("<svg")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Colour;

    #[test]
    fn an_address_is_of_the_content_alone() {
        let usual = Assets::of(&University::default()).unwrap();
        let again = Assets::of(&University::default()).unwrap();
        assert_eq!(usual.sheet.name, again.sheet.name);
        assert!(usual.sheet.name.starts_with("site-") && usual.sheet.name.ends_with(".css"), "{}", usual.sheet.name);
        let red = University { accent: Colour::parse("#8a1538").unwrap(), ..University::default() };
        let red = Assets::of(&red).unwrap();
        assert_ne!(usual.sheet.name, red.sheet.name);
        assert_eq!(usual.script.name, red.script.name);
        assert!(usual.named(&red.sheet.name).is_none() && usual.named("site.css").is_none());
        assert_eq!(red.named(&red.script.name).unwrap().content, SCRIPT.as_bytes());
        let sheet = std::str::from_utf8(&red.sheet.content).unwrap();
        assert!(sheet.trim_end().ends_with(&format!(
            ":root{{--accent:#8a1538;--accent-dark:#073f54;--accent-light:{}}}",
            Colour::parse("#8a1538").unwrap().lightened()
        )));
    }

    #[test]
    fn the_script_is_small_and_what_old_engines_read() {
        assert!(SCRIPT.len() < 10 * 1024, "{} bytes", SCRIPT.len());
        for newer in ["?.", "??", "localStorage", "sessionStorage", "document.cookie", "eval(", "http:", "https:"] {
            assert!(!SCRIPT.contains(newer), "{newer}");
        }
    }

    #[test]
    fn a_seal_is_a_small_picture() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seal");
        let of = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            Assets::of(&University { seal: Some(path.clone()), ..University::default() })
        };
        let svg = "\u{feff}<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>";
        assert_eq!(of(svg.as_bytes()).unwrap().seal.media_type, "image/svg+xml");
        assert_eq!(of(b"\x89PNG\r\n\x1a\nrest").unwrap().seal.media_type, "image/png");
        for other in [&b"<html><svg/></html>"[..], b"GIF89a", b"", b"<svg\xff"] {
            assert!(matches!(of(other), Err(AssetsFault::NoPicture { .. })), "{other:?}");
        }
        let large = vec![b' '; 17 * 1024];
        assert!(of(&large).unwrap_err().to_string().contains("university.seal has 17408"));
        fs::remove_file(&path).unwrap();
        let gone = Assets::of(&University { seal: Some(path.clone()), ..University::default() });
        assert!(gone.unwrap_err().to_string().starts_with("university.seal"));
    }

    /// The custom properties that hold in a theme, as the sheet has them.
    fn theme(dark: bool, university: &University) -> BTreeMap<String, String> {
        let sheet = format!("{SHEET}\n{}", colours(university));
        let light = block(&sheet, "\n:root {");
        let night = block(&sheet, "@media screen and (prefers-color-scheme: dark) {\n  :root {");
        let brand = sheet.rsplit(":root{").next().unwrap().split('}').next().unwrap();
        let parts = if dark { vec![light, night, brand] } else { vec![light, brand] };
        let lines = parts.into_iter().flat_map(|part| part.split(';'));
        lines
            .filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect()
    }

    fn block<'a>(sheet: &'a str, opening: &str) -> &'a str {
        sheet.split(opening).nth(1).unwrap_or_else(|| panic!("no {opening}")).split('}').next().unwrap()
    }

    fn colour(theme: &BTreeMap<String, String>, name: &str) -> Colour {
        let value = theme.get(&format!("--{name}")).unwrap_or_else(|| panic!("no --{name}"));
        match value.strip_prefix("var(--") {
            Some(other) => colour(theme, other.trim_end_matches(')')),
            None => Colour::parse(value).unwrap_or_else(|| panic!("--{name}: {value}")),
        }
    }

    #[test]
    fn both_themes_are_read_by_tired_eyes() {
        let bordeaux = University {
            accent: Colour::parse("#a6192e").unwrap(),
            accent_dark: Colour::parse("#6b0f1d").unwrap(),
            ..University::default()
        };
        for university in [University::default(), bordeaux] {
            for dark in [false, true] {
                let theme = theme(dark, &university);
                for (least, over, under) in [
                    (7.0, "ink", "paper"),
                    (7.0, "ink", "ground"),
                    (7.0, "ink", "bad-ground"),
                    (7.0, "quiet", "paper"),
                    (7.0, "quiet", "ground"),
                    (7.0, "good", "good-ground"),
                    (7.0, "wait", "wait-ground"),
                    (7.0, "bad", "bad-ground"),
                    (7.0, "bad", "paper"),
                    (7.0, "bad", "ground"),
                    (4.5, "link", "paper"),
                    (4.5, "link", "ground"),
                    (4.5, "on-fill", "fill"),
                    (4.5, "on-fill", "fill-strong"),
                    (3.0, "edge", "paper"),
                    (3.0, "edge", "ground"),
                    (3.0, "wait", "paper"),
                    (3.0, "good", "paper"),
                ] {
                    let contrast = colour(&theme, over).contrast(colour(&theme, under));
                    assert!(contrast >= least, "dark {dark}: {over} on {under} is {contrast:.2}");
                }
                assert!(university.accent_dark.contrast(Colour::WHITE) >= 7.0);
            }
        }
    }

    #[test]
    fn the_sheet_asks_nobody_and_blocks_no_larger_type() {
        for never in ["http:", "https:", "@import", "url(", "text-size-adjust"] {
            assert!(!SHEET.contains(never), "{never}");
        }
        for kept in ["prefers-reduced-motion", "forced-colors", "@media print", "[data-elder]", ":focus-visible"] {
            assert!(SHEET.contains(kept), "{kept}");
        }
    }
}
