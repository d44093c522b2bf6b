//! Pictures of screens without a graphics card: the triangles that would go to one, filled here.
//!
//! The same on every machine to the last pixel, which no graphics driver promises, and nothing has to be installed for it.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a monitor, cut to the canvas before they are counted"
)]

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use egui::{
    ClippedPrimitive, Color32, ColorImage, ImageData, Pos2, Rect, TextureId, TexturesDelta, epaint::Primitive,
    epaint::Vertex, pos2,
};
use egui_kittest::TestRenderer;

/// The textures a window has, kept for painting.
#[derive(Clone, Default)]
pub(super) struct Textures(Rc<RefCell<HashMap<TextureId, ColorImage>>>);

impl TestRenderer for Textures {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        let mut held = self.0.borrow_mut();
        for (id, changes) in std::mem::take(&mut delta.set) {
            for change in changes {
                let ImageData::Color(image) = change.image;
                match change.pos {
                    None => {
                        held.insert(id, (*image).clone());
                    }
                    Some([left, top]) => {
                        let whole = held.get_mut(&id).unwrap();
                        for (row, pixels) in image.pixels.chunks(image.size[0]).enumerate() {
                            let start = (top + row) * whole.size[0] + left;
                            whole.pixels[start..start + pixels.len()].copy_from_slice(pixels);
                        }
                    }
                }
            }
        }
        for id in std::mem::take(&mut delta.free) {
            held.remove(&id);
        }
    }
}

impl Textures {
    /// `primitives` as a picture of so many pixels.
    pub(super) fn paint(&self, primitives: &[ClippedPrimitive], size: [usize; 2], scale: f32) -> image::RgbImage {
        let held = self.0.borrow();
        let mut canvas = ColorImage::filled(size, Color32::BLACK);
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = held.get(&mesh.texture_id) else { continue };
            let clip = Rect::from_min_max(
                (clip_rect.min.to_vec2() * scale).to_pos2(),
                (clip_rect.max.to_vec2() * scale).to_pos2(),
            );
            for corners in mesh.indices.chunks(3) {
                let corners = [0, 1, 2].map(|corner| {
                    let vertex = mesh.vertices[corners[corner] as usize];
                    Vertex { pos: (vertex.pos.to_vec2() * scale).to_pos2(), ..vertex }
                });
                fill(&mut canvas, clip, corners, texture);
            }
        }
        let bytes = canvas.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
        image::RgbImage::from_raw(size[0] as u32, size[1] as u32, bytes).unwrap()
    }
}

fn fill(canvas: &mut ColorImage, clip: Rect, mut corners: [Vertex; 3], texture: &ColorImage) {
    let side = |from: Pos2, to: Pos2, at: Pos2| (to.x - from.x) * (at.y - from.y) - (to.y - from.y) * (at.x - from.x);
    let mut area = side(corners[0].pos, corners[1].pos, corners[2].pos);
    if area == 0.0 {
        return;
    }
    if area < 0.0 {
        corners.swap(1, 2);
        area = -area;
    }
    let [a, b, c] = corners;
    let around = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(canvas.size[0] as f32, canvas.size[1] as f32));
    let around = around.intersect(whole);
    if !around.is_positive() {
        return;
    }
    // A pixel on a shared edge belongs to one triangle only.
    let owns = |from: Pos2, to: Pos2| (to.y < from.y) || (to.y == from.y && to.x > from.x);
    let holds = |weight: f32, from: Pos2, to: Pos2| weight > 0.0 || weight == 0.0 && owns(from, to);
    let plain = a.uv == b.uv && b.uv == c.uv;
    let one_ink = sample(texture, a.uv);
    let one_colour = a.color == b.color && b.color == c.color && plain;
    let opaque = one_colour && one_ink == [255.0; 4] && a.color.is_opaque();
    for y in around.top().floor() as usize..(around.bottom().ceil() as usize).min(canvas.size[1]) {
        for x in around.left().floor() as usize..(around.right().ceil() as usize).min(canvas.size[0]) {
            let at = pos2(x as f32 + 0.5, y as f32 + 0.5);
            if !clip.contains(at) {
                continue;
            }
            let (wa, wb, wc) = (side(b.pos, c.pos, at), side(c.pos, a.pos, at), side(a.pos, b.pos, at));
            if !(holds(wa, b.pos, c.pos) && holds(wb, c.pos, a.pos) && holds(wc, a.pos, b.pos)) {
                continue;
            }
            let below = &mut canvas.pixels[y * canvas.size[0] + x];
            if opaque {
                *below = a.color;
                continue;
            }
            let (wa, wb, wc) = (wa / area, wb / area, wc / area);
            let uv = a.uv.to_vec2() * wa + b.uv.to_vec2() * wb + c.uv.to_vec2() * wc;
            let ink = if plain { one_ink } else { sample(texture, uv.to_pos2()) };
            let [ra, rb, rc] = [a, b, c].map(|vertex| vertex.color.to_array().map(f32::from));
            let colour = [0, 1, 2, 3].map(|part| (ra[part] * wa + rb[part] * wb + rc[part] * wc) * ink[part] / 255.0);
            let under = below.to_array().map(f32::from);
            let [r, g, b] = [0, 1, 2]
                .map(|part| (colour[part] + under[part] * (1.0 - colour[3] / 255.0)).round().clamp(0.0, 255.0) as u8);
            *below = Color32::from_rgb(r, g, b);
        }
    }
}

/// Between the four nearest pixels of the texture.
fn sample(texture: &ColorImage, uv: Pos2) -> [f32; 4] {
    let [width, height] = texture.size;
    let (x, y) = (uv.x * width as f32 - 0.5, uv.y * height as f32 - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let pixel = |x: f32, y: f32| {
        let x = (x.max(0.0) as usize).min(width - 1);
        let y = (y.max(0.0) as usize).min(height - 1);
        texture.pixels[y * width + x].to_array().map(f32::from)
    };
    let (over, down) = (x - left, y - top);
    let corners = [pixel(left, top), pixel(left + 1.0, top), pixel(left, top + 1.0), pixel(left + 1.0, top + 1.0)];
    let weights = [(1.0 - over) * (1.0 - down), over * (1.0 - down), (1.0 - over) * down, over * down];
    [0, 1, 2, 3].map(|part| corners.iter().zip(weights).map(|(corner, weight)| corner[part] * weight).sum())
}
