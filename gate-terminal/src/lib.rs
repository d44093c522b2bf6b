//! The gate: reads passes by camera, decides locally, records every entry before anybody is let through.

pub mod camera;
pub mod camera_thread;
pub mod card;
pub mod clock;
pub mod commands;
pub mod config;
pub mod controller;
pub mod enrol;
pub mod gate;
pub mod headless;
pub mod officer;
pub mod ports;
pub mod scanner;
pub mod sound;
pub mod store;
pub mod sync;
pub mod ui;
mod vital;
