//! `notify list` and `notify test`: what became of notices, and whether a channel works.

mod templates;

use std::{io::Write, sync::Arc};

use shared::{identity::Phone, ids::StaffNumber, time::Moment};

use super::{Failure, Office, table};
use crate::{
    clock::Clock,
    config::{Config, HallAdapter, Sms},
    notify::{Accepted, Failure as Kind, Sender, Unsent},
    office::{
        Channel, Staff, harmless,
        notice::{self, Message},
    },
    serve,
    store::{Followed, GivenUp, ListedNotice, Notice, NoticeState, Receipt},
};

/// More fit on no screen; the numbers above the table are of all.
const LISTED: usize = 200;

pub(super) async fn list(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let (listed, counts) = office.store.notices_listed(LISTED).await?;
    if listed.is_empty() {
        writeln!(out, "没有等待、未送达或可能重复的通知。No notice waits, failed or may have come twice")?;
        return Ok(());
    }
    writeln!(
        out,
        "等待 {}，未能送出 {}，未能送达 {}，可能重复 {} 次。Waiting, given up, undelivered, possible doubles",
        counts.waiting, counts.given_up, counts.undelivered, counts.doubles
    )?;
    let rows: Vec<[String; 9]> = listed.iter().map(row).collect();
    let head = [
        "编号 id",
        "写于 made",
        "渠道 channel",
        "种类 kind",
        "收件 to",
        "预约 booking",
        "状态 state",
        "重复 doubles",
        "原因 why",
    ];
    table::print(out, head, &rows)?;
    Ok(())
}

fn row(listed: &ListedNotice) -> [String; 9] {
    let ListedNotice { id, booking, to, made_at, status, tries, doubles, why } = listed;
    let to = Phone::parse(to).map_or_else(|_| to.clone(), |phone| phone.masked());
    let state = match (&status.state, &status.receipt) {
        (NoticeState::Waiting { .. }, _) => format!("等待，已试 {tries} 次 waiting"),
        (NoticeState::Sent { .. }, Some((Receipt::Failed(_), _))) => "未能送达 undelivered".to_owned(),
        (NoticeState::Sent { .. }, Some((Receipt::Delivered, _))) => "已送达 delivered".to_owned(),
        (NoticeState::Sent { .. }, Some((Receipt::Read, _))) => "已读 read".to_owned(),
        (NoticeState::Sent { .. }, None) => "已发送 sent".to_owned(),
        (NoticeState::GivenUp(GivenUp::Aged), _) => "超时放弃 aged out".to_owned(),
        (NoticeState::GivenUp(GivenUp::Refused), _) => "被拒绝 refused".to_owned(),
        (NoticeState::GivenUp(GivenUp::Needless), _) => "无需发送 needless".to_owned(),
        (NoticeState::GivenUp(GivenUp::Together), _) => "合并通知 together".to_owned(),
    };
    [
        id.to_string(),
        made_at.campus_date_and_clock(),
        status.channel.name().to_owned(),
        status.kind.name().to_owned(),
        to,
        booking.map(|id| id.to_string()).unwrap_or_default(),
        state,
        doubles.to_string(),
        why.clone().unwrap_or_default(),
    ]
}

/// Opens the office as `serve` does, so that what keeps the server down is said here, too.
pub(super) async fn test(
    config: Config,
    clock: Arc<dyn Clock>,
    to: &StaffNumber,
    template: Option<&str>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let _beside = serve::beside(&config)?;
    let state = serve::open(config, clock).await?;
    let staff = state.store.staff_by_number(to).await?.ok_or_else(|| Failure::UnknownStaff(to.clone()))?;
    let (senders, now, texts) = (serve::channels(&state)?, state.clock.now(), state.config.notify.sms.as_ref());
    let failed = match template {
        Some(name) => {
            let sender = senders.iter().find(|sender| sender.about().carries(Channel::Sms));
            templates::try_named(sender.map(AsRef::as_ref), texts, name, &staff, now, out).await?
        }
        None => {
            let failed = try_each(&senders, texts, &staff, now, out).await?;
            if state.config.notify.hall.as_ref().is_some_and(|hall| hall.adapter == HallAdapter::Pull) {
                fetched(&state.config, &staff, out)?;
            }
            failed
        }
    };
    match failed {
        0 => Ok(()),
        failed => Err(Failure::ChannelsFailed(failed)),
    }
}

/// How many did not take it.
async fn try_each(
    senders: &[Box<dyn Sender>],
    texts: Option<&Sms>,
    staff: &Staff,
    now: Moment,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    if senders.is_empty() {
        return Err(Failure::NoChannel);
    }
    let (when, mut failed) = (now.campus_date_and_clock(), 0);
    for channel in Channel::ALL {
        let Some(sender) = senders.iter().find(|sender| sender.about().carries(channel)) else {
            writeln!(out, "{}：未设置。Not configured", channel.name())?;
            continue;
        };
        if sender.about().adapter == HallAdapter::Pull.name() {
            continue;
        }
        let named = format!("{}（{}）", channel.name(), sender.about().adapter);
        let asks = notice_of(channel, staff, notice::channel_test(&when), now, None);
        let texts = texts.filter(|_| channel == Channel::Sms);
        let tried = texts.map(|texts| templates::announced(&named, texts, &asks, out)).transpose()?.flatten();
        let sent = sender.send(&asks).await;
        if let Err(unsent) = &sent {
            failed += 1;
            writeln!(out, "{named}：{}", said(unsent))?;
        }
        if let Ok(Accepted { handle }) = &sent {
            let handle = handle.as_deref().map_or("-".to_owned(), harmless);
            writeln!(out, "{named}：已受理，对方编号 {handle}。Taken")?;
        }
        if let Some((texts, tried)) = texts.zip(tried) {
            templates::not_tried(&named, texts, &tried, out)?;
        }
        let Some(accepted) = sent.ok().filter(|_| channel != Channel::Sms) else { continue };
        // No to-do and no card is left behind.
        let follows = Some(Followed { key: asks.key(), handle: accepted.handle });
        match sender.send(&notice_of(channel, staff, notice::channel_test_over(&when), now, follows)).await {
            Ok(_) => writeln!(out, "{named}：待办或卡片已更新。And it was settled")?,
            Err(unsent) => {
                failed += 1;
                writeln!(out, "{named}：更新待办或卡片时{}", said(&unsent))?;
            }
        }
    }
    Ok(failed)
}

/// Nothing is sent to a hall that fetches, so what it would do is what tries it. The code stays in its file.
fn fetched(config: &Config, staff: &Staff, out: &mut dyn Write) -> Result<(), Failure> {
    let (site, user) = (&config.public_url, staff.address(Channel::Hall));
    let code = config.data_dir.join("secrets").join(HallAdapter::Pull.secret().unwrap_or_default());
    writeln!(
        out,
        "hall（pull）：没有发送任何内容，待办等大厅来取。Nothing was sent: it waits to be fetched; to try it:"
    )?;
    writeln!(
        out,
        "  printf 'header = \"authCode: %s\"' \"$(cat '{}')\" | curl --config - '{site}/providers/hall/todos?user={user}'",
        code.display()
    )?;
    Ok(())
}

fn notice_of(channel: Channel, staff: &Staff, message: Message, now: Moment, follows: Option<Followed>) -> Notice {
    Notice {
        // No notice of the office's own has such a number.
        id: if follows.is_some() { -1 } else { 0 },
        channel,
        to: staff.address(channel).to_owned(),
        kind: message.kind,
        booking: None,
        text: message.text,
        facts: message.facts,
        path: Some(leads_to(channel)),
        failed: 0,
        made_at: now,
        follows,
    }
}

/// A template for text messages holds the end of a link: one that opens nothing.
const DEAD_LINK: &str = "/decide/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn leads_to(channel: Channel) -> String {
    match channel {
        Channel::Sms => DEAD_LINK.to_owned(),
        Channel::Hall | Channel::Wecom => "/bookings".to_owned(),
    }
}

fn said(unsent: &Unsent) -> String {
    let kind = match unsent.kind {
        Kind::Permanent => "被拒绝（refused）",
        Kind::Later { .. } | Kind::Enough { .. } if unsent.somebody => "需要有人处理（somebody's turn）",
        Kind::Later { .. } => "暂未受理（later）",
        Kind::Enough { .. } => "这个号码暂时收满了，请换人再试（had enough）",
        Kind::Unknown => "结果不明（unknown）",
    };
    let cause = unsent.cause.as_deref().map(|cause| format!("（{}）", first_cause(cause))).unwrap_or_default();
    harmless(&format!("{kind}：{}{cause}", unsent.why))
}

/// What is told on the way up says less.
fn first_cause(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), first_cause)
}

#[cfg(test)]
mod tests {
    use shared::{identity::PersonName, ids::StaffNumber};

    use super::*;
    use crate::notify::{About, Console, Pace, Sending};

    struct Hall;

    impl Sender for Hall {
        fn about(&self) -> About {
            About { adapter: "weaver", channel: Some(Channel::Hall), pace: Pace::UNHURRIED }
        }

        fn send<'a>(&'a self, notice: &'a Notice) -> Sending<'a> {
            Box::pin(async move {
                match &notice.follows {
                    None => Ok(Accepted { handle: Some("todo-7".to_owned()) }),
                    Some(followed) if followed.handle.as_deref() == Some("todo-7") => {
                        Err(Unsent::permanent(format!("\u{1b}[2Jerrcode 7 {}", "x".repeat(3000))))
                    }
                    Some(_) => Ok(Accepted::default()),
                }
            })
        }
    }

    fn staff() -> Staff {
        Staff {
            number: StaffNumber::parse("T1").unwrap(),
            name: PersonName::parse("李文").unwrap(),
            department: "图书馆".to_owned(),
            phone: Phone::parse("13800130001").unwrap(),
            wecom_id: None,
            hall_id: None,
        }
    }

    #[tokio::test]
    async fn each_channel_prints_what_came_back() {
        let mut out = Vec::new();
        let senders: Vec<Box<dyn Sender>> = vec![Box::new(Hall)];
        assert_eq!(try_each(&senders, None, &staff(), Moment::from_unix_s(0), &mut out).await.unwrap(), 1);
        let told = String::from_utf8(out).unwrap();
        for said in ["sms：未设置", "hall（weaver）：已受理，对方编号 todo-7", "errcode 7", "被拒绝"]
        {
            assert!(told.contains(said), "{said}: {told}");
        }
        assert!(!told.contains('\u{1b}') && told.len() < 1000, "{told}");
        let senders: Vec<Box<dyn Sender>> = vec![Box::new(Console::new("", Vec::new()))];
        assert_eq!(try_each(&senders, None, &staff(), Moment::from_unix_s(0), &mut Vec::new()).await.unwrap(), 0);
    }
}
