//! What an officer set at the screen: a small file beside the configuration, which gives whatever was never changed here.
//!
//! Only what differs from the configuration is written down, so a university that changes a configuration file changes every
//! terminal at which nobody chose otherwise. A file that is not understood is said to be so and set aside at the next change; the
//! gate runs by the configuration until then.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::private_file;
use crate::ui::records::{CameraChoice, Language, Settings, ThemeChoice, Way};

/// The file's name inside the data directory.
pub const SETTINGS_FILE: &str = "settings.toml";

#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    /// As the configuration has it.
    defaults: Settings,
    /// Where the terminal was enrolled, when that was typed at the screen.
    server_url: Option<String>,
    /// Not one of ours, and not to be written over.
    broken: bool,
}

impl SettingsFile {
    #[must_use]
    pub fn new(data_dir: &Path, defaults: Settings) -> Self {
        Self { path: data_dir.join(SETTINGS_FILE), defaults, server_url: None, broken: false }
    }

    /// The defaults where nothing else is written; they hold also when this fails.
    pub fn load(&mut self) -> Result<Settings, SettingsError> {
        let path = self.path.clone();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(self.defaults.clone()),
            Err(cause) => {
                self.broken = true;
                return Err(SettingsError::Unreadable { path, cause });
            }
        };
        match toml::from_str::<Written>(&text) {
            Ok(mut written) => {
                self.server_url = written.server_url.take();
                Ok(written.over(self.defaults.clone()))
            }
            Err(cause) => {
                self.broken = true;
                Err(SettingsError::Misunderstood { path, cause: Box::new(cause) })
            }
        }
    }

    /// As it was loaded; `None` where the configuration's holds.
    #[must_use]
    pub fn server_url(&self) -> Option<&str> {
        self.server_url.as_deref()
    }

    /// Beside the settings that were loaded.
    pub fn keep_server_url(&mut self, server_url: String) -> Result<(), SettingsError> {
        let settings = self.load()?;
        self.server_url = Some(server_url);
        self.keep(&settings)
    }

    pub fn keep(&mut self, settings: &Settings) -> Result<(), SettingsError> {
        let unwritable = |cause| SettingsError::Unwritable { path: self.path.clone(), cause };
        let written = Written { server_url: self.server_url.clone(), ..Written::of(settings, &self.defaults) };
        let text = toml::to_string(&written).map_err(SettingsError::Words)?;
        if self.broken {
            fs::rename(&self.path, self.path.with_extension("broken.toml")).map_err(unwritable)?;
        }
        private_file::write(&self.path, text.as_bytes()).map_err(unwritable)?;
        self.broken = false;
        Ok(())
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    server_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    camera: Option<Camera>,
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<Faces>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Spoken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<Theme>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kiosk: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    export_folder: Option<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Camera {
    AsConfigured,
    Off,
    Device(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Faces {
    In,
    Out,
    Both,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Spoken {
    Zh,
    En,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Theme {
    Light,
    Dark,
    Auto,
}

impl Written {
    fn of(settings: &Settings, defaults: &Settings) -> Self {
        let Settings { camera, way, language, theme, kiosk, export_folder } = settings;
        Self {
            server_url: None,
            camera: (*camera != defaults.camera).then(|| match camera {
                CameraChoice::AsConfigured => Camera::AsConfigured,
                CameraChoice::Off => Camera::Off,
                CameraChoice::Device(id) => Camera::Device(id.clone()),
            }),
            way: (*way != defaults.way).then_some(match way {
                Way::In => Faces::In,
                Way::Out => Faces::Out,
                Way::Both => Faces::Both,
            }),
            language: (*language != defaults.language).then_some(match language {
                Language::Zh => Spoken::Zh,
                Language::En => Spoken::En,
            }),
            theme: (*theme != defaults.theme).then_some(match theme {
                ThemeChoice::Light => Theme::Light,
                ThemeChoice::Dark => Theme::Dark,
                ThemeChoice::Auto => Theme::Auto,
            }),
            kiosk: (*kiosk != defaults.kiosk).then_some(*kiosk),
            export_folder: (*export_folder != defaults.export_folder).then(|| export_folder.clone()).flatten(),
        }
    }

    fn over(self, mut settings: Settings) -> Settings {
        let Self { server_url: _, camera, way, language, theme, kiosk, export_folder } = self;
        if let Some(camera) = camera {
            settings.camera = match camera {
                Camera::AsConfigured => CameraChoice::AsConfigured,
                Camera::Off => CameraChoice::Off,
                Camera::Device(id) => CameraChoice::Device(id),
            };
        }
        if let Some(way) = way {
            settings.way = match way {
                Faces::In => Way::In,
                Faces::Out => Way::Out,
                Faces::Both => Way::Both,
            };
        }
        if let Some(language) = language {
            settings.language = match language {
                Spoken::Zh => Language::Zh,
                Spoken::En => Language::En,
            };
        }
        if let Some(theme) = theme {
            settings.theme = match theme {
                Theme::Light => ThemeChoice::Light,
                Theme::Dark => ThemeChoice::Dark,
                Theme::Auto => ThemeChoice::Auto,
            };
        }
        settings.kiosk = kiosk.unwrap_or(settings.kiosk);
        settings.export_folder = export_folder.or(settings.export_folder);
        settings
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("设置文件读不出来 {} cannot be read", path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("设置文件看不懂，暂按配置文件运行 {} is not understood; the configuration holds", path.display())]
    Misunderstood {
        path: PathBuf,
        #[source]
        cause: Box<toml::de::Error>,
    },
    #[error("设置文件写不进去 {} cannot be written", path.display())]
    Unwritable {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("the settings could not be put into words")]
    Words(#[source] toml::ser::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured() -> Settings {
        Settings { way: Way::Out, ..Settings::default() }
    }

    fn chosen() -> Settings {
        Settings {
            camera: CameraChoice::Device("usb:1".into()),
            way: Way::Both,
            language: Language::En,
            theme: ThemeChoice::Dark,
            kiosk: true,
            export_folder: Some("/media/U盘".into()),
        }
    }

    #[test]
    fn what_was_chosen_comes_back_and_the_rest_follows_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SettingsFile::new(folder.path(), configured());
        assert_eq!(file.load().unwrap(), configured());
        file.keep(&chosen()).unwrap();
        assert_eq!(file.load().unwrap(), chosen());
        file.keep(&Settings { kiosk: true, ..configured() }).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(SETTINGS_FILE)).unwrap(), "kiosk = true\n");
        let mut reconfigured = SettingsFile::new(folder.path(), Settings { way: Way::In, ..configured() });
        assert_eq!(reconfigured.load().unwrap(), Settings { way: Way::In, kiosk: true, ..configured() });
    }

    #[test]
    fn the_server_typed_at_enrolment_outlives_every_change() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SettingsFile::new(folder.path(), configured());
        file.keep_server_url("https://gate.example.edu.cn".to_owned()).unwrap();
        let mut file = SettingsFile::new(folder.path(), configured());
        assert_eq!(file.load().unwrap(), configured());
        file.keep(&chosen()).unwrap();
        let mut file = SettingsFile::new(folder.path(), configured());
        file.load().unwrap();
        assert_eq!(file.server_url(), Some("https://gate.example.edu.cn"));
    }

    #[test]
    fn a_broken_file_is_told_of_and_set_aside_not_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(SETTINGS_FILE);
        for broken in ["kiosk = maybe", "kiosks = true", "way = 'up'", "\0\u{1}", "camera = { device = 1 }"] {
            fs::write(&path, broken).unwrap();
            let mut file = SettingsFile::new(folder.path(), configured());
            let error = file.load().unwrap_err();
            assert!(error.to_string().contains("settings.toml is not understood"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), broken, "reading changes nothing");
            file.keep(&chosen()).unwrap();
            assert_eq!(file.load().unwrap(), chosen());
            assert_eq!(fs::read_to_string(folder.path().join("settings.broken.toml")).unwrap(), broken);
        }
    }

    #[test]
    fn each_choice_has_its_word() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = SettingsFile::new(folder.path(), chosen());
        for camera in [CameraChoice::AsConfigured, CameraChoice::Off] {
            for theme in [ThemeChoice::Light, ThemeChoice::Auto] {
                let settings = Settings { camera: camera.clone(), theme, ..chosen() };
                file.keep(&settings).unwrap();
                assert_eq!(file.load().unwrap(), settings);
            }
        }
    }
}
