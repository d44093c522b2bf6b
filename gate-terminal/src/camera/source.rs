//! Where frames come from: a camera on a plug, or a folder of pictures played as one.
//!
//! It is what the terminal says to the process that reads for it, on that process's command line, and so one text.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Source {
    Usb(Choice),
    Replay { dir: PathBuf, fps: f64, looping: bool },
}

/// Which camera. Numbers change with the order of plugging in; a name does not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choice {
    /// The N of /dev/videoN; among cameras of one name it is tried first.
    pub index: Option<u32>,
    /// A part of the camera's name.
    pub name: Option<String>,
}

impl Choice {
    /// Of the cameras there are, which to try, in this order. One camera has several numbers: one gives pictures.
    #[must_use]
    pub fn candidates(&self, there_are: &[(u32, String)]) -> Vec<u32> {
        let named = |name: &str| self.name.as_deref().is_none_or(|wanted| name.contains(wanted));
        let numbered = |index: u32| self.name.is_some() || self.index.is_none_or(|wanted| wanted == index);
        let mut candidates: Vec<u32> =
            there_are.iter().filter(|(index, name)| named(name) && numbered(*index)).map(|(index, _)| *index).collect();
        candidates.sort_by_key(|index| (Some(*index) != self.index, *index));
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_finds_its_camera_under_any_number() {
        let desk = |first: u32, second: u32| {
            vec![(second, "Gate cam 4K".to_owned()), (first, "Built-in".to_owned()), (second + 1, "Gate cam 4K".into())]
        };
        let by = |index, name: Option<&str>| Choice { index, name: name.map(str::to_owned) };
        assert_eq!(by(None, None).candidates(&desk(0, 2)), [0, 2, 3]);
        assert_eq!(by(Some(2), None).candidates(&desk(0, 2)), [2]);
        assert_eq!(by(Some(7), None).candidates(&desk(0, 2)), [] as [u32; 0]);
        assert_eq!(by(None, Some("Gate cam")).candidates(&desk(0, 2)), [2, 3]);
        assert_eq!(by(None, Some("Gate cam")).candidates(&desk(4, 0)), [0, 1]);
        assert_eq!(by(Some(3), Some("Gate cam")).candidates(&desk(0, 2)), [3, 2]);
        assert_eq!(by(Some(0), Some("Gate cam")).candidates(&desk(0, 2)), [2, 3], "the name decides");
        assert_eq!(by(None, Some("other")).candidates(&desk(0, 2)), [] as [u32; 0]);
    }

    #[test]
    fn it_is_one_line_of_json() {
        for source in [
            Source::Usb(Choice { index: Some(1), name: Some("USB 摄像头".into()) }),
            Source::Usb(Choice::default()),
            Source::Replay { dir: "画面/一".into(), fps: 12.5, looping: true },
        ] {
            let text = serde_json::to_string(&source).unwrap();
            assert_eq!(serde_json::from_str::<Source>(&text).unwrap(), source, "{text}");
        }
        assert!(serde_json::from_str::<Source>(r#"{"kind":"usb","indx":1}"#).is_err());
    }
}
