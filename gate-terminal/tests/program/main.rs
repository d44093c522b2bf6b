//! The program itself, as it is built: what its command line answers.
//!
//! That these tests are here also makes cargo build the program before any test of the workspace runs; stories that start it
//! find it as it is now.

use std::{
    io,
    process::{Command, Output, Stdio},
};

fn gate_terminal(arguments: &[&str]) -> io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_gate-terminal")).args(arguments).stdin(Stdio::null()).output()
}

#[test]
fn its_help_names_what_people_type_and_nothing_else() {
    let help = String::from_utf8(gate_terminal(&["--help"]).unwrap().stdout).expect("UTF-8");
    for word in ["enrol", "inspect", "read", "--headless"] {
        assert!(help.contains(word), "{word} in {help}");
    }
    assert!(!help.contains("camera-child"), "{help}");
}

#[test]
fn a_reading_process_without_a_gate_does_nothing() {
    let nowhere = r#"{"kind":"replay","dir":"/nowhere","fps":5.0,"looping":false}"#;
    assert!(gate_terminal(&["camera-child", nowhere]).unwrap().status.success(), "its input is closed");
    let misspelt = gate_terminal(&["camera-child", r#"{"kind":"usb","nmae":"x"}"#]).unwrap();
    assert!(!misspelt.status.success());
    assert!(String::from_utf8_lossy(&misspelt.stderr).contains("nmae"));
}
