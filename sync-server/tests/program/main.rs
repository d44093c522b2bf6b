//! The program as it is started: what is wrong in its settings is said at once, by the setting's name, and nothing is served.
//!
//! That this test is here also makes cargo build the program before any test of the workspace runs; stories that start it find it as
//! it is now.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

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

#[test]
fn without_a_table_for_text_messages_it_serves_and_says_so_by_the_setting_s_name() {
    let room = tempfile::tempdir().unwrap();
    let settings = room.path().join("office.toml");
    fs::write(&settings, "listen = '127.0.0.1:0'\n").unwrap();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sync-server"));
        command.arg("--config").arg(&settings);
        command
    };
    let [root, spare] = ["root.key", "spare.key"].map(|name| room.path().join(name));
    let made = command().args(["keys", "init", "--root"]).arg(root).arg("--spare").arg(spare).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut serving = command().arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(serving.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said: Vec<_> = lines.take_while(|line| !line.starts_with("listening on ")).collect();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(said.iter().any(|line| line.contains("没有设置 notify.sms")), "{said:?}");
}
