//! The story, step by step.

use std::path::Path;

use chrono::TimeDelta;
use image::{GrayImage, ImageEncoder as _, Luma, codecs::png::PngEncoder};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::Value;
use shared::time::CampusDay;
use sync_server::clock::{Clock as _, SystemClock};
use world::{
    Trouble,
    people::{Form, HOST_NAME, HOST_PHONE, VISITOR_PHONE, resident_number},
    person::Person,
    trouble::hold,
};

use crate::{
    gate::{Gate, Seen, number, text},
    office::Office,
    programs::run,
    say,
};

/// Tells it, and hands back what is still running.
pub(crate) async fn tell(room: &Path) -> Result<(Office, Gate), Trouble> {
    let today = wait_for_a_day_that_lasts().await;
    println!("从预约到校门 From a booking to the gate\n");
    let mut office = Office::prepare(room)?;
    office.start()?;
    say(&format!(
        "服务器运行于 {}，数据库是新的，在 {}。The server runs with a database of its own.",
        office.url,
        room.display()
    ));
    let mut gate = Gate::enrol(room, &office)?;
    gate.start()?;
    gate.catch_up(1)?;
    say("终端用一次性登记码登记在长安校区南门，已取得第一批数据。A terminal was enrolled and has the first news.");

    let passes = Passes::arrange(&office, today).await?;
    gate.catch_up(3)?;
    office.stop()?;
    say("服务器已停，此后校门独自核验。The server is stopped; from here on the gate is alone.");

    let mut log = Vec::new();
    let mut expect = |seen: Seen, verdict: &str, why: &str, what: &str| {
        let held = seen.verdict() == verdict && seen.why() == why;
        hold(held, &format!("{what}：应为 {verdict} {why}，终端却说 the terminal said {seen:?}"))?;
        say(&format!("{what}：{} — {}", word(verdict), seen.sentence()));
        log.push(seen.seq);
        Ok::<_, Trouble>(())
    };
    expect(gate.show(&passes.today)?, "admit", "", "访客把手机对着镜头 The visitor's phone")?;
    expect(
        gate.show(&tampered(room, &passes.today)?)?,
        "refuse",
        "bad_signature",
        "改动了一个字符的码 A code with one character changed",
    )?;
    expect(gate.show(&passes.tomorrow)?, "refuse", "early", "明天的通行码 Tomorrow's pass")?;
    expect(gate.show(&passes.other_campus)?, "refuse", "other_campus", "雁塔校区的通行码 A pass for another campus")?;
    expect(gate.show(&passes.today)?, "refuse", "inside", "第一个通行码再扫一次 The first pass a second time")?;

    office.start()?;
    gate.acknowledged(5)?;
    gate.catch_up(1)?;
    say("服务器恢复，终端已上传出入记录并取得签收。The server is back and has countersigned the entries.");

    let host = Person::signed_in(&office.url, HOST_PHONE, &office.mailbox).await?;
    let revoked = host.press(&passes.second_booking, &format!("{}/revoke", passes.second_booking)).await?;
    hold(revoked.status == 303, &format!("撤销得到的答复是 revoking answered {}", revoked.status))?;
    gate.catch_up(1)?;
    expect(
        gate.show(&passes.second)?,
        "refuse",
        "revoked",
        "被访人撤销了另一位访客的通行码 A pass that its host revoked",
    )?;

    gate.acknowledged(6)?;
    let server_log = server_log(&office)?;
    hold(
        server_log == log,
        &format!("终端写了记录 the terminal wrote {log:?}，服务器上是 the server holds {server_log:?}"),
    )?;
    say(&format!("服务器上有这台终端的 {} 条记录，每条一次。The server holds each of its entries once.", log.len()));
    Ok((office, gate))
}

/// A pass is good on its day only, so the story must not be told across midnight.
async fn wait_for_a_day_that_lasts() -> CampusDay {
    let now = SystemClock.now();
    let left = CampusDay::of(now).end().since(now);
    if left < TimeDelta::minutes(3) {
        println!("快到校园午夜了，新的一天开始后演示。It is almost midnight; the demo begins with the new day.\n");
        tokio::time::sleep(left.to_std().unwrap_or_default()).await;
    }
    CampusDay::of(SystemClock.now())
}

/// The pictures on the phones of the story, as the pass pages show them.
struct Passes {
    today: Vec<u8>,
    tomorrow: Vec<u8>,
    other_campus: Vec<u8>,
    second: Vec<u8>,
    second_booking: String,
}

impl Passes {
    async fn arrange(office: &Office, today: CampusDay) -> Result<Self, Trouble> {
        let form = |day| Form::good(day).with("from", "00:00").with("until", "24:00");
        let visitor = Person::signed_in(&office.url, VISITOR_PHONE, &office.mailbox).await?;
        say(&format!(
            "访客用短信验证码登录，手机号 {VISITOR_PHONE}。The visitor signed in by a code sent to the phone."
        ));
        let booking = visitor.booked(&form(today)).await?;
        let notices = office.mailbox.take_three().await?;
        say("预约已提交，被访人收到三条通知：The booking is submitted; the host was told three times:");
        for notice in &notices {
            println!("    {notice}");
        }

        let [sms, hall, wecom] = notices;
        let host = Person::new(&office.url)?;
        let (sms, hall, wecom) = (host.open(&sms).await?, host.open(&hall).await?, host.open(&wecom).await?);
        let decided = host.tap(&hall, "approve").await?;
        hold(matches!(decided.status, 200 | 303), &format!("审核得到的答复是 approving answered {}", decided.status))?;
        say("在网办大厅的链接上点一下，审核通过。One tap on the service hall's link approved it.");
        for dead in [&sms, &wecom] {
            let page = host.get(&dead.address).await?;
            let after = host.tap(dead, "decline").await?;
            hold(
                page.standing() == Some("approved") && after.standing() == Some("approved") && after.says(HOST_NAME),
                "另两条链接应已失效，并写明谁审核的 the other links are dead and say who decided",
            )?;
        }
        say("另两条链接已失效，写明是谁审核的。The other two links are dead and say who decided.");
        let today_png = Self::picture(&visitor, &booking).await?;
        say("访客页面上出现通行码，镜头看到的就是它。The visitor's page shows the pass.");

        let approve = async |form: Form| {
            let booking = visitor.booked(&form).await?;
            let [sms, ..] = office.mailbox.take_three().await?;
            host.decide(&sms, "approve").await?;
            Ok::<_, Trouble>((Self::picture(&visitor, &booking).await?, booking))
        };
        let (tomorrow, _) = approve(form(today.plus_days(1))).await?;
        let (other_campus, _) = approve(form(today).with("campus", "2")).await?;
        let second = form(today).with("visitor_name", "艾力·买买提").with("document_number", resident_number(77));
        let (second, second_booking) = approve(second).await?;
        say(
            "又通过三个：明天的、雁塔校区的、今天另一位访客的。Three more are approved: tomorrow's, another campus's, a second visitor's.",
        );
        Ok(Self { today: today_png, tomorrow, other_campus, second, second_booking })
    }

    async fn picture(visitor: &Person, booking: &str) -> Result<Vec<u8>, Trouble> {
        let page = visitor.get(booking).await?;
        let address =
            page.pass_picture().ok_or_else(|| Trouble::NotHeld(format!("{booking} 上没有通行码 no pass there")))?;
        visitor.picture(address).await
    }
}

/// The same code with one character of its text changed, drawn anew.
fn tampered(room: &Path, code: &[u8]) -> Result<Vec<u8>, Trouble> {
    let picture = room.join("pass.png");
    std::fs::write(&picture, code)?;
    let read: Value =
        serde_json::from_str(&run("gate-terminal", ["read", "--json", &picture.display().to_string()], "")?)?;
    let mut symbols: Vec<char> = text(&read, "/symbols/0/text").chars().collect();
    // Within the masked name, where it hurts most.
    if let Some(symbol) = symbols.get_mut(42) {
        *symbol = if *symbol == '0' { '1' } else { '0' };
    }
    drawn(&symbols.iter().collect::<String>())
}

fn drawn(text: &str) -> Result<Vec<u8>, Trouble> {
    const MODULE_PX: u32 = 8;
    const QUIET: u32 = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Trouble::NotHeld(format!("画不出改动过的码 the tampered code cannot be drawn: {error}")))?;
    let modules = u32::try_from(code.width()).unwrap_or(0);
    let side = (modules + 2 * QUIET) * MODULE_PX;
    let dark = |x: u32, y: u32| {
        let module = |at: u32| (at / MODULE_PX).checked_sub(QUIET).filter(|&module| module < modules);
        let (Some(x), Some(y)) = (module(x), module(y)) else { return false };
        let at = usize::try_from(x).ok().zip(usize::try_from(y).ok());
        at.is_some_and(|at| code[at] == Color::Dark)
    };
    let picture = GrayImage::from_fn(side, side, |x, y| Luma([if dark(x, y) { 0 } else { 255 }]));
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(picture.as_raw(), side, side, image::ExtendedColorType::L8)?;
    Ok(png)
}

/// The numbers of this terminal's entries, as the office's own command lists them.
fn server_log(office: &Office) -> Result<Vec<u64>, Trouble> {
    let lines = office.command(&["entries", "list", "--json"])?;
    lines.lines().map(|line| Ok(number(&serde_json::from_str(line)?, "seq"))).collect()
}

fn word(verdict: &str) -> &str {
    match verdict {
        "admit" => "通行",
        "ask" => "请核对",
        _ => "禁止通行",
    }
}
