//! `codes status`: what sign-in codes cost so far, who of them was used, and whether strangers' codes pause.

use std::io::Write;

use super::{Failure, Office, table};
use crate::office::{Asker, PauseReason, Span};

pub(super) async fn status(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let now = office.now();
    let book = office.store.code_book(now).await?;
    let budget = office.config.sign_in.limits().budget;
    let spans = [(Span::Minute, "本分钟 minute"), (Span::Hour, "本小时 hour"), (Span::Day, "今天 day")];
    let rows = spans.map(|(span, name)| {
        let (sent, unused) = book.ledger.counts(span);
        [name.to_owned(), sent.to_string(), budget.most(span).to_string(), unused.to_string()]
    });
    table::print(out, ["时段 span", "已发 sent", "预算 budget", "未使用 unused"], &rows)?;
    writeln!(out, "今天未得到解释的错误验证码 {} 次。Wrong guesses standing open", book.ledger.guesses_open())?;
    if book.ledger.asks_twice() {
        writeln!(out, "有人在猜验证码：陌生浏览器今天要输入两条。Strangers type two codes today")?;
    }
    let pauses = office.store.code_pauses(now).await?;
    if pauses.is_empty() {
        writeln!(out, "验证码照常发送。Codes leave as usual")?;
    }
    for (asker, pause) in pauses {
        let whose = if asker == Asker::Cold { "未用过验证码的网络" } else { "所有陌生手机" };
        let why = match pause.why {
            PauseReason::Budget => "预算份额用完",
            PauseReason::Channel => "短信连续失败",
        };
        let (since, until) = (pause.since.campus_date_and_clock(), pause.until.campus_date_and_clock());
        writeln!(out, "{whose}暂停：{why}，{since} 至 {until}。Codes to strangers pause")?;
    }
    Ok(())
}
