//! Where a flat thing stands before the camera: a pinhole projection and its inverse.
//!
//! Lengths on the thing are modules of its symbol, measured from the symbol's centre.

#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) centre_px: (f32, f32),
    /// Of a module at the symbol's centre, before any foreshortening.
    pub(crate) px_per_module: f32,
    pub(crate) yaw: f32,
    pub(crate) pitch: f32,
    pub(crate) roll: f32,
    pub(crate) focal_px: f32,
}

impl Pose {
    pub(crate) fn projection(&self) -> Projection {
        let (sin_yaw, cos_yaw) = self.yaw.sin_cos();
        let (sin_pitch, cos_pitch) = self.pitch.sin_cos();
        let (sin_roll, cos_roll) = self.roll.sin_cos();
        Projection {
            centre_px: self.centre_px,
            focal_px: self.focal_px,
            distance: self.focal_px / self.px_per_module,
            right: [cos_roll * cos_yaw, sin_roll * cos_yaw, -sin_yaw],
            down: [
                cos_roll * sin_yaw * sin_pitch - sin_roll * cos_pitch,
                sin_roll * sin_yaw * sin_pitch + cos_roll * cos_pitch,
                cos_yaw * sin_pitch,
            ],
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Projection {
    centre_px: (f32, f32),
    focal_px: f32,
    distance: f32,
    right: [f32; 3],
    down: [f32; 3],
}

impl Projection {
    pub(crate) fn pixel_of(&self, (u, v): (f32, f32)) -> (f32, f32) {
        let [x, y, z] = [0, 1, 2].map(|axis: usize| {
            let part = |vector: [f32; 3]| vector.into_iter().nth(axis).unwrap_or_default();
            u * part(self.right) + v * part(self.down)
        });
        let scale = self.focal_px / (self.distance + z);
        (self.centre_px.0 + x * scale, self.centre_px.1 + y * scale)
    }

    pub(crate) fn on_plane(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let a = (x - self.centre_px.0) / self.focal_px;
        let b = (y - self.centre_px.1) / self.focal_px;
        let ([rx, ry, rz], [dx, dy, dz]) = (self.right, self.down);
        let (m11, m12, m21, m22) = (rx - a * rz, dx - a * dz, ry - b * rz, dy - b * dz);
        let determinant = m11 * m22 - m12 * m21;
        let (p, q) = (a * self.distance, b * self.distance);
        ((p * m22 - q * m12) / determinant, (m11 * q - m21 * p) / determinant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projected_point_is_found_again_on_the_plane() {
        let pose =
            Pose { centre_px: (640.0, 360.0), px_per_module: 4.0, yaw: 0.6, pitch: -0.4, roll: 2.0, focal_px: 1400.0 };
        let projection = pose.projection();
        for point in [(0.0, 0.0), (20.0, -17.0), (-30.0, 44.0)] {
            let (u, v) = projection.on_plane(projection.pixel_of(point));
            assert!((u - point.0).abs() < 0.01 && (v - point.1).abs() < 0.01, "{point:?} came back as {u},{v}");
        }
        let (x, _) = Pose { yaw: 0.0, pitch: 0.0, roll: 0.0, ..pose }.projection().pixel_of((10.0, 0.0));
        assert!((x - 680.0).abs() < 0.01);
    }
}
