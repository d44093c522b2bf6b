//! The shape of the command line.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};
use shared::{
    identity::DocumentKind,
    ids::{CampusId, GateIndex, KeyId, PassId, StaffNumber, TerminalId},
    time::CampusDay,
};

use crate::office::Reason;

#[derive(Debug, Parser)]
#[command(
    name = "sync-server",
    version,
    about = "校园访客预约服务：预约、审核、通行码、校门终端同步 The office of the campus visitor gate",
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub struct Arguments {
    /// 设置文件（TOML）；不给则全用默认值 Settings
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// 显示帮助 Print help
    #[arg(long, short, global = true, action = ArgAction::Help)]
    help: Option<bool>,

    /// 显示版本 Print version
    #[arg(long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 运行服务，直到 SIGINT 或 SIGTERM Run the server
    Serve {
        /// 演示：自动生成密钥，通知（验证码、链接）打印到标准输出；绝不可用于真实访客 Demo, never for real visitors
        #[arg(long)]
        demo: bool,
    },
    /// 教职工名录 The staff directory
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// 校门终端 The terminals at the gates
    #[command(subcommand)]
    Terminal(TerminalCommand),
    /// 密钥 The office's keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// 服务器时钟 The server's own clock
    #[command(subcommand)]
    Clock(ClockCommand),
    /// 登录验证码 Sign-in codes
    #[command(subcommand)]
    Codes(CodesCommand),
    /// 通行码 Passes
    #[command(subcommand)]
    Pass(PassCommand),
    /// 出入记录 The entry log
    #[command(subcommand)]
    Entries(EntriesCommand),
    /// 未出校而两次入校的通行码 Passes that entered twice without leaving
    #[command(subcommand)]
    Conflicts(ConflictsCommand),
    /// 黑名单 People who are not to be admitted
    #[command(subcommand)]
    Watchlist(WatchlistCommand),
    /// 通知 Notices and their channels
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// 备份数据库，服务运行中也可以；密钥要另外保存 Copy the database, also while it is served; the keys apart
    Backup {
        /// 备份写到哪里，不会覆盖已有文件 Where to; nothing is overwritten
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// 用备份换下数据库，先停止服务；原数据库另存 Put a copy in the database's place, which is kept; stop the server first
    Restore {
        /// 备份文件，由 backup 命令或 `[backup]` 设置写出 The copy to put there
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// 打印等待发送、未能送达和可能重复的通知，最早的在前 Print what waits, did not arrive or may have come twice
    List,
    /// 经每个已设置的渠道各发一条测试通知，打印对方的答复 Send one harmless notice through every channel
    Test {
        /// 收测试通知的教职工工号 Staff number of who is to get it
        #[arg(long, value_name = "STAFF", value_parser = staff)]
        to: StaffNumber,
        /// 只试这种短信的模板，写设置里的 `kind`（如 sign_in_code）或 `id` Only the text templates of this kind, or of this id
        #[arg(long, value_name = "KIND")]
        template: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// 以 CSV 文件为完整名录（工号、姓名、部门、手机，可加企业微信、网办大厅）：不在其中者视为已离校 Take a CSV file as the whole directory
    Import {
        /// 文件（CSV，UTF-8），第一行是列名 The file, its columns named in the first line
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// 名录中超过十分之一的人不在文件里，或某个渠道的账号一个也没有，也照样导入 Also when over a tenth, or all names of a channel, are missing
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum TerminalCommand {
    /// 打印一次性登记码，十分钟内有效 Print a one-time enrolment code
    Invite {
        /// 设置中校区的 `id` The campus's `id` in the settings
        #[arg(long, value_name = "ID", value_parser = campus)]
        campus: CampusId,
        /// 设置中校门的 `index` The gate's `index` in the settings
        #[arg(long, value_name = "INDEX", value_parser = gate)]
        gate: GateIndex,
    },
    /// 列出终端和密钥指纹 List terminals with their fingerprints
    List,
    /// 停用终端，不能恢复：下次请求起被拒绝，收到签名的停用通知后清空名单和密钥；此后送来的记录单独存放（entries set-aside）
    /// Withdraw a terminal for good: it is refused, forgets passes and keys, and what it still brings is set aside
    Withdraw {
        /// 终端编号，见 terminal list Which
        #[arg(value_name = "ID", value_parser = terminal)]
        terminal: TerminalId,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// 生成两把根密钥、通行码、信标、身份密钥和签名的密钥集 Make all keys and the key set
    Init {
        /// 根密钥写到哪里，最好是随后上锁保存的介质 Where the root key is written
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
        /// 备用根密钥写到哪里，应是另一处保存的另一个介质 Where the spare root key is written
        #[arg(long, value_name = "FILE")]
        spare: Option<PathBuf>,
    },
    /// 打印密钥集、各密钥、何时该轮换、哪些终端已取得 Print keys, when a rotation is due, and who knows them
    Status,
    /// 轮换：生成下一组签名密钥，与现用的一组并存；各终端都取得后自动启用 Make the next signing keys
    Rotate {
        /// 任一根密钥文件 Either root key
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
    },
    /// 应急：密钥立即作废，必要时生成新的；受影响的通行码自动重新签发 End keys at once
    Revoke {
        /// 密钥号，见 keys status Which
        #[arg(value_name = "KEY_ID", required = true, value_parser = key)]
        ids: Vec<KeyId>,
        /// 任一根密钥文件 Either root key
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
    },
    /// 生成新的备用根密钥；没有出示的另一把根密钥永久作废 Make a new spare; the root not shown is retired for good
    Spare {
        /// 手上还在的根密钥 The root that is at hand
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// 新的备用根密钥写到哪里 Where the new spare is written
        #[arg(long, value_name = "FILE")]
        spare: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// 校钟或停机超过一天之后，确认现在的时钟正确；请先看一眼 Say that the clock is right now
    Accept,
}

#[derive(Debug, Subcommand)]
pub enum CodesCommand {
    /// 打印已发送多少、预算还剩多少、是否暂停 Print how many left, the budget and pauses
    Status,
}

#[derive(Debug, Subcommand)]
pub enum PassCommand {
    /// 提前撤销通行码，校门几秒内获知 End a pass early
    Revoke {
        /// 通行码编号，16 位十六进制，见 entries list Which
        #[arg(value_name = "PASS_ID", value_parser = pass)]
        pass: PassId,
        /// 原因，与预约一起保存 Kept with the booking
        #[arg(long, value_parser = Reason::parse)]
        reason: Reason,
    },
}

#[derive(Debug, Subcommand)]
pub enum EntriesCommand {
    /// 打印记录，最早的在前 Print entries, oldest first
    List {
        /// 每条一行 JSON One line of JSON per entry
        #[arg(long)]
        json: bool,
        /// 只看校园的这一天 Only this campus day
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        day: Option<CampusDay>,
    },
    /// 打印终端停用之后送来的记录：无人担保，不在记录簿内 Print what terminals brought after they were withdrawn
    SetAside {
        /// 每条一行 JSON One line of JSON per entry
        #[arg(long)]
        json: bool,
    },
    /// 打印对不上的上报和没有转告的记录：哪台终端、从哪一条起 Print pushes that did not hold and entries told to no gate, and from which number on
    Faults,
}

#[derive(Debug, Subcommand)]
pub enum ConflictsCommand {
    /// 打印哪个通行码未出校而两次放行、在哪里，最早的在前 Print them, oldest first
    List,
}

#[derive(Debug, Subcommand)]
pub enum WatchlistCommand {
    /// 列入一个证件；号码从标准输入读取，不留在命令历史里 Watch for a document, read from standard input
    Add {
        /// 证件类型 Kind: resident_id, passport, hk_macao_permit, ...
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: DocumentKind,
        /// 备注是谁，给看名单的人 Who it is
        #[arg(long, default_value = "")]
        note: String,
    },
    /// 打印名单，证件只显示后四位 Print who is on it
    List,
    /// 移出一个证件；号码从标准输入读取 Stop watching for a document
    Remove {
        /// 证件类型 Kind: resident_id, passport, hk_macao_permit, ...
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: DocumentKind,
    },
}

fn staff(text: &str) -> Result<StaffNumber, &'static str> {
    StaffNumber::parse(text).ok_or("工号写得不对 (no staff number)")
}

fn campus(text: &str) -> Result<CampusId, &'static str> {
    text.parse().map(CampusId::new).map_err(|_| "校区编号是 0 到 65535 (a campus is a number)")
}

fn terminal(text: &str) -> Result<TerminalId, &'static str> {
    text.parse().map(TerminalId::new).map_err(|_| "终端编号是一个数 (a terminal is a number)")
}

fn gate(text: &str) -> Result<GateIndex, &'static str> {
    text.parse().ok().and_then(GateIndex::new).ok_or("校门 index 是 0 到 15 (a gate's index is 0 to 15)")
}

fn pass(text: &str) -> Result<PassId, &'static str> {
    PassId::parse(text).ok_or("通行码编号是 16 位小写十六进制 (a pass id is 16 lower-case hex digits)")
}

fn key(text: &str) -> Result<KeyId, &'static str> {
    text.parse().map(KeyId::new).map_err(|_| "密钥号是 0 到 65535 (a key is a number)")
}

fn day(text: &str) -> Result<CampusDay, &'static str> {
    CampusDay::parse(text).ok_or("日期写成 2026-11-23 (a day is written so)")
}

fn kind(text: &str) -> Result<DocumentKind, String> {
    DocumentKind::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = DocumentKind::ALL.into_iter().map(DocumentKind::name).collect();
        format!("应为其中之一 (one of): {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_settings_file_may_stand_anywhere() {
        for line in [
            ["sync-server", "--config", "a.toml", "terminal", "list"],
            ["sync-server", "terminal", "list", "--config", "a.toml"],
        ] {
            assert_eq!(Arguments::try_parse_from(line).unwrap().config, Some("a.toml".into()));
        }
    }

    #[test]
    fn malformed_ids_are_misuse() {
        for line in [
            "terminal invite --campus 70000 --gate 0",
            "terminal invite --campus 1 --gate 16",
            "pass revoke 12 --reason lost",
            "pass revoke 00112233445566AA --reason lost",
            "entries list --day 2026-2-3",
            "watchlist add --kind library_card",
        ] {
            let words = std::iter::once("sync-server").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_err(), "{line}");
        }
    }
}
