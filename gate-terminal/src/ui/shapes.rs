//! The drawn signs: a tick in a circle, a warning triangle, a cross in an octagon, an arrow in or out.
//!
//! Drawn rather than taken from a font: a font without the sign would show an empty box where the verdict should be.

use std::f32::consts::TAU;

use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2, pos2, vec2};
use shared::entry::Direction;

/// What a sign says without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Tick,
    Triangle,
    Cross,
    /// A frame's four corners: nobody is here yet.
    Corners,
    /// Three dots: wait.
    Dots,
}

/// Draws `sign` in `ink` on `ground`, `radius` around `centre`.
pub(super) fn draw(painter: &Painter, sign: Sign, centre: Pos2, radius: f32, ink: Color32, ground: Color32) {
    let thick = Stroke::new(radius * 0.2, ground);
    let around = |x: f32, y: f32| centre + vec2(x, y) * radius;
    match sign {
        Sign::Tick => {
            painter.circle_filled(centre, radius, ink);
            painter.line(vec![around(-0.48, 0.02), around(-0.12, 0.38), around(0.52, -0.36)], thick);
        }
        Sign::Triangle => {
            let corners = vec![around(0.0, -0.9), around(0.98, 0.84), around(-0.98, 0.84)];
            painter.add(Shape::convex_polygon(corners, ink, Stroke::new(radius * 0.12, ink)));
            painter.line_segment([around(0.0, -0.36), around(0.0, 0.3)], thick);
            painter.circle_filled(around(0.0, 0.62), radius * 0.12, ground);
        }
        Sign::Cross => {
            painter.add(Shape::convex_polygon(regular(centre, radius, 8), ink, Stroke::NONE));
            painter.line_segment([around(-0.42, -0.42), around(0.42, 0.42)], thick);
            painter.line_segment([around(-0.42, 0.42), around(0.42, -0.42)], thick);
        }
        Sign::Corners => {
            corners(painter, egui::Rect::from_center_size(centre, Vec2::splat(radius * 1.7)), radius * 0.14, ink)
        }
        Sign::Dots => {
            for x in [-0.62, 0.0, 0.62] {
                painter.circle_filled(around(x, 0.0), radius * 0.2, ink);
            }
        }
    }
}

/// The four corners of a guide frame.
pub(super) fn corners(painter: &Painter, frame: egui::Rect, width: f32, ink: Color32) {
    let arm = frame.width().min(frame.height()) * 0.22;
    for (corner, x, y) in [
        (frame.left_top(), arm, arm),
        (frame.right_top(), -arm, arm),
        (frame.right_bottom(), -arm, -arm),
        (frame.left_bottom(), arm, -arm),
    ] {
        let arms = vec![corner + vec2(x, 0.0), corner, corner + vec2(0.0, y)];
        painter.line(arms, Stroke::new(width, ink));
    }
}

/// An arrow through a door line: to the right for in, to the left for out.
pub(super) fn direction(painter: &Painter, direction: Direction, centre: Pos2, radius: f32, ink: Color32) {
    let along = match direction {
        Direction::In => 1.0,
        Direction::Out => -1.0,
    };
    let at = |x: f32, y: f32| pos2(centre.x + along * x * radius, centre.y + y * radius);
    let stroke = Stroke::new(radius * 0.18, ink);
    painter.line_segment([at(-0.95, 0.0), at(0.5, 0.0)], stroke);
    painter.line(vec![at(0.08, -0.46), at(0.56, 0.0), at(0.08, 0.46)], stroke);
    painter.line(vec![at(0.35, -0.9), at(0.95, -0.9), at(0.95, 0.9), at(0.35, 0.9)], stroke);
}

/// One arrow each way.
pub(super) fn both_ways(painter: &Painter, centre: Pos2, radius: f32, ink: Color32) {
    let stroke = Stroke::new(radius * 0.18, ink);
    for (along, y) in [(1.0, -0.42), (-1.0, 0.42)] {
        let at = |x: f32, up: f32| pos2(centre.x + along * x * radius, centre.y + (y + up) * radius);
        painter.line_segment([at(-0.95, 0.0), at(0.9, 0.0)], stroke);
        painter.line(vec![at(0.5, -0.34), at(0.95, 0.0), at(0.5, 0.34)], stroke);
    }
}

fn regular(centre: Pos2, radius: f32, sides: u16) -> Vec<Pos2> {
    let turn = TAU / f32::from(sides);
    (0..sides).map(|side| centre + Vec2::angled(turn * (f32::from(side) + 0.5)) * radius * 1.04).collect()
}
