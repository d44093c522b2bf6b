//! The shape of the command line. Help is Chinese first, and every word that can be typed is explained.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

use crate::{
    camera_thread,
    config::{FINGERPRINT_FORM, is_fingerprint},
};

#[derive(Debug, Parser)]
#[command(
    name = "gate-terminal",
    version,
    about = "校园访客门岗终端：不带命令就是运行门岗 The gate terminal; without a command it runs the gate",
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub struct Arguments {
    /// 配置文件（TOML）；不给则全用默认值 Settings
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// 不开窗口：每件事输出一行 JSON，每个操作读入一行 JSON No window, JSON lines instead
    #[arg(long)]
    pub headless: bool,

    /// 显示帮助 Print help
    #[arg(long, short, global = true, action = ArgAction::Help)]
    help: Option<bool>,

    /// 显示版本 Print version
    #[arg(long, short = 'V', action = ArgAction::Version)]
    version: Option<bool>,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 用一次性登记码登记本机：从标准输入读登记码，核对指纹后再读 是 或 否 Enrol this terminal by a one-time code
    Enrol {
        /// 管理员告知的根密钥指纹：与服务器的一致才登记，不再询问，用于无人值守 Take these root keys alone, and ask nothing
        #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
        root_fingerprint: Option<String>,
    },
    /// 设置保卫处密码，从标准输入读取 Set the officers' PIN, read from standard input
    Pin,
    /// 解释一个通行码的内容 Explain the text of a pass
    Inspect {
        /// 通行码文本，"-" 表示从标准输入读取 The text, or - for standard input
        #[arg(allow_hyphen_values = true, value_name = "TEXT")]
        text: String,
    },
    /// 显示识读器在图片里看到的码 Show what the reader sees in pictures
    Read {
        /// 每张图片一行 JSON A line of JSON for each picture
        #[arg(long)]
        json: bool,
        /// 图片文件，可以写多个 Picture files
        #[arg(required = true, value_name = "PICTURES")]
        pictures: Vec<PathBuf>,
    },
    /// 识读进程，由门岗程序自己启动 The reading process, started by the gate itself
    #[command(name = camera_thread::COMMAND, hide = true)]
    CameraChild {
        /// 摄像头来源，JSON The camera's source
        #[arg(value_name = "SOURCE")]
        source: String,
    },
}

fn fingerprint(text: &str) -> Result<String, &'static str> {
    if is_fingerprint(text) { Ok(text.to_owned()) } else { Err(FINGERPRINT_FORM) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn is_han(symbol: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&symbol)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_and_argument_is_explained_in_chinese_first() {
        fn explained(command: &clap::Command) -> usize {
            let own = command.get_arguments().map(|argument| (argument.get_id().as_str(), argument.get_help()));
            let mut said = 0;
            for (name, text) in own.chain([("", command.get_about())]) {
                let text = text.map(ToString::to_string).unwrap_or_default();
                assert!(text.starts_with(is_han), "{} {name}: {text:?}", command.get_name());
                said += 1;
            }
            said + command.get_subcommands().map(explained).sum::<usize>()
        }
        assert!(explained(&Arguments::command()) >= 14);
    }

    #[test]
    fn a_fingerprint_that_can_be_none_is_misuse() {
        let typed = |fingerprint: &str| {
            Arguments::try_parse_from(["gate-terminal", "enrol", "--root-fingerprint", fingerprint]).is_ok()
        };
        assert!(typed("0123 4567 89ab cdef 0123 4567 89AB CDEF") && typed(&"0f".repeat(16)));
        assert!(!typed("0123 4567") && !typed("") && !typed(&"0g".repeat(16)));
    }
}
