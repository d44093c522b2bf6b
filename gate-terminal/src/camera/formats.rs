//! The format ladder: what to ask a camera for, best first.
//!
//! Compressed pictures first, because a gate PC's USB 2 carries 1280x720 at full rate only so; 1280x720 because it shows a
//! phone at arm's length in enough pixels and costs half of what 1920x1080 does. A rate below ten is worse than a
//! smaller picture: a phone is held still for a second, no longer.

use nokhwa::utils::{CameraFormat, FrameFormat};

/// The rate asked for where there is a choice; beyond it only heat is gained.
const FPS: u32 = 30;

const LEAST_FPS: u32 = 10;

const FULL_HD: u32 = 1920 * 1080;
const HD: u32 = 1280 * 720;
const VGA: u32 = 640 * 480;

/// `formats`, each once, best first.
#[must_use]
pub(super) fn ladder(mut formats: Vec<CameraFormat>) -> Vec<CameraFormat> {
    formats.sort_by_key(rank);
    formats.dedup();
    formats
}

/// For cameras whose list is empty or of no use: what nearly all of them can do.
#[must_use]
pub(super) fn usual() -> [CameraFormat; 3] {
    [
        CameraFormat::new_from(1280, 720, FrameFormat::MJPEG, FPS),
        CameraFormat::new_from(640, 480, FrameFormat::MJPEG, FPS),
        CameraFormat::new_from(640, 480, FrameFormat::YUYV, FPS),
    ]
}

fn rank(format: &CameraFormat) -> (bool, u8, u8, u32, bool, u32, String) {
    let area = format.width().saturating_mul(format.height());
    let kind = match format.format() {
        FrameFormat::MJPEG => 0,
        FrameFormat::YUYV => 1,
        FrameFormat::NV12 => 2,
        FrameFormat::GRAY => 3,
        FrameFormat::RAWRGB | FrameFormat::RAWBGR => 4,
    };
    let size = match (format.width(), format.height()) {
        (1280, 720) => 0,
        (1920, 1080) => 1,
        _ if area > VGA && area <= FULL_HD => 2,
        (640, 480) => 3,
        _ if area > FULL_HD => 4,
        _ => 5,
    };
    let fps = format.frame_rate();
    (fps < LEAST_FPS, kind, size, area.abs_diff(HD), fps < FPS, fps.abs_diff(FPS), format.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(formats: &[(FrameFormat, u32, u32, u32)]) -> Vec<(FrameFormat, u32, u32, u32)> {
        let formats = formats.iter().map(|&(kind, x, y, fps)| CameraFormat::new_from(x, y, kind, fps)).collect();
        let ladder = ladder(formats);
        ladder.iter().map(|format| (format.format(), format.width(), format.height(), format.frame_rate())).collect()
    }

    #[test]
    fn the_rungs_stand_in_the_order_that_was_written_down() {
        use FrameFormat::{GRAY, MJPEG, NV12, YUYV};
        let rungs = [
            (MJPEG, 1280, 720, 30),
            (MJPEG, 1280, 720, 60),
            (MJPEG, 1280, 720, 10),
            (MJPEG, 1920, 1080, 30),
            (MJPEG, 1280, 960, 30),
            (MJPEG, 800, 600, 30),
            (MJPEG, 640, 480, 30),
            (MJPEG, 3840, 2160, 30),
            (MJPEG, 320, 240, 30),
            (YUYV, 1280, 720, 10),
            (YUYV, 640, 480, 30),
            (NV12, 1280, 720, 30),
            (GRAY, 640, 480, 30),
            (MJPEG, 1280, 720, 5),
            (YUYV, 1920, 1080, 5),
        ];
        let mut shuffled: Vec<_> = rungs.iter().rev().chain(&rungs).copied().collect();
        shuffled.rotate_left(4);
        assert_eq!(order(&shuffled), rungs);
        assert_eq!(order(&[]), []);
    }
}
