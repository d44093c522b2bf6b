//! What a line of the settings is wrong about, in Chinese: the reader of the file says it in English alone.
//!
//! The English block that shows the line stands below it as it is. The reader itself is not named here: it is handed over as what
//! it says, where, and how it shows the line.

use super::place;

/// A line that is not understood, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    line: usize,
    setting: String,
    chinese: String,
    shown: String,
}

impl Misread {
    /// `text` is the whole file, `offset` where the reader stopped, `message` its sentence and `shown` all that it says, with the line.
    #[must_use]
    pub fn of(text: &str, offset: usize, message: &str, shown: String) -> Self {
        let (mut line, mut setting) =
            place::at(text, offset).map_or((1, String::new()), |place| (place.line, place.setting));
        let (chinese, missing) = said(message);
        if let Some(missing) = missing {
            setting = if setting.is_empty() { missing } else { format!("{setting}.{missing}") };
        }
        // Of a table that is read by what its kind is, the reader names the whole; the line is there to be found.
        if let Some(unknown) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
            let within = format!("{setting}.{unknown}");
            if let Some(found) = place::exactly(text, &within) {
                (line, setting) = (found, within);
            }
        }
        Self { line, setting, chinese, shown }
    }
}

impl std::fmt::Display for Misread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, setting, chinese, shown } = self;
        write!(f, "第 {line} 行，{setting}：{chinese}。Line {line}, {setting}, is not understood:\n{shown}")
    }
}

impl std::error::Error for Misread {}

/// In Chinese, and the setting that is missing if it is that.
fn said(english: &str) -> (String, Option<String>) {
    let is_han = |symbol: char| ('\u{4e00}'..='\u{9fff}').contains(&symbol);
    if english.contains(is_han) {
        // What is ours says so itself.
        let (chinese, _) = english.rsplit_once('。').unwrap_or((english, ""));
        return (chinese.to_owned(), None);
    }
    let mut quoted = english.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default().to_owned();
    let others = quoted.collect::<Vec<_>>().join("、");
    let usable = if others.is_empty() { String::new() } else { format!("，可用的有：{others}") };
    let begins = |with: &str| english.starts_with(with);
    let chinese = match english {
        _ if begins("unknown field") => format!("没有「{first}」这个设置{usable}"),
        _ if begins("unknown variant") => format!("不能是「{first}」{usable}"),
        _ if begins("missing field") => return (format!("缺少 {first}"), Some(first)),
        _ if begins("duplicate") => "写了两次".to_owned(),
        // What is chosen from a list of words.
        _ if begins("wanted string") => "值的类型不对，应是引号里的文字".to_owned(),
        _ if begins("invalid type") => {
            format!("值的类型不对，应是{}", type_of(english))
        }
        _ if begins("invalid value") => format!("值不在可用的范围内，应是{}", type_of(english)),
        _ if begins("invalid socket address") => "应写成 地址:端口，如 127.0.0.1:8460".to_owned(),
        _ if begins("a gate's index") => "校门编号是 0 到 15".to_owned(),
        _ => "写法不对，或不是可用的值".to_owned(),
    };
    (chinese, None)
}

fn type_of(english: &str) -> String {
    let (_, expected) = english.split_once("expected ").unwrap_or_default();
    match expected {
        "u8" => " 0 到 255 的整数".to_owned(),
        "u16" => " 0 到 65535 的整数".to_owned(),
        "u32" | "u64" | "usize" => "不小于 0 的整数".to_owned(),
        "a boolean" => " true 或 false".to_owned(),
        "a sequence" => "方括号里的列表".to_owned(),
        _ if expected.starts_with("a nonzero") => "大于 0 的整数".to_owned(),
        _ if expected.contains("string") => "引号里的文字".to_owned(),
        other => format!("「{other}」"),
    }
}
