//! A template as it was registered with the provider: its text is fixed there, and only its variables are ours to fill.
//!
//! The text stands in the settings as well, because from it alone can be told how long a message gets, which variables there are,
//! and whether its link leads here. Both ways to the page of a visit are known: a link whose end is a variable, and a fixed link
//! with a code to type behind it.

use serde::Deserialize;
use thiserror::Error;

use super::sms::SmsProvider;
use crate::office::{
    notice::{Fact, NoticeKind},
    notice_facts::{self, LeadsTo},
};

/// `[[notify.sms.template]]`, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsTemplate {
    pub kind: String,
    /// The provider's name for it.
    pub id: String,
    /// What its variables say, in their order.
    #[serde(default)]
    pub variables: Vec<String>,
    pub text: String,
}

/// The same, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub kind: NoticeKind,
    pub id: String,
    /// By the names that they have in the template, in their order.
    pub variables: Vec<(String, Variable)>,
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// Which of the variables.
    Variable(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    Fact(Fact),
    /// The end of the link.
    Token,
    /// What is typed on the page of a fixed link.
    ApprovalCode,
}

const TOKEN: &str = "token";
const APPROVAL_CODE: &str = "approval_code";
const TOKEN_CHARS: usize = 32;
const APPROVAL_CODE_CHARS: usize = 8;

/// The setting that is wrong, and how.
pub(super) type Wrong = (&'static str, TemplateFault);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateFault {
    #[error("没有填写。It is empty")]
    Empty,
    #[error("没有「{0}」这种通知。There is no kind of message \"{0}\"")]
    Kind(String),
    #[error("这种通知不说「{0}」。Such a message never says \"{0}\"")]
    Unknown(String),
    #[error("「{0}」不像占位符：阿里云写 ${{name}}，腾讯云写 {{1}}、{{2}}。\"{0}\" is no placeholder of this provider")]
    Placeholder(String),
    #[error(
        "有 {listed} 个变量，文字里有 {found} 个占位符。{listed} variables are listed and the text holds {found} placeholders"
    )]
    Count { listed: usize, found: usize },
    #[error("不能有「{0}」，签名也不写在这里。It may not hold \"{0}\"; nor does the signature stand here")]
    Forbidden(char),
    #[error(
        "最长会到 {chars} 字（按 {parts} 条计费），超过 {longest} 字。It may grow to {chars} characters, billed as {parts}, and {longest} may be sent"
    )]
    TooLong { chars: usize, parts: usize, longest: usize },
    #[error("变量 token 前面应是 {0}。The variable token must stand right behind {0}")]
    Link(String),
    #[error("用审核码时，文字里应有固定链接 {0}。A text with an approval code must hold {0}")]
    FixedLink(String),
    #[error("变量最多 {limit} 字，而它要 {needed} 字。A variable holds {limit} characters and it needs {needed}")]
    Narrow { limit: usize, needed: usize },
}

impl SmsTemplate {
    pub(super) fn holds_code(&self) -> bool {
        self.variables.iter().any(|name| name == APPROVAL_CODE)
    }
}

impl Template {
    pub(super) fn read(written: &SmsTemplate, provider: SmsProvider) -> Result<Self, Wrong> {
        let kind = NoticeKind::from_name(&written.kind).filter(|kind| !notice_facts::always(*kind).is_empty());
        let kind = kind.ok_or_else(|| ("kind", TemplateFault::Kind(written.kind.clone())))?;
        if written.id.trim().is_empty() {
            return Err(("id", TemplateFault::Empty));
        }
        let meant = written.variables.iter().map(|name| {
            let variable = Variable::read(name).filter(|variable| variable.may_be_said(kind));
            variable.ok_or_else(|| ("variables", TemplateFault::Unknown(name.clone())))
        });
        let meant: Vec<_> = meant.collect::<Result<_, _>>()?;
        let (pieces, names) = pieces(&written.text, provider).map_err(|fault| ("text", fault))?;
        if names.len() != meant.len() {
            return Err(("variables", TemplateFault::Count { listed: meant.len(), found: names.len() }));
        }
        let fixed = pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Variable(_) => None,
        });
        if let Some(symbol) = fixed.flat_map(str::chars).find(|symbol| is_forbidden(*symbol)) {
            return Err(("text", TemplateFault::Forbidden(symbol)));
        }
        let variables = names.into_iter().zip(meant).collect();
        Ok(Self { kind, id: written.id.clone(), variables, pieces })
    }

    /// A link in it must lead here, and be whole when its variable is filled in.
    pub(super) fn leads_here(&self, site: &str, variable_limit: usize) -> Result<(), Wrong> {
        let needed = |needed: usize| {
            let fault = TemplateFault::Narrow { limit: variable_limit, needed };
            if needed > variable_limit { Err(("variables", fault)) } else { Ok(()) }
        };
        let mut before = "";
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => before = text,
                Piece::Variable(at) if self.variable(*at) == Some(Variable::Token) => {
                    needed(TOKEN_CHARS)?;
                    let link = match notice_facts::leads_to(self.kind) {
                        Some(LeadsTo::Decision) => format!("{site}/d/"),
                        Some(LeadsTo::Pass) | None => format!("{site}/p/"),
                    };
                    if !before.ends_with(&link) {
                        return Err(("text", TemplateFault::Link(link)));
                    }
                    before = "";
                }
                Piece::Variable(at) if self.variable(*at) == Some(Variable::ApprovalCode) => {
                    needed(APPROVAL_CODE_CHARS)?;
                    let link = format!("{site}/a");
                    let has = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(&link));
                    if !self.pieces.iter().any(has) {
                        return Err(("text", TemplateFault::FixedLink(link)));
                    }
                    before = "";
                }
                Piece::Variable(_) => before = "",
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn variable(&self, at: usize) -> Option<Variable> {
        self.variables.get(at).map(|(_, variable)| *variable)
    }

    #[must_use]
    pub fn says(&self, fact: Fact) -> bool {
        self.variables.iter().any(|(_, variable)| *variable == Variable::Fact(fact))
    }

    /// Whether a message that says this much fills it.
    #[must_use]
    pub fn says_only(&self, facts: &[Fact]) -> bool {
        self.variables.iter().all(|(_, variable)| match variable {
            Variable::Fact(fact) => facts.contains(fact),
            Variable::Token | Variable::ApprovalCode => true,
        })
    }

    /// Characters at most, without the signature.
    #[must_use]
    pub fn longest(&self, variable_limit: usize) -> usize {
        let chars = |piece: &Piece| match piece {
            Piece::Text(text) => text.chars().count(),
            Piece::Variable(at) => match self.variable(*at) {
                Some(Variable::Token) => TOKEN_CHARS,
                Some(Variable::ApprovalCode) => APPROVAL_CODE_CHARS,
                Some(Variable::Fact(_)) | None => variable_limit,
            },
        };
        self.pieces.iter().map(chars).sum()
    }
}

impl Variable {
    fn read(name: &str) -> Option<Self> {
        match name {
            TOKEN => Some(Self::Token),
            APPROVAL_CODE => Some(Self::ApprovalCode),
            _ => Fact::from_name(name).map(Self::Fact),
        }
    }

    fn may_be_said(self, kind: NoticeKind) -> bool {
        match self {
            Self::Fact(fact) => {
                let mut always = notice_facts::always(kind).iter();
                always.any(|form| form.contains(&fact)) || notice_facts::sometimes(kind).contains(&fact)
            }
            Self::Token => notice_facts::leads_to(kind).is_some(),
            Self::ApprovalCode => notice_facts::leads_to(kind) == Some(LeadsTo::Decision),
        }
    }
}

/// How many messages are paid for: 70 characters are one, more are sent in parts of 67.
#[must_use]
pub const fn parts(chars: usize) -> usize {
    if chars <= 70 { 1 } else { chars.div_ceil(67) }
}

/// What neither a template nor a variable may hold: what old telephones have no letter for, and what templates are made with.
#[must_use]
pub const fn is_forbidden(symbol: char) -> bool {
    matches!(symbol,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '【' | '】' | '{' | '}' | '$' | '•'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        // Arrows, technical signs, enclosed numbers, boxes, stars and dingbats.
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3200}'..='\u{33ff}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f000}'..='\u{1ffff}')
}

/// Whether a gateway would take some of it for an address on the web.
#[must_use]
pub fn holds_address(text: &str) -> bool {
    text.split(|symbol: char| !is_of_address(symbol)).any(is_address)
}

/// What an address on the web is written with.
#[must_use]
pub const fn is_of_address(symbol: char) -> bool {
    symbol.is_ascii_alphanumeric()
        || matches!(symbol, '.' | ':' | '/' | '-' | '_' | '?' | '=' | '&' | '%' | '#' | '@' | '~')
}

/// Whether a word of such symbols reads as one.
#[must_use]
pub fn is_address(word: &str) -> bool {
    let small = word.to_ascii_lowercase();
    if small.contains("://") || small.starts_with("www.") {
        return true;
    }
    let host = small.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let mut labels = host.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let is_name =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_lowercase())
        && labels.next().is_some_and(|label| is_name(label.rsplit('@').next().unwrap_or_default()))
}

/// The text in pieces, and the names of its placeholders in their order.
fn pieces(text: &str, provider: SmsProvider) -> Result<(Vec<Piece>, Vec<String>), TemplateFault> {
    let opening = match provider {
        SmsProvider::Aliyun => "${",
        SmsProvider::Tencent => "{",
    };
    let (mut pieces, mut names, mut rest) = (Vec::new(), Vec::<String>::new(), text);
    while let Some((before, after)) = rest.split_once(opening) {
        let unclosed =
            || TemplateFault::Placeholder(format!("{opening}{}", after.chars().take(12).collect::<String>()));
        let (name, behind) = after.split_once('}').ok_or_else(unclosed)?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(unclosed());
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let at = names.iter().position(|known| known == name).unwrap_or(names.len());
        if at == names.len() {
            if provider == SmsProvider::Tencent && name != (at + 1).to_string() {
                return Err(unclosed());
            }
            names.push(name.to_owned());
        }
        pieces.push(Piece::Variable(at));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    if text.trim().is_empty() { Err(TemplateFault::Empty) } else { Ok((pieces, names)) }
}
