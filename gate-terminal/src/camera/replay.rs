//! A folder of pictures, played as if a camera had taken them: for demonstrations, tests, and gates without a camera.
//!
//! It does not sleep: the camera thread keeps the pace by [`Replay::interval`] and asks again when nothing was new. Whoever
//! drops pictures in while it plays writes them under a name with a leading dot and renames them, so that none is read half written.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::frame::Frame;
use super::picture::{self, PictureError};

/// Faster than any camera; beyond it the number is a slip.
const MAX_FPS: f64 = 240.0;

#[derive(Debug)]
pub struct Replay {
    folder: PathBuf,
    interval: Duration,
    looping: bool,
    /// What is left of this round, in the order of the names.
    round: VecDeque<PathBuf>,
    /// What `once` has shown; not kept while looping.
    shown: HashSet<PathBuf>,
}

impl Replay {
    /// Looping, the folder is read anew for each round; else each picture is shown once, also those that come later.
    pub fn open(folder: impl Into<PathBuf>, fps: impl Into<f64>, looping: bool) -> Result<Self, ReplayError> {
        let fps = fps.into();
        if !(fps > 0.0 && fps <= MAX_FPS) {
            return Err(ReplayError::Rate { fps });
        }
        let mut replay = Self {
            folder: folder.into(),
            interval: Duration::try_from_secs_f64(fps.recip()).map_err(|_too_slow| ReplayError::Rate { fps })?,
            looping,
            round: VecDeque::new(),
            shown: HashSet::new(),
        };
        replay.begin_round()?;
        Ok(replay)
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// `None`: nothing new now. An error is about one picture, or the folder at this moment; playing goes on after it.
    pub fn next_frame(&mut self) -> Option<Result<Frame, ReplayError>> {
        if self.round.is_empty()
            && let Err(error) = self.begin_round()
        {
            return Some(Err(error));
        }
        while let Some(path) = self.round.pop_front() {
            let frame = picture::open(&path);
            if frame.as_ref().is_err_and(taken_away) {
                continue;
            }
            if !self.looping {
                self.shown.insert(path);
            }
            return Some(frame.map_err(ReplayError::Picture));
        }
        None
    }

    fn begin_round(&mut self) -> Result<(), ReplayError> {
        let mut round =
            pictures_in(&self.folder).map_err(|cause| ReplayError::Folder { folder: self.folder.clone(), cause })?;
        round.retain(|path| !self.shown.contains(path));
        round.sort();
        self.round = round.into();
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{fps} frames a second cannot be played; more than 0 and up to {MAX_FPS} can")]
    Rate { fps: f64 },
    #[error("the folder of pictures {} cannot be listed", folder.display())]
    Folder {
        folder: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(transparent)]
    Picture(#[from] PictureError),
}

fn pictures_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if is_named_as_picture(&path) && path.is_file() {
            pictures.push(path);
        }
    }
    Ok(pictures)
}

fn is_named_as_picture(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let picture = path
        .extension()
        .is_some_and(|extension| ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
    picture && !hidden
}

/// Between the listing and its turn; that is no fault of the picture.
fn taken_away(error: &PictureError) -> bool {
    matches!(error, PictureError::Unreadable { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;
    use crate::camera::drawn;

    /// A picture that can be told from others by its width.
    fn picture(width: u32) -> GrayImage {
        GrayImage::from_pixel(width, 5, Luma([90]))
    }

    fn width_of_next(replay: &mut Replay) -> Option<u32> {
        replay.next_frame().map(|frame| frame.expect("a frame").grey.width())
    }

    #[test]
    fn once_shows_each_picture_in_the_order_of_names_and_then_what_comes_later() {
        let folder = tempfile::tempdir().expect("a folder");
        drawn::saved(&picture(2), folder.path(), "b.png");
        drawn::saved(&picture(3), folder.path(), "c.PNG");
        drawn::saved(&picture(1), folder.path(), "a.jpg");
        drawn::saved(&picture(9), folder.path(), ".half-written.png");
        drawn::saved(&picture(9), folder.path(), "notes.txt");
        std::fs::create_dir(folder.path().join("folder.png")).expect("writable");
        let mut replay = Replay::open(folder.path(), 10, false).expect("a replay");
        assert_eq!([(); 4].map(|()| width_of_next(&mut replay)), [Some(1), Some(2), Some(3), None]);
        assert_eq!(width_of_next(&mut replay), None);
        drawn::saved(&picture(4), folder.path(), "aa.png");
        assert_eq!([(); 2].map(|()| width_of_next(&mut replay)), [Some(4), None]);
    }

    #[test]
    fn looping_reads_the_folder_anew_each_round() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut replay = Replay::open(folder.path(), 10, true).expect("a replay");
        assert_eq!(width_of_next(&mut replay), None);
        drawn::saved(&picture(1), folder.path(), "a.png");
        drawn::saved(&picture(3), folder.path(), "c.png");
        assert_eq!(width_of_next(&mut replay), Some(1));
        drawn::saved(&picture(2), folder.path(), "b.png");
        assert_eq!([(); 4].map(|()| width_of_next(&mut replay)), [Some(3), Some(1), Some(2), Some(3)]);
        std::fs::remove_file(folder.path().join("b.png")).expect("removable");
        assert_eq!([(); 3].map(|()| width_of_next(&mut replay)), [Some(1), Some(3), Some(1)]);
    }

    #[test]
    fn a_picture_taken_away_before_its_turn_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        drawn::saved(&picture(1), folder.path(), "a.png");
        drawn::saved(&picture(2), folder.path(), "b.png");
        let mut replay = Replay::open(folder.path(), 10, false).expect("a replay");
        std::fs::remove_file(folder.path().join("a.png")).expect("removable");
        assert_eq!([(); 2].map(|()| width_of_next(&mut replay)), [Some(2), None]);
    }

    #[test]
    fn a_broken_picture_is_an_error_with_its_name_and_playing_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.png"), b"no picture").expect("writable");
        drawn::saved(&drawn::busy(64, 64), folder.path(), "b.png");
        let whole = std::fs::read(folder.path().join("b.png")).expect("readable");
        std::fs::write(folder.path().join("b.png"), &whole[..whole.len() / 2]).expect("writable");
        drawn::saved(&picture(9000), folder.path(), "c.png");
        drawn::saved(&picture(4), folder.path(), "d.png");
        let mut replay = Replay::open(folder.path(), 10, false).expect("a replay");
        for name in ["a.png", "b.png", "c.png"] {
            let error = replay.next_frame().expect("an item").expect_err("no frame");
            assert!(matches!(error, ReplayError::Picture(PictureError::NotAPicture { .. })), "{error:?}");
            assert!(error.to_string().contains(name), "{error}");
        }
        assert_eq!([(); 2].map(|()| width_of_next(&mut replay)), [Some(4), None]);
    }

    #[test]
    fn a_folder_that_vanishes_is_an_error_until_it_is_back() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("frames");
        assert!(matches!(Replay::open(&folder, 10, false), Err(ReplayError::Folder { .. })));
        std::fs::create_dir(&folder).expect("writable");
        let mut replay = Replay::open(&folder, 10, false).expect("a replay");
        std::fs::remove_dir(&folder).expect("removable");
        assert!(matches!(replay.next_frame(), Some(Err(ReplayError::Folder { .. }))));
        std::fs::create_dir(&folder).expect("writable");
        drawn::saved(&picture(6), &folder, "a.png");
        assert_eq!(width_of_next(&mut replay), Some(6));
    }

    #[test]
    fn the_rate_is_checked_and_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let interval = |fps: f64| Replay::open(folder.path(), fps, true).ok().map(|replay| replay.interval());
        assert_eq!(interval(20.0), Some(Duration::from_millis(50)));
        assert_eq!(interval(0.5), Some(Duration::from_secs(2)));
        for fps in [0.0, -1.0, f64::NAN, f64::INFINITY, 241.0, f64::MIN_POSITIVE] {
            assert_eq!(interval(fps), None, "{fps}");
        }
    }
}
