//! The camera's picture with the guide frame, so that a visitor sees where to hold the code.
//!
//! One texture, set anew for each picture but never more than fifteen times a second: on a gate PC without a graphics card each
//! upload costs whole frames, and a hand is steered well enough by fifteen.

use egui::{Color32, ColorImage, Rect, TextureHandle, TextureOptions, Ui, Vec2, pos2};

use super::{
    shapes,
    snapshot::{Camera, Picture},
    theme::{self, Type},
    words::Words,
};

const UPLOAD_EVERY_S: f64 = 1.0 / 15.0;

/// The picture that is on the screen.
#[derive(Default)]
pub(super) struct Preview {
    texture: Option<TextureHandle>,
    number: u64,
    uploaded_at_s: f64,
    /// The drawing that first had a picture is over, and was said to be.
    told: bool,
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Preview(picture {})", self.number)
    }
}

impl Preview {
    pub(super) fn show(&mut self, ui: &Ui, place: Rect, picture: Option<&Picture>, camera: Camera, words: &Words) {
        if let Some(picture) = picture {
            self.upload(ui, picture);
        }
        let painter = ui.painter().with_clip_rect(place);
        painter.rect_filled(place, theme::CORNER, Color32::from_rgb(0x20, 0x26, 0x2E));
        let alive = match camera {
            Camera::Running | Camera::Starting => true,
            Camera::Off | Camera::Lost(_) => false,
        };
        match &self.texture {
            Some(texture) if alive => {
                let seen = fit(texture.size_vec2(), place);
                painter.image(texture.id(), seen, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
                let side = seen.height().min(seen.width()) * 0.72;
                let guide = Rect::from_center_size(seen.center(), Vec2::splat(side));
                shapes::corners(&painter, guide, 9.0, Color32::from_black_alpha(150));
                shapes::corners(&painter, guide, 5.0, Color32::WHITE);
            }
            Some(_) | None => {
                theme::told(ui, place.shrink(24.0), words.no_picture, Type::new(30.0, Color32::WHITE).centred());
            }
        }
    }

    fn upload(&mut self, ui: &Ui, picture: &Picture) {
        if !self.told && self.texture.is_some() {
            self.told = true;
            tracing::info!("the camera's picture is in the window");
        }
        if self.texture.is_some() && self.number == picture.number {
            return;
        }
        let now_s = ui.input(|input| input.time);
        let wait_s = self.uploaded_at_s + UPLOAD_EVERY_S - now_s;
        if self.texture.is_some() && wait_s > 0.0 {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(wait_s));
            return;
        }
        let (Ok(width), Ok(height)) = (usize::try_from(picture.width), usize::try_from(picture.height)) else { return };
        if width == 0 || height == 0 || width.saturating_mul(height).saturating_mul(3) != picture.rgb.len() {
            return;
        }
        let image = ColorImage::from_rgb([width, height], &picture.rgb);
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::LINEAR),
            None => self.texture = Some(ui.ctx().load_texture("preview", image, TextureOptions::LINEAR)),
        }
        self.number = picture.number;
        self.uploaded_at_s = now_s;
    }
}

/// As large as fits, its shape kept.
fn fit(size: Vec2, place: Rect) -> Rect {
    let scale = (place.width() / size.x.max(1.0)).min(place.height() / size.y.max(1.0));
    Rect::from_center_size(place.center(), size * scale)
}
