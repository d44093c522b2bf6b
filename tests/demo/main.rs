//! The main job, told with the real programs: from a booking to a gate that stands alone.
//!
//! It starts the server and a terminal as their users would, plays visitor and host over HTTP, holds drawn phones before the
//! camera, and says each step in a sentence. It ends with 0 only if every step held.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "telling the story is what this program is for")]

mod gate;
mod office;
mod programs;
mod stay;
mod story;

use std::process::ExitCode;

use world::Trouble;

fn main() -> ExitCode {
    let stay = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--stay" => true,
        _ => {
            eprintln!("用法 usage: ./run demo [--stay]");
            return ExitCode::from(2);
        }
    };
    match tokio::runtime::Runtime::new().map_err(Trouble::from).and_then(|runtime| runtime.block_on(demo(stay))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("\n演示停在这里 The demo stopped: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn demo(stay: bool) -> Result<(), Trouble> {
    let room = tempfile::Builder::new().prefix("campus-gate-").tempdir()?;
    let (office, gate) = story::tell(room.path()).await?;
    println!("\n每一步都成立。Every step held.");
    if stay { stay::until_interrupted(room.path(), office, gate).await } else { Ok(()) }
}

/// Says a step of the story.
fn say(sentence: &str) {
    println!("· {sentence}");
}
