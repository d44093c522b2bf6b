//! Whether a text holds something that a telephone would turn into a link.
//!
//! What strangers type travels in messages under the university's name, and a link in one of those is trusted. So a text with one is
//! sent back; a word too many sent back is only a word to change.

use unicode_normalization::UnicodeNormalization as _;

/// What ends the name of most sites that strangers would send people to. Endings that are as often words after an abbreviation
/// (`Co.Ltd`, `Mr.Li`) are left out: telephones do not make links of those either.
const ENDINGS: &[&str] = &[
    "ai", "app", "asia", "biz", "buzz", "cc", "cfd", "chat", "click", "cloud", "club", "cn", "co", "com", "cool",
    "cyou", "date", "dev", "edu", "eu", "fit", "fun", "gov", "group", "hk", "help", "icu", "ink", "info", "io", "jp",
    "kim", "link", "live", "lol", "loan", "ly", "me", "mobi", "mo", "name", "net", "news", "one", "online", "org",
    "page", "plus", "press", "pro", "pub", "pw", "red", "ren", "ru", "run", "sbs", "shop", "site", "so", "space",
    "store", "studio", "tech", "tk", "today", "top", "tv", "tw", "uk", "us", "video", "vip", "wang", "website", "wiki",
    "win", "work", "world", "ws", "xin", "xyz", "zone", "中国", "公司", "网络", "网址", "在线",
];

#[must_use]
pub fn holds_web_address(text: &str) -> bool {
    let plain: String = text.nfkc().flat_map(char::to_lowercase).collect();
    plain.contains("://")
        || plain.contains("www.")
        || names_a_site(&plain)
        || plain.split(|symbol: char| !(symbol.is_ascii_alphanumeric() || symbol == '.')).any(is_address)
}

/// A dot between a letter and an ending that sites have, where no longer word goes on. Names may be in any letters, and browsers take
/// a Chinese full stop for the dot.
fn names_a_site(text: &str) -> bool {
    let mut before = None;
    text.char_indices().any(|(at, symbol)| {
        let named = before.replace(symbol).is_some_and(char::is_alphanumeric);
        let Some(rest) = text.get(at + symbol.len_utf8()..).filter(|_| named && matches!(symbol, '.' | '。')) else {
            return false;
        };
        // After a full stop a sentence may well begin with a Chinese ending.
        let mut endings = ENDINGS.iter().filter(|ending| symbol == '.' || ending.is_ascii());
        rest.starts_with("xn--") || endings.any(|ending| rest.strip_prefix(ending).is_some_and(ends))
    })
}

/// In our texts what follows a site's name is the sentence around it.
fn ends(after: &str) -> bool {
    !after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-')
}

fn is_address(word: &str) -> bool {
    let mut numbers = word.trim_matches('.').split('.');
    numbers.clone().count() == 4 && numbers.all(|number| number.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_a_link_is_found() {
        for text in [
            "请点 http://evil.example/a 登录领取补贴",
            "HTTPS://a",
            "weixin://dl/x",
            "上www.evil.x看",
            "请上evil.com登录",
            "evil.com.",
            "evil.com/login?x=1",
            "见 t.me/abc。",
            "ｅｖｉｌ．ｃｏｍ",
            "evil.com.cn，谢谢",
            "a-b.TOP",
            "1.2.3.4/x",
            "evil.xn--fiqs8s",
            "evil.中国",
            "someone@evil.cn",
            "见中文.com",
            "王.中国",
            "evil。com",
            "évil.com 登录",
            "evil.com在线登录",
        ] {
            assert!(holds_web_address(text), "{text}");
        }
    }

    #[test]
    fn what_people_write_is_let_through() {
        for text in [
            "学术报告",
            "参加3.15活动",
            "2026.11.23 10:00 开会",
            "Node.js 与 Vue.js 讲座",
            "ABC Co.Ltd. 拜访",
            "Mr.Li, Ph.D. 面谈",
            "p.m. 3 点到",
            "v1.2.3 验收",
            "送货...com",
            "中国公司网络维护",
            "到访。",
            "人在西安。公司，学校都去",
            "讲座。community 活动",
            "",
        ] {
            assert!(!holds_web_address(text), "{text}");
        }
    }
}
