//! `gate-terminal read`: what the reader sees in pictures, for support ("why does this code not scan?") and for measuring.
//!
//! The milliseconds are CPU time of the reader alone, without loading the picture, so that figures from a busy machine
//! compare. Texts are printed escaped: a code must not be able to steer the terminal it is printed on.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cpu_time::ThreadTime;
use serde::Serialize;
use shared::causes;

use crate::camera::picture;
use crate::camera::qr::{Reader, Symbol};

/// Whether every picture could be opened; what could not is reported in its place and the others go on.
pub fn run(pictures: &[PathBuf], json: bool, out: &mut dyn Write) -> io::Result<bool> {
    let mut reader = Reader::thorough();
    let mut all_opened = true;
    for path in pictures {
        let sight = Sight::of(path, &mut reader)?;
        all_opened &= sight.error.is_none();
        if json {
            serde_json::to_writer(&mut *out, &sight)?;
            writeln!(out)?;
        } else {
            sight.write_for_people(out)?;
        }
    }
    out.flush()?;
    Ok(all_opened)
}

/// One line of `--json`.
#[derive(Serialize)]
struct Sight {
    picture: String,
    symbols: Vec<Symbol>,
    cpu_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Sight {
    fn of(path: &Path, reader: &mut Reader) -> io::Result<Self> {
        let picture = path.display().to_string();
        let frame = match picture::open(path) {
            Ok(frame) => frame,
            Err(error) => {
                return Ok(Self {
                    picture,
                    symbols: Vec::new(),
                    cpu_ms: 0.0,
                    error: Some(causes::in_one_line(&error)),
                });
            }
        };
        let before = ThreadTime::try_now()?;
        reader.forget();
        let symbols = reader.read(&frame.grey);
        let spent = before.try_elapsed()?;
        Ok(Self { picture, symbols, cpu_ms: spent.as_secs_f64() * 1000.0, error: None })
    }

    fn write_for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { picture, symbols, cpu_ms, error } = self;
        if let Some(error) = error {
            return writeln!(out, "{picture:?}: 打不开 cannot be opened: {error}");
        }
        if symbols.is_empty() {
            return writeln!(out, "{picture:?}: 没有读到码 no code read ({cpu_ms:.1} ms CPU)");
        }
        writeln!(out, "{picture:?}: {} 个码 read ({cpu_ms:.1} ms CPU)", symbols.len())?;
        for Symbol { text, corners } in symbols {
            let corners = corners.map(|corner| format!("{},{}", corner.x, corner.y)).join(" ");
            writeln!(out, "  {text:?} at {corners}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::camera::drawn;

    fn printed(pictures: &[PathBuf], json: bool) -> (bool, String) {
        let mut out = Vec::new();
        let all_opened = run(pictures, json, &mut out).expect("a Vec takes everything");
        (all_opened, String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn json_has_a_line_for_each_picture_and_an_unreadable_one_stops_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = drawn::pass_text(1);
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol(&text, 4), 60, 60);
        drawn::saved(&picture, folder.path(), "pass.png");
        drawn::saved(&drawn::white(400, 300), folder.path(), "empty.png");
        std::fs::write(folder.path().join("broken.png"), b"no picture").expect("writable");
        let paths = ["missing.png", "broken.png", "pass.png", "empty.png"].map(|name| folder.path().join(name));
        let (all_opened, printed) = printed(&paths, true);
        assert!(!all_opened);
        let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let [missing, broken, pass, empty] = &lines[..] else { panic!("four lines: {printed}") };
        for (line, path) in lines.iter().zip(&paths) {
            assert_eq!(line["picture"], path.display().to_string());
        }
        for failed in [missing, broken] {
            assert_eq!(failed["symbols"], Value::Array(Vec::new()));
            assert!(failed["error"].as_str().is_some_and(|error| !error.is_empty()));
        }
        assert_eq!(pass["symbols"][0]["text"], text);
        let corners: [[i32; 2]; 4] =
            serde_json::from_value(pass["symbols"][0]["corners"].clone()).expect("four corners");
        let [[left, top], .., [_, bottom]] = corners;
        assert!(left.abs_diff(76) < 4 && top.abs_diff(76) < 4 && bottom.abs_diff(240) < 4, "{corners:?}");
        for read in [pass, empty] {
            assert!(read["cpu_ms"].as_f64().is_some_and(|cpu_ms| cpu_ms > 0.0));
            assert!(read.get("error").is_none());
        }
        assert_eq!(empty["symbols"], Value::Array(Vec::new()));
    }

    #[test]
    fn people_see_names_texts_and_corners_and_no_control_character() {
        let folder = tempfile::tempdir().expect("a folder");
        let picture = drawn::placed(drawn::white(400, 400), &drawn::symbol("\u{1b}[2J访客", 4), 60, 60);
        drawn::saved(&picture, folder.path(), "poster.png");
        drawn::saved(&drawn::white(64, 64), folder.path(), "empty.png");
        let paths = ["poster.png", "empty.png"].map(|name| folder.path().join(name));
        let (all_opened, printed) = printed(&paths, false);
        assert!(all_opened);
        assert!(printed.contains("poster.png") && printed.contains(r"\u{1b}[2J访客"), "{printed}");
        assert!(printed.contains("没有读到码"), "{printed}");
        assert!(!printed.contains('\u{1b}'));
        let (all_opened, printed) = self::printed(&[folder.path().join("missing.png")], false);
        assert!(!all_opened && printed.contains("missing.png"), "{printed}");
    }
}
