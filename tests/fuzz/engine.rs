//! libFuzzer's program: it makes inputs, looks which of them reach new lines, and hands each to the target that `FUZZ_TARGET` names.
//!
//! One program for all targets and for their corpus, because each would be linked with both products again. With `FUZZ_CORPUS` it
//! makes nothing: `names` tells the targets, `unpack` and `pack` go between the corpus and `FUZZ_FOLDER`.

#![no_main]

use std::{env, io, path::PathBuf, process, sync::LazyLock};

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fuzz::Target> = LazyLock::new(|| fuzz::target(&named()).unwrap_or_else(|| not_known()));

fuzz_target!(
    init: {
        if let Ok(asked) = env::var("FUZZ_CORPUS") {
            corpus(&asked).expect("the corpus is read and written");
            process::exit(0);
        }
    },
    |bytes: &[u8]| TARGET(bytes)
);

fn corpus(asked: &str) -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("FUZZ_FOLDER").unwrap_or_default());
    match asked {
        "names" => fuzz::names().for_each(|name| println!("{name}")),
        "unpack" | "pack" if fuzz::target(&named()).is_none() => not_known(),
        "unpack" => fuzz::pack::unpack(&named(), &folder)?,
        "pack" => fuzz::pack::pack(&named(), &folder)?,
        _ => process::exit(2),
    }
    Ok(())
}

fn named() -> String {
    env::var("FUZZ_TARGET").unwrap_or_default()
}

fn not_known() -> ! {
    eprintln!("FUZZ_TARGET 应为其中之一 is one of: {}", fuzz::names().collect::<Vec<_>>().join(" "));
    process::exit(2)
}
