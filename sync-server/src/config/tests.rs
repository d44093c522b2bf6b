//! What a settings file may say, and what is told where it is wrong.

use super::*;

#[test]
fn the_sample_parses_and_says_what_the_defaults_are() {
    let sample = Config::parse(include_str!("../../sync-server.sample.toml")).unwrap();
    assert_eq!(sample, Config::default());
}

#[test]
fn the_data_directory_lies_beside_the_file_and_mistakes_name_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("office.toml");
    for (text, data) in [("", "./data"), ("data_dir = './x'", "./x"), ("data_dir = '/srv/x'", "/srv/x")] {
        fs::write(&file, text).unwrap();
        assert_eq!(Config::load(&file).unwrap().data_dir, dir.path().join(data), "{text}");
    }
    fs::write(&file, "university = { seal = 'seal.svg' }").unwrap();
    assert_eq!(Config::load(&file).unwrap().university.seal, Some(dir.path().join("seal.svg")));
    fs::write(&file, "lisen = 1").unwrap();
    assert!(Config::load(&file).unwrap_err().to_string().contains("office.toml"));
}

#[test]
fn nothing_at_all_is_a_working_configuration() {
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

#[test]
fn a_colour_nobody_can_read_is_refused_by_name() {
    for (key, colour, said) in [
        ("accent", "#ff8800", "与白色的对比度是 2."),
        ("accent", "#777777", "至少要 5.0"),
        ("accent_dark", "#666666", "至少要 7.0"),
        ("accent", "blue", "#rrggbb"),
    ] {
        let told = Config::parse(&format!("[university]\n{key} = '{colour}'")).unwrap_err().to_string();
        assert!(told.contains(key) && told.contains(said), "{told}");
    }
    let red = Config::parse("[university]\naccent = '#a6192e'\naccent_dark = '#6b0f1d'").unwrap();
    assert_eq!(red.university.accent.to_string(), "#a6192e");
}

#[test]
fn unknown_keys_are_refused_and_named_at_every_level() {
    let campus = "[[campus]]\nid=1\nname='x'\nname_en='x'\n";
    for (text, key) in [
        ("lisen = '127.0.0.1:1'", "lisen"),
        ("[booking]\nhorizon = 3", "horizon"),
        ("[sign_in]\nsecret = 'x'", "secret"),
        ("[sync]\nhold = 1", "hold"),
        ("[university]\nnom = 'x'", "nom"),
        ("[retention]\nyears = 1", "years"),
        ("[log]\nlevel = 'x'", "level"),
        (&format!("{campus}colour='x'\n"), "colour"),
        (&format!("{campus}[[campus.gate]]\nindex=0\nname='x'\nname_en='x'\nwide=1"), "wide"),
    ] {
        let said = Config::parse(text).unwrap_err().to_string();
        assert!(said.contains(key), "{text}: {said}");
    }
}

#[test]
fn every_mistake_is_told_with_its_reason_its_line_and_its_whole_name_in_both_languages() {
    let campus = "[[campus]]\nid=1\nname='x'\nname_en='x'\n[[campus.gate]]\nindex=16\nname='x'\nname_en='x'";
    for (text, line, setting, chinese) in [
        ("\nlisen = 'x'", 2, "lisen", "没有「lisen」这个设置，可用的有：listen"),
        ("[notfy.sms]\nkey_id = 'x'", 1, "notfy.sms", "没有「notfy」这个设置"),
        ("[booking]\n# x\nhorizon = 3", 3, "booking.horizon", "没有「horizon」这个设置"),
        (
            "[notify.sms]\nprovider = 'mailgun'",
            2,
            "notify.sms.provider",
            "不能是「mailgun」，可用的有：aliyun、tencent",
        ),
        ("[notify.wecom]\nagent_id = 1", 1, "notify.wecom.corp_id", "缺少 corp_id"),
        ("[notify.hall]\nadapter = 'fax'", 2, "notify.hall.adapter", "没有 \"fax\" 这种大厅"),
        ("[booking]\nopens = '25:00'", 2, "booking.opens", "时间应写成 14:05"),
        ("[booking]\nhorizon_days = 'x'", 2, "booking.horizon_days", "值的类型不对，应是 0 到 65535 的整数"),
        ("[booking]\nhorizon_days = -1", 2, "booking.horizon_days", "值不在可用的范围内"),
        ("[notify.remind]\nduty_phone = '1380013'", 2, "notify.remind.duty_phone", "大陆手机号是 11 位，这里有 7 位"),
        ("listen = 'here'", 1, "listen", "应写成 地址:端口"),
        ("demo = true\ndemo = true", 2, "demo", "写了两次"),
        ("demo = maybe", 1, "demo", "写法不对"),
        (campus, 6, "campus[1].gate[1].index", "校门编号是 0 到 15"),
        // And what a line alone does not show.
        ("[booking]\n\nmax_companions = 15", 3, "booking.max_companions", "最多 14"),
        ("[university]\naccent = '#ff8800'", 2, "university.accent", "太浅"),
        ("[notify.remind]\nhost_after_min = [9, 3]", 1, "notify.remind", "从小到大"),
        ("[notify.hall]\nadapter = 'weaver'", 2, "notify.hall.adapter", "需要 [notify.hall.weaver]"),
    ] {
        let told = Config::parse(text).unwrap_err().to_string();
        let head = if told.starts_with(&format!("第 {line} 行，{setting}：")) {
            format!("Line {line}, {setting}, is not understood")
        } else {
            assert!(told.starts_with(&format!("第 {line} 行：{setting} ")), "{told}");
            format!("(line {line}, {setting})")
        };
        assert!(told.contains(chinese) && told.contains(&head), "{told}");
    }
}

#[test]
fn only_this_machine_may_be_reached_without_tls() {
    for (url, holds) in [
        ("http://127.0.0.1:8460", true),
        ("http://127.0.0.1:8460/", true),
        ("http://[::1]:1", true),
        ("http://localhost:80", true),
        ("https://visit.example.edu.cn", true),
        ("http://visit.example.edu.cn", false),
        ("http://127.0.0.1.example.com", false),
        ("http://localhost.example.com", false),
        ("http://127.0.0.1@example.com", false),
        ("ftp://127.0.0.1", false),
        ("https://example.com/visit", false),
        ("", false),
    ] {
        assert_eq!(Config::parse(&format!("public_url = '{url}'")).is_ok(), holds, "{url}");
    }
    assert_eq!(Config::parse("public_url = 'https://a.cn/'").unwrap().public_url, "https://a.cn");
}

#[test]
fn a_limit_that_lets_nobody_in_is_refused_by_name() {
    for (table, keys) in [
        (
            "sign_in",
            &[
                "code_minutes",
                "attempts",
                "per_phone_minute",
                "per_phone_hour",
                "per_phone_day",
                "unused_per_address",
                "unused_per_network",
                "per_minute",
                "per_hour",
                "per_day",
                "session_days",
                "session_idle_days",
            ][..],
        ),
        (
            "booking",
            &[
                "per_phone_day",
                "on_behalf_per_phone_day",
                "unknown_hosts_per_phone_day",
                "unknown_hosts_per_address_hour",
                "walk_ins_per_terminal_hour",
                "unknown_hosts_per_terminal_hour",
            ],
        ),
        ("sync", &["beacon_valid_s"]),
    ] {
        for key in keys {
            let told = Config::parse(&format!("[{table}]\n{key} = 0")).unwrap_err().to_string();
            assert!(told.contains(&format!("{table}.{key}")), "{told}");
            assert!(Config::parse(&format!("[{table}]\n{key} = 200")).is_ok(), "{key}");
        }
    }
    let told = Config::parse("[sync]\nbeacon_valid_s = 25\nhold_s = 25").unwrap_err().to_string();
    assert!(told.contains("sync.beacon_valid_s"), "{told}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let gate = "[[campus.gate]]\nindex=0\nname='x'\nname_en='x'\n";
    let campus = format!("[[campus]]\nid=1\nname='x'\nname_en='x'\n{gate}");
    for text in [
        "campus = []",
        "[booking]\nopens='10:00'\ncloses='10:00'",
        "[booking]\nmax_companions=15",
        "[booking]\nhorizon_days=91",
        &format!("{campus}{campus}"),
        &format!("{campus}{gate}"),
        "[[campus]]\nid=1\nname='x'\nname_en='x'\ngate=[]",
        "[[campus]]\nid=1\nname='x'\nname_en='x'\ngate=[{index=16,name='x',name_en='x'}]",
    ] {
        assert!(Config::parse(text).is_err(), "{text}");
    }
    assert!(Config::parse(&campus).is_ok());
}
