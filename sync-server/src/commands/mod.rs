//! What an administrator types: one file per noun.
//!
//! Commands other than `serve` open the same database as a running server and may be used beside it; the server notices their
//! changes within a second. They read and write what they are given, so that tests see what people would.

mod arguments;
mod backup;
mod clock;
mod codes;
mod conflicts;
mod directory;
mod entries;
mod entry_words;
mod failure;
mod faults;
mod keys;
mod notify;
mod office;
mod pass;
mod serve;
mod table;
mod terminal;
mod watchlist;

#[cfg(test)]
mod chinese_first;

use std::{
    io::{BufRead, Write},
    sync::Arc,
};

pub use arguments::{
    Arguments, ClockCommand, CodesCommand, Command, ConflictsCommand, DirectoryCommand, EntriesCommand, KeysCommand,
    NotifyCommand, PassCommand, TerminalCommand, WatchlistCommand,
};
pub use directory::{BadFile, BadLine, staff_in};
pub use failure::Failure;
use office::Office;

use crate::{clock::Clock, config::Config};

/// Runs what was typed.
pub async fn run(
    arguments: Arguments,
    clock: Arc<dyn Clock>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let Arguments { config, command, .. } = arguments;
    let config = config.map_or_else(|| Ok(Config::default()), |path| Config::load(&path))?;
    match command {
        Command::Serve { demo } => serve::serve(Config { demo: demo || config.demo, ..config }, clock, out).await,
        Command::Keys(command) => match command {
            KeysCommand::Init { root, spare } => keys::init(&config, root, spare, clock.now(), out),
            KeysCommand::Status => keys::status(&Office::open(config, clock)?, out).await,
            KeysCommand::Rotate { root } => keys::rotate(&Office::open(config, clock)?, &root, out).await,
            KeysCommand::Revoke { ids, root } => keys::revoke(&Office::open(config, clock)?, &root, &ids, out).await,
            KeysCommand::Spare { root, spare } => keys::spare(&Office::open(config, clock)?, &root, &spare, out).await,
        },
        Command::Directory(DirectoryCommand::Import { file, yes }) => {
            directory::import(&Office::open(config, clock)?, &file, yes, out).await
        }
        Command::Terminal(command) => {
            let office = Office::open(config, clock)?;
            match command {
                TerminalCommand::Invite { campus, gate } => terminal::invite(&office, campus, gate, out).await,
                TerminalCommand::List => terminal::list(&office, out).await,
                TerminalCommand::Withdraw { terminal } => terminal::withdraw(&office, terminal, out).await,
            }
        }
        Command::Pass(PassCommand::Revoke { pass, reason }) => {
            pass::revoke(&Office::open(config, clock)?, pass, reason, out).await
        }
        Command::Entries(EntriesCommand::List { json, day }) => {
            entries::list(&Office::open(config, clock)?, json, day, out).await
        }
        Command::Entries(EntriesCommand::SetAside { json }) => {
            entries::set_aside(&Office::open(config, clock)?, json, out).await
        }
        Command::Entries(EntriesCommand::Faults) => faults::list(&Office::open(config, clock)?, out).await,
        Command::Clock(ClockCommand::Accept) => clock::accept(&Office::open(config, clock)?, out).await,
        Command::Codes(CodesCommand::Status) => codes::status(&Office::open(config, clock)?, out).await,
        Command::Conflicts(ConflictsCommand::List) => conflicts::list(&Office::open(config, clock)?, out).await,
        Command::Notify(NotifyCommand::List) => notify::list(&Office::open(config, clock)?, out).await,
        Command::Notify(NotifyCommand::Test { to, template }) => {
            notify::test(config, clock, &to, template.as_deref(), out).await
        }
        Command::Backup { file } => backup::backup(&config, &file, out),
        Command::Restore { file } => backup::restore(&config, &file, clock.now(), out),
        Command::Watchlist(command) => {
            let office = Office::open(config, clock)?;
            match command {
                WatchlistCommand::Add { kind, note } => watchlist::add(&office, kind, &note, input, out).await,
                WatchlistCommand::List => watchlist::list(&office, out).await,
                WatchlistCommand::Remove { kind } => watchlist::remove(&office, kind, input, out).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use shared::{sync::enrol::InviteCode, time::Moment};

    use super::*;
    use crate::clock::SetClock;

    const NOW: Moment = Moment::from_unix_s(1_795_363_200);

    /// A machine at which somebody types.
    struct Desk {
        dir: tempfile::TempDir,
    }

    impl Desk {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("s.toml"), format!("data_dir = {:?}", dir.path().join("data"))).unwrap();
            Self { dir }
        }

        async fn types(&self, line: &str, input: &str) -> Result<String, Failure> {
            let config = self.dir.path().join("s.toml").display().to_string();
            let words = ["sync-server", "--config", &config].into_iter().chain(line.split(' '));
            let arguments = Arguments::try_parse_from(words).unwrap();
            let mut out = Vec::new();
            run(arguments, Arc::new(SetClock::at(NOW)), &mut input.as_bytes(), &mut out).await?;
            Ok(String::from_utf8(out).unwrap())
        }

        fn store(&self) -> crate::store::Store {
            let data = self.dir.path().join("data");
            crate::store::Store::open(&data.join("office.sqlite3"), crate::keys::load_identity(&data).unwrap()).unwrap()
        }
    }

    #[tokio::test]
    async fn without_keys_the_way_to_them_is_named() {
        let told = Desk::new().types("terminal list", "").await.unwrap_err().to_string();
        assert!(told.contains("sync-server keys init"), "{told}");
    }

    #[tokio::test]
    async fn a_terminal_is_invited_listed_and_withdrawn() {
        let desk = Desk::new();
        let keys = desk.types("keys init", "").await.unwrap();
        let fingerprint = keys.lines().last().unwrap().trim();
        let invited = desk.types("terminal invite --campus 1 --gate 0", "").await.unwrap();
        assert!(invited.contains("长安校区 南门") && invited.contains(fingerprint), "{invited}");
        let code = invited.lines().find_map(|line| InviteCode::parse(line.trim())).unwrap();

        let key = shared::seal::PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
        desk.store().enrol(&code, key, NOW).await.unwrap().unwrap();
        let listed = desk.types("terminal list", "").await.unwrap();
        assert!(listed.contains(&key.fingerprint()) && listed.contains("使用中"), "{listed}");
        assert!(desk.types("terminal withdraw 1", "").await.unwrap().contains("下一次请求会被拒绝"));
        assert!(desk.types("terminal list", "").await.unwrap().contains("已停用"));
        assert!(desk.types("terminal withdraw 1", "").await.unwrap().contains("没有改动"));
        assert!(matches!(desk.types("terminal withdraw 9", "").await, Err(Failure::UnknownTerminal(_))));
    }

    /// Its writer has never a moment's rest.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_command_gets_through_beside_a_server_that_writes_all_the_time() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let invited = desk.types("terminal invite --campus 1 --gate 0", "").await.unwrap();
        let code = invited.lines().find_map(|line| InviteCode::parse(line.trim())).unwrap();
        let key = shared::seal::PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
        let server = desk.store();
        server.enrol(&code, key, NOW).await.unwrap().unwrap();
        let mut places = crate::config::Config::default().places();
        places.truncate(1);
        let mut writing = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (server, place) = (server.clone(), places[0].clone());
            writing.spawn(async move {
                for time in 0.. {
                    let named =
                        |name| shared::sync::change::Places { campus_name: format!("{time} {name}"), ..place.clone() };
                    server.set_places((0..200).map(named).collect(), NOW).await.unwrap();
                }
            });
        }
        desk.types("terminal withdraw 1", "").await.unwrap();
        desk.types("watchlist add --kind resident_id", "11010519491231002X").await.unwrap();
        writing.shutdown().await;
        assert!(server.terminal(shared::ids::TerminalId::new(1)).await.unwrap().unwrap().withdrawn.is_some());
    }

    #[tokio::test]
    async fn keys_are_rotated_revoked_and_told_with_a_root_at_hand() {
        let desk = Desk::new();
        let data = desk.dir.path().join("data");
        let [root, spare, new] =
            ["root", "spare", "new"].map(|name| desk.dir.path().join(format!("{name}.key")).display().to_string());
        desk.types(&format!("keys init --root {root} --spare {spare}"), "").await.unwrap();
        assert!(!data.join("secrets/root.key").exists(), "where they were wanted and nowhere else");
        let status = async || desk.types("keys status", "").await.unwrap();
        assert!(status().await.contains("第 1 号密钥集") && status().await.contains("下次轮换"));
        desk.store().chores_done(NOW.minus(chrono::TimeDelta::hours(27))).await.unwrap();
        let unsure = desk.types(&format!("keys rotate --root {root}"), "").await.unwrap_err();
        assert!(
            unsure.to_string().contains("sync-server clock accept"),
            "no key bears a date that may be wrong: {unsure}"
        );
        desk.types("clock accept", "").await.unwrap();
        assert!(desk.types(&format!("keys rotate --root {root}"), "").await.unwrap().contains("3、4"));
        let told = status().await;
        assert!(told.contains("只验不签") && !told.contains("待启用"), "no gate waits for it: {told}");
        let revoked = desk.types(&format!("keys revoke 1 3 --root {spare}"), "").await.unwrap();
        assert!(revoked.contains("新密钥 5 立即启用") && revoked.contains("今天 0 张"), "{revoked}");
        let replaced = desk.types(&format!("keys spare --root {spare} --spare {new}"), "").await.unwrap();
        let fingerprint = replaced.lines().last().unwrap().trim();
        assert!(status().await.contains(fingerprint), "{replaced}");
        let refused = desk.types(&format!("keys rotate --root {root}"), "").await.unwrap_err().to_string();
        assert!(refused.contains("不是本单位现在信任的根密钥"), "{refused}");
        for secret in [&root, &spare, &new] {
            let secret = std::fs::read_to_string(secret).unwrap();
            assert!(!replaced.contains(secret.trim()) && !revoked.contains(secret.trim()), "no secret is printed");
        }
    }

    #[tokio::test]
    async fn keys_that_would_share_a_file_or_lack_a_stick_leave_nothing_behind() {
        let desk = Desk::new();
        let data = desk.dir.path().join("data");
        let at = |name: &str| desk.dir.path().join(name).display().to_string();
        std::fs::create_dir(at("stick")).unwrap();
        for (root, spare, said) in [
            (at("k"), at("k"), "要写两把密钥"),
            (at("k"), at("stick/../k"), "要写两把密钥"),
            (at("k"), data.join("secrets/pass.key").display().to_string(), "要写两把密钥"),
            (at("k"), at("gone/spare.key"), "没有文件夹"),
            (at("gone/root.key"), at("k"), "没有文件夹"),
        ] {
            let told =
                desk.types(&format!("keys init --root {root} --spare {spare}"), "").await.unwrap_err().to_string();
            assert!(told.contains(said), "{told}");
            assert!(!desk.dir.path().join("k").exists() && !data.exists(), "{root} {spare}");
        }
        let told = desk.types(&format!("keys init --root {} --spare {}", at("k"), at("stick/k")), "").await.unwrap();
        assert!(!told.contains("注意"), "{told}");
        assert!(!desk.types("keys status", "").await.unwrap().contains("还在服务器上"));
    }

    #[tokio::test]
    async fn a_root_beside_the_signing_keys_is_named_until_it_is_moved_away() {
        let desk = Desk::new();
        let secrets = desk.dir.path().join("data/secrets");
        let root = desk.dir.path().join("root.key");
        let told = desk.types(&format!("keys init --root {}", root.display()), "").await.unwrap();
        let spare = secrets.join("spare-root.key");
        assert!(told.contains(&format!("{} 还在服务器上，和签名密钥在一起", spare.display())), "{told}");
        assert_eq!(told.matches("还在服务器上").count(), 1);
        assert!(desk.types("keys status", "").await.unwrap().contains("还在服务器上"));
        std::fs::rename(spare, desk.dir.path().join("spare.key")).unwrap();
        assert!(!desk.types("keys status", "").await.unwrap().contains("还在服务器上"));
    }

    #[tokio::test]
    async fn a_copy_is_made_beside_a_server_and_comes_back_only_without_one() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let file = desk.dir.path().join("copy.sqlite3");
        let (backup, restore) = (format!("backup {}", file.display()), format!("restore {}", file.display()));
        assert!(desk.types(&backup, "").await.unwrap_err().to_string().contains("没有"), "nothing to copy yet");
        desk.types("clock accept", "").await.unwrap();
        let config = crate::config::Config { data_dir: desk.dir.path().join("data"), ..Default::default() };
        let serving = crate::serve::only_here(&config).unwrap();
        assert!(desk.types(&backup, "").await.unwrap().contains("0 份预约"));
        desk.types("clock accept", "").await.unwrap();
        assert!(desk.types(&restore, "").await.unwrap_err().to_string().contains("请先停止服务再恢复"));
        drop(serving);
        // A directory that is being imported, say: it has the old file open, and would go on writing into it.
        let at_work = crate::serve::beside(&config).unwrap();
        let another = crate::serve::beside(&config).unwrap();
        assert!(desk.types(&restore, "").await.unwrap_err().to_string().contains("另一个 sync-server 命令"));
        drop((at_work, another));
        let restoring = crate::serve::alone(&config).unwrap();
        assert!(desk.types("clock accept", "").await.unwrap_err().to_string().contains("另一个 sync-server 命令"));
        drop(restoring);
        let told = desk.types(&restore, "").await.unwrap();
        assert!(told.contains("已恢复") && told.contains("before-") && !told.contains("注意"), "{told}");
        let standing = r#"{"epoch":1,"told":0,"terminals":2,"withdrawn":0}"#;
        std::fs::write(desk.dir.path().join("data/standing.json"), standing).unwrap();
        let told = desk.types(&restore, "").await.unwrap();
        assert!(told.contains("这份备份里有 0 台终端，原来有 2 台"), "{told}");
        assert_eq!(desk.store().clock_kept().await.unwrap().accepted, 1, "as it was when the copy was made");
    }

    #[tokio::test]
    async fn a_gate_that_is_not_there_invites_nobody() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let told = desk.types("terminal invite --campus 2 --gate 2", "").await.unwrap_err().to_string();
        assert!(told.contains("--campus 2 --gate 1  雁塔校区 北门"), "{told}");
    }

    #[tokio::test]
    async fn the_clock_is_accepted_by_a_word() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let told = desk.types("clock accept", "").await.unwrap();
        assert!(told.contains(&NOW.campus_date_and_clock()), "{told}");
        let kept = desk.store().clock_kept().await.unwrap();
        assert_eq!((kept.chores, kept.accepted), (Some(NOW), 1));
    }

    #[tokio::test]
    async fn every_channel_says_what_came_back_and_a_stranger_gets_nothing() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let file = desk.dir.path().join("staff.csv");
        std::fs::write(&file, "number,name,department,phone\nT001,张伟,计算机学院,13800130001\n").unwrap();
        desk.types(&format!("directory import {}", file.display()), "").await.unwrap();
        assert!(matches!(desk.types("notify test --to T9", "").await, Err(Failure::UnknownStaff(_))));
        assert!(matches!(desk.types("notify test --to T001", "").await, Err(Failure::NoChannel)));
        assert!(desk.types("notify list", "").await.unwrap().contains("没有"));
    }

    #[tokio::test]
    async fn what_codes_cost_is_a_word_away() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let caller = crate::store::Caller {
            phone: shared::identity::Phone::parse("13800130001").unwrap(),
            browser: crate::store::BrowserToken::from_random([1; 32]),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        let limits = |per_hour| crate::config::SignIn { per_hour, ..crate::config::SignIn::default() }.limits();
        desk.store().issue_code(&caller, "123456", NOW, &limits(9)).await.unwrap();
        let told = desk.types("codes status", "").await.unwrap();
        assert!(told.contains("本小时 hour    1          3000         1") && told.contains("照常发送"), "{told}");
        let other = crate::store::Caller { phone: shared::identity::Phone::parse("13800130002").unwrap(), ..caller };
        desk.store().issue_code(&other, "123456", NOW, &limits(1)).await.unwrap();
        let told = desk.types("codes status", "").await.unwrap();
        assert!(told.contains("未用过验证码的网络暂停：预算份额用完"), "{told}");
    }

    #[tokio::test]
    async fn one_bad_line_keeps_the_whole_directory_out() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let file = desk.dir.path().join("staff.csv");
        let import = format!("directory import {}", file.display());
        let good = "number,name,department,phone\nT001,张伟,计算机学院,13800130001\n";
        std::fs::write(&file, format!("{good}T002,李娜,图书馆,12\n")).unwrap();
        assert!(desk.types(&import, "").await.unwrap_err().to_string().contains("第 3 行"));
        let phone = shared::identity::Phone::parse("13800130001").unwrap();
        assert_eq!(desk.store().staff_by_phone(&phone).await.unwrap(), None);
        std::fs::write(&file, good).unwrap();
        assert!(desk.types(&import, "").await.unwrap().starts_with("新增 1 人"));
        assert!(desk.store().staff_by_phone(&phone).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_file_that_was_cut_short_removes_nobody_without_a_word() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let file = desk.dir.path().join("staff.csv");
        let import = format!("directory import {}", file.display());
        let write = |people: std::ops::Range<u32>| {
            let lines: String = people.map(|number| format!("T{number:03},张伟,图书馆,1380013{number:04}\n")).collect();
            std::fs::write(&file, format!("number,name,department,phone\n{lines}")).unwrap();
        };
        write(0..20);
        desk.types(&import, "").await.unwrap();
        write(0..15);
        assert!(desk.types(&import, "").await.unwrap().contains("离开名录 5 人"));
        write(0..9);
        let told = desk.types(&import, "").await.unwrap_err().to_string();
        assert!(told.contains("6 of the 15") && told.contains("--yes"), "{told}");
        let phone = shared::identity::Phone::parse("13800130014").unwrap();
        assert!(desk.store().staff_by_phone(&phone).await.unwrap().is_some());
        assert!(desk.types(&format!("{import} --yes"), "").await.unwrap().contains("离开名录 6 人"));
        assert_eq!(desk.store().staff_by_phone(&phone).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_file_without_the_names_of_a_channel_takes_nobody_s_without_a_word() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let file = desk.dir.path().join("staff.csv");
        let import = format!("directory import {}", file.display());
        std::fs::write(&file, "number,name,department,phone,hall\nT001,张伟,图书馆,13800130001,wei\n").unwrap();
        desk.types(&import, "").await.unwrap();
        std::fs::write(&file, "number,name,department,phone,wecom\nT001,张伟,图书馆,13800130001,zhang\n").unwrap();
        let told = desk.types(&import, "").await.unwrap_err().to_string();
        assert!(told.contains("1 人在网办大厅") && told.contains("--yes"), "{told}");
        assert!(desk.store().staff_by_hall_name("wei").await.unwrap().is_some());
        assert!(desk.types(&format!("{import} --yes"), "").await.unwrap().contains("修改 1 人"));
        assert_eq!(desk.store().staff_by_hall_name("wei").await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_watchlist_shows_no_more_than_the_last_four() {
        let desk = Desk::new();
        desk.types("keys init", "").await.unwrap();
        let number = "11010519491231002X";
        let added = desk.types("watchlist add --kind resident_id --note 失信", number).await.unwrap();
        let listed = desk.types("watchlist list", "").await.unwrap();
        assert!(listed.contains("002X") && listed.contains("失信"), "{listed}");
        assert!(!added.contains(number) && !listed.contains(number));
        let wrong = desk.types("watchlist add --kind resident_id", "110105194912310021").await;
        assert!(matches!(wrong, Err(Failure::Document(_))));
        desk.types("watchlist remove --kind resident_id", number).await.unwrap();
        assert!(matches!(desk.types("watchlist remove --kind resident_id", number).await, Err(Failure::NotWatched)));
    }
}
