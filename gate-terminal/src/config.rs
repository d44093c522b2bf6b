//! What can be set: one TOML file, read once at the start.
//!
//! Everything has a working default except the camera, which cannot be guessed. A key nobody knows is an error, because a
//! misspelt setting that silently does nothing is found out at eight in the morning.

use std::{
    fs, io,
    num::NonZeroU16,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, de::Error as _};
use shared::{entry::Way, settings::Misread};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub server_url: String,
    pub direction: Way,
    pub language: Language,
    /// When set, enrolment takes no other root keys.
    #[serde(deserialize_with = "a_fingerprint")]
    pub root_fingerprint: Option<String>,
    /// When set, whose certificates a server may show: these and no other.
    pub server_ca: Option<PathBuf>,
    /// After so many days without a word of the office passes and keys are forgotten.
    pub forget_after_days: NonZeroU16,
    pub camera: Camera,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("terminal-data"),
            server_url: "http://127.0.0.1:8460".to_owned(),
            direction: Way::In,
            language: Language::Zh,
            root_fingerprint: None,
            server_ca: None,
            forget_after_days: NonZeroU16::MIN.saturating_add(13),
            camera: Camera::Off,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    Zh,
    En,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Camera {
    Off,
    /// With neither, the first camera that gives pictures.
    Usb {
        index: Option<u32>,
        name: Option<String>,
    },
    Replay {
        dir: PathBuf,
        #[serde(default = "ten", deserialize_with = "a_camera_s")]
        fps: f64,
        #[serde(default)]
        looping: bool,
    },
}

/// What a gate camera gives in poor light.
const fn ten() -> f64 {
    10.0
}

/// Frames a second of any camera there is.
fn a_camera_s<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let fps = f64::deserialize(deserializer)?;
    if (0.1..=120.0).contains(&fps) {
        Ok(fps)
    } else {
        Err(D::Error::custom("fps 应为 0.1 至 120。It is from 0.1 to 120"))
    }
}

/// A code is spent before it shows that no root key has such a fingerprint.
fn a_fingerprint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_fingerprint(&text) { Ok(Some(text)) } else { Err(D::Error::custom(FINGERPRINT_FORM)) }
}

/// With or without its gaps.
#[must_use]
pub fn is_fingerprint(text: &str) -> bool {
    let mut digits = text.chars().filter(|symbol| !symbol.is_whitespace());
    digits.clone().count() == 32 && digits.all(|symbol| symbol.is_ascii_hexdigit())
}

/// What is said of a text that is none.
pub const FINGERPRINT_FORM: &str = "指纹应为 32 位十六进制，如 0123 4567 …。A fingerprint is 32 hex digits";

impl Config {
    /// Without a file: the defaults, in the current folder.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text =
            fs::read_to_string(file).map_err(|cause| ConfigError::Unreadable { file: file.to_owned(), cause })?;
        let config = Self::parse(&text).map_err(|cause| ConfigError::Misunderstood { file: file.to_owned(), cause })?;
        Ok(config.beside(file.parent().unwrap_or_else(|| Path::new(""))))
    }

    pub fn parse(text: &str) -> Result<Self, Box<Misread>> {
        toml::from_str(text).map_err(|cause| {
            let offset = cause.span().map(|span| span.start).unwrap_or_default();
            Box::new(Misread::of(text, offset, cause.message(), cause.to_string()))
        })
    }

    /// A service has no current folder worth the name, so relative folders lie beside the file.
    fn beside(mut self, folder: &Path) -> Self {
        self.data_dir = folder.join(self.data_dir);
        self.server_ca = self.server_ca.map(|file| folder.join(file));
        match &mut self.camera {
            Camera::Off | Camera::Usb { .. } => {}
            Camera::Replay { dir, .. } => *dir = folder.join(&dir),
        }
        self
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("读不了配置文件 {}。Cannot be read", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("配置文件 {} 有误。The settings are not understood", file.display())]
    Misunderstood {
        file: PathBuf,
        #[source]
        cause: Box<Misread>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../gate-terminal.sample.toml");

    #[test]
    fn the_sample_is_understood_and_shows_the_defaults() {
        let sample = Config::parse(SAMPLE).unwrap();
        let first = Camera::Usb { index: None, name: None };
        assert_eq!(sample, Config { camera: first, ..Config::default() });
        let uncommented: Vec<&str> =
            SAMPLE.lines().map(|line| if line.starts_with("# ") { "" } else { line.trim_start_matches('#') }).collect();
        let spelled_out = Config::parse(&uncommented.join("\n")).unwrap();
        let (root_fingerprint, server_ca) = (spelled_out.root_fingerprint.clone(), spelled_out.server_ca.clone());
        assert!(root_fingerprint.is_some() && server_ca.is_some());
        let chosen = Camera::Usb { index: Some(0), name: Some("USB".into()) };
        assert_eq!(spelled_out, Config { root_fingerprint, server_ca, camera: chosen, ..sample });
    }

    #[test]
    fn a_folder_of_pictures_is_ten_a_second_once() {
        let replay = Config::parse("[camera]\nkind = 'replay'\ndir = 'frames'").unwrap();
        assert_eq!(replay.camera, Camera::Replay { dir: "frames".into(), fps: 10.0, looping: false });
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        for wrong in [
            "data_directory = 'x'",
            "direction = 'sideways'",
            "language = 'fr'",
            "[camera]\nkind = 'usb'\nnumber = 1",
            "[camera]\nkind = 'usb'\nindex = -1",
            "[camera]\nkind = 'replay'",
            "[camera]\nkind = 'replay'\ndir = 'x'\nspeed = 3",
            "[camera]\nkind = 'replay'\ndir = 'x'\nfps = 0.0",
            "[camera]\nkind = 'replay'\ndir = 'x'\nfps = -1.0",
            "[camera]\nkind = 'replay'\ndir = 'x'\nfps = nan",
            "[camera]\nkind = 'replay'\ndir = 'x'\nfps = 1e9",
            "[camera]\ndir = 'x'",
        ] {
            assert!(Config::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_mistake_is_told_with_its_reason_its_line_and_its_name_chinese_first() {
        for (text, line, setting, chinese) in [
            ("\ndata_directory = 'x'", 2, "data_directory", "没有「data_directory」这个设置，可用的有：data_dir"),
            ("direction = 'sideways'", 1, "direction", "不能是「sideways」，可用的有：in、out、both"),
            ("language = 3", 1, "language", "值的类型不对，应是引号里的文字"),
            ("forget_after_days = 'soon'", 1, "forget_after_days", "应是大于 0 的整数"),
            ("forget_after_days = 0", 1, "forget_after_days", "应是大于 0 的整数"),
            ("root_fingerprint = '0123 4567'", 1, "root_fingerprint", "指纹应为 32 位十六进制"),
            (
                "language = 'zh'\n[camera]\nkind = 'webcam'",
                3,
                "camera.kind",
                "不能是「webcam」，可用的有：off、usb、replay",
            ),
            ("[camera]\nkind = 'usb'\nnumber = 1", 3, "camera.number", "没有「number」这个设置，可用的有：index、name"),
            ("\n[camera]\ndir = 'x'", 2, "camera.kind", "缺少 kind"),
            ("[camera]\nkind = 'replay'\ndir = 'x'\nfps = 0.0", 1, "camera", "fps 应为 0.1 至 120"),
            ("language 'zh'", 1, "", "写法不对"),
        ] {
            let told = Config::parse(text).unwrap_err().to_string();
            let head = format!("第 {line} 行，{setting}：");
            assert!(told.starts_with(&head) && told.contains(chinese), "{text}: {told}");
            assert!(told.contains(&format!("Line {line}, {setting}, is not understood")), "{told}");
        }
    }

    #[test]
    fn relative_folders_lie_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("terminal.toml");
        fs::write(&file, "data_dir = 'data'\n[camera]\nkind = 'replay'\ndir = '/frames'").unwrap();
        let config = Config::load(Some(&file)).unwrap();
        assert_eq!(config.data_dir, folder.path().join("data"));
        assert_eq!(config.camera, Camera::Replay { dir: "/frames".into(), fps: 10.0, looping: false });
        assert!(matches!(Config::load(Some(&folder.path().join("none.toml"))), Err(ConfigError::Unreadable { .. })));
    }
}
