//! An office that is set up for a gateway: what is missing is said when it starts, and `notify test` sends one message through it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use clap::Parser as _;
use sync_server::commands::{self, Arguments};

use crate::house::{By, House};

/// What a command said, or why it failed with all its causes.
async fn typed(house: &House, dir: &Path, line: &str) -> Result<String, String> {
    let (printed, done) = printed(house, dir, line).await;
    done.map(|()| printed)
}

/// The same with what it printed before it failed.
async fn printed(house: &House, dir: &Path, line: &str) -> (String, Result<(), String>) {
    let settings = dir.join("office.toml").display().to_string();
    let words = ["sync-server", "--config", &settings].into_iter().chain(line.split(' '));
    let arguments = Arguments::try_parse_from(words).unwrap();
    let mut out = Vec::new();
    let done = commands::run(arguments, house.clock.clone(), &mut "".as_bytes(), &mut out).await;
    let done = done.map_err(|failure| {
        let mut told = failure.to_string();
        let mut cause = std::error::Error::source(&failure);
        while let Some(error) = cause {
            told.push_str(&format!("\n{error}"));
            cause = error.source();
        }
        told
    });
    (String::from_utf8(out).unwrap(), done)
}

/// With keys and one member of staff, and without the gateway's secret.
async fn office(house: &House, by: By) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let settings = format!("listen = '127.0.0.1:0'\ndata_dir = '{}'\n{}", data.display(), house.settings(by, ""));
    fs::write(dir.path().join("office.toml"), settings).unwrap();
    let staff = dir.path().join("staff.csv");
    fs::write(&staff, "number,name,department,phone\nT2001,王建国,图书馆,13900000001\n").unwrap();
    typed(house, dir.path(), "keys init").await.unwrap();
    typed(house, dir.path(), &format!("directory import {}", staff.display())).await.unwrap();
    dir
}

fn keep_secret(dir: &Path, name: &str, secret: &str) {
    let path = dir.join("data/secrets").join(name);
    fs::write(&path, secret).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

const GATEWAYS: [(By, &str); 3] =
    [(By::Acs3, "aliyun.secret"), (By::Rpc, "aliyun.secret"), (By::Tencent, "tencent.secret")];

#[tokio::test]
async fn a_gateway_s_secret_that_is_missing_or_empty_is_said_at_start_with_its_setting_and_file() {
    for (by, file) in GATEWAYS {
        let house = House::new().await;
        let dir = office(&house, by).await;
        for missing in [true, false] {
            if !missing {
                keep_secret(dir.path(), file, "");
            }
            for command in ["serve", "notify test --to T2001"] {
                let why = if missing { "chmod 600" } else { "空的" };
                let told = typed(&house, dir.path(), command).await.unwrap_err();
                assert!(told.starts_with("notify.sms 缺少密钥") && told.contains(&format!("secrets/{file}")), "{told}");
                assert!(told.contains("notify.sms lacks its secret") && told.contains(why), "{told}");
            }
        }
        keep_secret(dir.path(), file, "\u{feff}made-up");
        let told = typed(&house, dir.path(), "serve").await.unwrap_err();
        assert!(told.starts_with("notify.sms 缺少密钥") && told.contains("BOM"), "{told}");
        assert_eq!(house.doubles.shown.all(), []);
    }
}

#[tokio::test]
async fn notify_test_sends_one_text_message_and_says_what_came_back() {
    for (by, file) in GATEWAYS {
        let house = House::new().await;
        let dir = office(&house, by).await;
        let secret = if by == By::Tencent { &house.doubles.tencent.secret } else { &house.doubles.aliyun.secret };
        keep_secret(dir.path(), file, secret);
        let told = typed(&house, dir.path(), "notify test --to T2001").await.unwrap();
        let taken = format!("sms（{}）：已受理，对方编号 ", by.double());
        assert!(told.contains(&taken) && !told.contains("编号 -"), "{told}");
        assert!(told.contains("wecom：未设置"), "{told}");
        let shown = house.doubles.shown.all();
        assert_eq!(shown.len(), 1, "{by:?}");
        assert!(shown[0].to.ends_with("13900000001") && shown[0].text.contains("某某大学"), "{shown:?}");

        keep_secret(dir.path(), file, "another");
        house.pass(chrono::TimeDelta::minutes(2));
        let (told, done) = printed(&house, dir.path(), "notify test --to T2001").await;
        assert!(done.is_err() && !told.contains("another"), "{told}");
        assert!(told.contains(&format!("需要有人处理（somebody's turn）：密钥不对（secrets/{file}）")), "{told}");
        assert_eq!(house.doubles.shown.all().len(), 1);
    }
}

#[tokio::test]
async fn one_template_that_works_says_nothing_of_the_others_and_each_can_be_tried() {
    for (by, file) in GATEWAYS {
        let house = House::new().await;
        let dir = office(&house, by).await;
        let (secret, templates) = match by {
            By::Tencent => (&house.doubles.tencent.secret, &house.doubles.tencent.templates),
            By::Acs3 | By::Rpc => (&house.doubles.aliyun.secret, &house.doubles.aliyun.templates),
        };
        keep_secret(dir.path(), file, secret);
        let settings = dir.path().join("office.toml");
        let [code, asked] = [&templates[0].id, &templates[1].id];
        let wrong = fs::read_to_string(&settings).unwrap().replace(&format!("'{code}'"), "'999999999'");
        fs::write(&settings, wrong).unwrap();

        let told = typed(&house, dir.path(), "notify test --to T2001").await.unwrap();
        let cost = format!("试模板 approval_asked（{asked}），按 2 条计费");
        let left = format!("另有 {} 个模板没有试：sign_in_code（999999999）、", templates.len() - 1);
        for said in [cost.as_str(), &left, "链接或审核码是无效的", "--template KIND"] {
            assert!(told.contains(said), "{said}: {told}");
        }
        house.pass(chrono::TimeDelta::minutes(2));
        let (told, done) = printed(&house, dir.path(), "notify test --to T2001 --template sign_in_code").await;
        assert!(done.is_err() && told.contains("被拒绝") && !told.contains("已受理"), "{told}");

        let shown = house.doubles.shown.all().len();
        let told = typed(&house, dir.path(), "notify test --to T2001 --template approved").await.unwrap();
        assert!(told.contains("试模板 approved（") && told.contains("已受理"), "{told}");
        assert_eq!(house.doubles.shown.all().len(), shown + 1);
        let told = typed(&house, dir.path(), "notify test --to T2001 --template code").await.unwrap_err();
        assert!(told.contains("「code」") && told.contains("sign_in_code, approval_asked"), "{told}");
    }
}

#[tokio::test]
async fn a_hall_that_fetches_is_not_said_to_have_taken_anything_and_the_way_to_try_it_is_printed() {
    const CODE: &str = "made-up-code-of-a-hall-that-fetches";
    let house = House::new().await;
    let dir = office(&house, By::Acs3).await;
    keep_secret(dir.path(), "aliyun.secret", &house.doubles.aliyun.secret);
    keep_secret(dir.path(), "hall-pull.code", CODE);
    let settings = dir.path().join("office.toml");
    let with_hall = format!(
        "{}\n[notify.hall]\nadapter = 'pull'\n[sign_on.cas]\nurl = 'http://127.0.0.1:1/cas'\n",
        fs::read_to_string(&settings).unwrap()
    );
    fs::write(&settings, with_hall).unwrap();
    let told = typed(&house, dir.path(), "notify test --to T2001").await.unwrap();
    assert!(told.contains("等大厅来取") && !told.contains("hall（pull）：已受理"), "{told}");
    let curl = told.lines().find(|line| line.contains("curl")).unwrap();
    assert!(curl.contains("hall-pull.code") && curl.contains("/providers/hall/todos?user=T2001"), "{curl}");
    assert!(!told.contains(CODE));
}
