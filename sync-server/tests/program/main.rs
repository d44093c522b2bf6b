//! The program as it is started: what is wrong in its settings is said at once, by the setting's name, and nothing is served.
//!
//! That this test is here also makes cargo build the program before any test of the workspace runs; stories that start it find it as
//! it is now.

use std::{fs, process::Command};

#[test]
fn a_wrong_setting_keeps_it_down_and_is_named() {
    let room = tempfile::tempdir().unwrap();
    let settings = room.path().join("office.toml");
    for (text, named) in [
        ("[notify.hall]\nadapter = 'fax'\n", "adapter"),
        ("[notify.sms]\nprovider = 'aliyun'\nkey_id = ''\nsign_name = '某某大学'\n", "notify.sms.key_id"),
        ("[notify.wecom]\ncorp_id = 'ww0123456789abcdef'\nagent_id = 0\n", "notify.wecom.agent_id"),
        ("[sign_in]\nattempts = 0\n", "sign_in.attempts"),
        ("lisen = 1\n", "lisen"),
    ] {
        fs::write(&settings, text).unwrap();
        let ended = Command::new(env!("CARGO_BIN_EXE_sync-server"))
            .arg("--config")
            .arg(&settings)
            .arg("serve")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && said.contains(named), "{text}: {said}");
        assert!(!room.path().join("data").exists(), "{text}: nothing is made");
    }
}
