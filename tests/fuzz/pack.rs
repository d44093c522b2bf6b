//! Between the engine, which wants a folder of files, and the corpus, which is one file for each target.

use std::{fs, io, path::Path, process::ExitCode};

use fuzz::corpus;

#[expect(clippy::print_stdout, reason = "a shell script reads the names")]
fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["names"] => fuzz::names().for_each(|name| println!("{name}")),
        ["unpack", target, folder] => {
            fs::create_dir_all(folder)?;
            for (number, input) in corpus::kept(target)?.into_iter().enumerate() {
                fs::write(Path::new(folder).join(format!("kept-{number:04}")), input)?;
            }
        }
        ["pack", target, folder] => {
            let files = fs::read_dir(folder)?.map(|entry| fs::read(entry?.path()));
            corpus::keep(target, files.collect::<io::Result<_>>()?)?;
        }
        _ => return Ok(ExitCode::from(2)),
    }
    Ok(ExitCode::SUCCESS)
}
