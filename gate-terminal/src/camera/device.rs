//! A camera on a plug, through nokhwa.
//!
//! Only what nokhwa does well is asked of it: the list of cameras, their formats, raw frames. Pictures are decoded here, because
//! its own decoder unwinds on broken ones; its threads are not used, because they hang with the camera. Everything in this
//! file may block for ever, panic or abort; that is why it runs in a process of its own.

use nokhwa::{
    Camera, NokhwaError,
    utils::{ApiBackend, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, frame_formats},
};

use super::{
    contained, formats,
    raw::{Layout, Raw},
    source::Choice,
    wire::Opened,
};
use crate::ports::CameraFault;

/// Exposure and white balance settle, and what the driver still had from last time goes by.
const FIRST_FRAMES: u32 = 3;

/// Rungs of the ladder that are tried before a camera counts as unusable.
const RUNGS: usize = 6;

pub(super) struct Device {
    camera: Camera,
    index: u32,
    layout: Layout,
    opened: Opened,
}

impl Device {
    /// Opens the first of the chosen cameras that gives frames. If none does, what was wrong with the last one there was.
    pub(super) fn open(choice: &Choice) -> Result<Self, DeviceError> {
        let there_are = list();
        let mut wrong = DeviceError::NotFound;
        for index in choice.candidates(&there_are) {
            match contained(|| Self::open_one(index, &there_are)) {
                Some(Ok(device)) => return Ok(device),
                Some(Err(cause)) => wrong = DeviceError::Refused { index, cause },
                None => wrong = DeviceError::Panicked { index },
            }
        }
        Err(wrong)
    }

    pub(super) const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Waits for the next frame, for ever if the camera has stalled.
    pub(super) fn frame(&mut self) -> Result<Raw, DeviceError> {
        let frame = self.camera.frame().map_err(|cause| {
            let still_there = list().iter().any(|(index, _)| *index == self.index);
            if still_there { DeviceError::Stopped { cause } } else { DeviceError::Unplugged { cause } }
        })?;
        let Opened { width, height, .. } = self.opened;
        Ok(Raw { layout: self.layout, width, height, bytes: frame.buffer().to_vec() })
    }

    fn open_one(index: u32, there_are: &[(u32, String)]) -> Result<Self, NokhwaError> {
        let mut camera = open_in_some_format(index)?;
        let format = camera.camera_format();
        camera.open_stream()?;
        for _ in 0..FIRST_FRAMES {
            camera.frame()?;
        }
        let name = there_are.iter().find(|(there, _)| *there == index).map(|(_, name)| name.clone());
        let opened = Opened {
            name: name.unwrap_or_default(),
            layout: format.format().to_string(),
            width: format.width(),
            height: format.height(),
            fps: format.frame_rate(),
        };
        Ok(Self { camera, index, layout: layout(format.format()), opened })
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DeviceError {
    #[error("no camera, or not the chosen one")]
    NotFound,
    #[error("camera {index} does not open")]
    Refused {
        index: u32,
        #[source]
        cause: NokhwaError,
    },
    #[error("camera {index} makes its driver's library panic")]
    Panicked { index: u32 },
    #[error("the camera is there and gives no more frames")]
    Stopped {
        #[source]
        cause: NokhwaError,
    },
    #[error("the camera is gone")]
    Unplugged {
        #[source]
        cause: NokhwaError,
    },
}

impl DeviceError {
    /// What of it a guard can do something about.
    pub(super) fn fault(&self) -> CameraFault {
        match self {
            Self::NotFound => CameraFault::NotFound,
            Self::Refused { cause, .. } => fault_in(cause),
            Self::Panicked { .. } => CameraFault::Unusable,
            Self::Stopped { .. } => CameraFault::Stalled,
            Self::Unplugged { .. } => CameraFault::Unplugged,
        }
    }
}

/// Number and name of each. What cannot be listed is not there: drivers come and go while the list is read.
fn list() -> Vec<(u32, String)> {
    let listed = contained(|| nokhwa::query(ApiBackend::Auto)).and_then(Result::ok).unwrap_or_default();
    listed.iter().filter_map(|camera| Some((camera.index().as_index().ok()?, camera.human_name()))).collect()
}

/// The best rung the camera takes. A driver may list a format and then refuse it.
fn open_in_some_format(index: u32) -> Result<Camera, NokhwaError> {
    let exactly = |format| RequestedFormat::with_formats(RequestedFormatType::Exact(format), frame_formats());
    let any = RequestedFormat::with_formats(RequestedFormatType::None, frame_formats());
    let mut camera = match open_as(index, any) {
        Ok(camera) => camera,
        // Its list is empty, or what stands first in it is refused.
        Err(error) if fault_in(&error) == CameraFault::Unusable => {
            let mut usual = formats::usual().into_iter().map(|format| open_as(index, exactly(format)));
            return usual.find(Result::is_ok).unwrap_or(Err(error));
        }
        Err(error) => return Err(error),
    };
    let mut refusal = None;
    for format in formats::ladder(camera.compatible_camera_formats()?).into_iter().take(RUNGS) {
        match camera.set_camera_requset(exactly(format)) {
            Ok(_) => return Ok(camera),
            Err(error) if fault_in(&error) == CameraFault::Unusable => refusal = Some(error),
            Err(error) => return Err(error),
        }
    }
    match refusal {
        None => Ok(camera),
        Some(error) => Err(error),
    }
}

fn open_as(index: u32, wanted: RequestedFormat) -> Result<Camera, NokhwaError> {
    Camera::new(CameraIndex::Index(index), wanted)
}

const fn layout(format: FrameFormat) -> Layout {
    match format {
        FrameFormat::MJPEG => Layout::Mjpeg,
        FrameFormat::YUYV => Layout::Yuyv,
        FrameFormat::NV12 => Layout::Nv12,
        FrameFormat::GRAY => Layout::Grey,
        FrameFormat::RAWRGB => Layout::Rgb,
        FrameFormat::RAWBGR => Layout::Bgr,
    }
}

/// nokhwa keeps of the system's errors only their text.
fn fault_in(error: &NokhwaError) -> CameraFault {
    let text = error.to_string();
    let says = |numbers: &[u8], words: &str| {
        text.contains(words) || numbers.iter().any(|number| text.contains(&format!("(os error {number})")))
    };
    // EBUSY; EACCES and EPERM; ENOENT, ENXIO and ENODEV.
    if says(&[16], "busy") {
        CameraFault::Busy
    } else if says(&[13, 1], "ermission denied") {
        CameraFault::NotAllowed
    } else if says(&[2, 6, 19], "No such device") {
        CameraFault::NotFound
    } else {
        CameraFault::Unusable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_errors_are_told_apart_by_their_text() {
        let open = |text: &str| NokhwaError::OpenDeviceError("0".into(), format!("V4L2 Error: {text}"));
        let set = |text: &str| NokhwaError::SetPropertyError {
            property: "Resolution, FrameFormat".into(),
            value: "1280x720@30FPS, MJPEG Format".into(),
            error: text.into(),
        };
        for (error, fault) in [
            (open("Device or resource busy (os error 16)"), CameraFault::Busy),
            (set("Device or resource busy (os error 16)"), CameraFault::Busy),
            (open("Permission denied (os error 13)"), CameraFault::NotAllowed),
            (open("No such file or directory (os error 2)"), CameraFault::NotFound),
            (open("No such device or address (os error 6)"), CameraFault::NotFound),
            (set("Not same/Rejected"), CameraFault::Unusable),
            (open("Inappropriate ioctl for device (os error 25)"), CameraFault::Unusable),
        ] {
            assert_eq!(fault_in(&error), fault, "{error}");
        }
    }
}
