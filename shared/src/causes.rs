//! What an error says, to its first cause, for people: what a system or a database says in English has its meaning before it.

use std::error::Error;

/// By their words, which are the same however they were wrapped on the way up.
const MEANINGS: [(&str, &str); 29] = [
    ("No space left on device", "磁盘满了"),
    ("database or disk is full", "磁盘满了"),
    ("Disk quota exceeded", "磁盘配额用完了"),
    // SQLite's memory beside the file: what hinders it is room.
    ("Error code 4874", "磁盘满了"),
    ("Permission denied", "没有权限"),
    ("Operation not permitted", "没有权限"),
    ("Read-only file system", "磁盘或介质是只读的"),
    ("attempt to write a readonly database", "数据库文件只能读"),
    ("No such file or directory", "没有这个文件或文件夹"),
    ("Is a directory", "这是文件夹，不是文件"),
    ("Not a directory", "路径里有一段不是文件夹"),
    ("File name too long", "文件名太长"),
    ("Input/output error", "磁盘或介质读写出错"),
    ("disk I/O error", "磁盘读写出错"),
    ("unable to open database file", "数据库文件打不开"),
    ("database disk image is malformed", "数据库文件坏了"),
    ("file is not a database", "不是数据库文件"),
    ("database is locked", "数据库正被占用"),
    ("Device or resource busy", "设备正被占用"),
    ("No such device", "没有这个设备"),
    ("Too many open files", "打开的文件太多"),
    ("Address already in use", "端口已被占用"),
    ("Cannot assign requested address", "本机没有这个地址"),
    ("Connection refused", "对方没有在听"),
    ("Connection reset by peer", "连接被对方断开"),
    ("Network is unreachable", "网络不通"),
    ("No route to host", "网络不通"),
    ("failed to lookup address", "查不到这个主机名"),
    ("timed out", "等了太久没有回音"),
];

/// The error and its causes; what one has said already the next does not say again.
#[must_use]
pub fn of(error: &dyn Error) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !said.last().is_some_and(|before| before.ends_with(&text)) {
            said.push(text);
        }
        next = error.source();
    }
    said.into_iter()
        .map(|text| meaning(&text).map_or_else(|| text.clone(), |chinese| format!("{chinese} {text}")))
        .collect()
}

/// The same in one line.
#[must_use]
pub fn in_one_line(error: &dyn Error) -> String {
    of(error).join(": ")
}

/// Of what is Chinese already, none.
fn meaning(text: &str) -> Option<&'static str> {
    let foreign = text.starts_with(|first: char| first.is_ascii());
    MEANINGS.iter().find(|(english, _)| foreign && text.contains(english)).map(|(_, chinese)| *chinese)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("存不下来。It cannot be kept")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct Middle(#[from] io::Error);

    #[test]
    fn a_system_s_own_words_have_their_meaning_before_them_and_nothing_is_said_twice() {
        for (code, chinese) in [(28, "磁盘满了"), (13, "没有权限"), (98, "端口已被占用"), (111, "对方没有在听")]
        {
            let cause = io::Error::from_raw_os_error(code);
            let told = format!("存不下来。It cannot be kept: {chinese} {cause}");
            assert_eq!(in_one_line(&Outer(Middle(cause))), told);
        }
        let unknown = Outer(Middle(io::Error::other("in no list")));
        assert_eq!(of(&unknown), ["存不下来。It cannot be kept", "in no list"]);
    }
}
