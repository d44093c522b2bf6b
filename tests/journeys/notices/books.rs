//! After the last kill: of every life each notice once, or at least once, as its provider can; its decision; and its receipts.

use std::{collections::BTreeMap, fmt};

use doubles::Message;
use shared::ids::BookingId;
use sync_server::{
    office::Channel,
    store::{NoticeState, Receipt},
};
use world::{Trouble, trouble::hold};

use super::{
    life::Life,
    office::{Office, Server, told},
};

pub(super) struct Books {
    to_dos: usize,
    texts: u64,
    texts_twice: u64,
    lines: u64,
    lines_twice: u64,
    counted: u64,
}

pub(super) async fn checked(office: &Office, lives: &[Life]) -> Result<Books, Trouble> {
    let shown = office.doubles.shown.all();
    let counted = office.store.notices_listed(1).await.map_err(told)?.1.doubles;
    let (mut texts, mut texts_twice) = (0, 0);
    let (mut lines, mut lines_twice) = (0, 0);
    let server = Server::listening(office).await?;
    for life in lives {
        let held = |holds: bool, what: &str| hold(holds, &format!("{}: {what}", life.host));
        let to_dos: Vec<&Message> = shown.iter().filter(|message| message.to == life.host).collect();
        held(to_dos.len() == 1 && to_dos.iter().all(|one| one.state == "已办"), &format!("{to_dos:?}"))?;

        let (yes, standing) =
            if life.choice() == "approve" { ("已通过", "approved") } else { ("未通过", "declined") };
        for said in ["请打开", "已提交", yes] {
            let shown = life.texts(office, said);
            let times = times(&shown);
            held(times.len() == 1, &format!("{said}: {times:?}"))?;
            texts += times.values().sum::<u64>();
            texts_twice += times.values().map(|times| times - 1).sum::<u64>();
        }
        let printed = office.printed_for(&life.member);
        held(!printed.is_empty(), "no line")?;
        lines += printed.iter().sum::<u64>();
        lines_twice += printed.iter().map(|times| times - 1).sum::<u64>();
        held(life.standing(office).await?.as_deref() == Some(standing), "it stands otherwise")?;
        receipts(office, life).await?;
    }
    server.kill()?;
    hold(texts_twice + lines_twice <= counted, &format!("{texts_twice} and {lines_twice} twice, {counted} counted"))?;
    // Otherwise the kills were no test.
    hold(counted > 0, "nothing was under way when the server died")?;
    Ok(Books { to_dos: lives.len(), texts, texts_twice, lines, lines_twice, counted })
}

/// How often each was shown, by its key.
fn times(messages: &[Message]) -> BTreeMap<&str, u64> {
    let mut times = BTreeMap::new();
    for message in messages {
        *times.entry(message.key.as_str()).or_default() += 1;
    }
    times
}

/// Everything was sent, and of each text the office knows that it arrived.
async fn receipts(office: &Office, life: &Life) -> Result<(), Trouble> {
    let number = life.booking.as_deref().and_then(|page| page.rsplit('/').next()?.parse().ok()).map(BookingId::new);
    let number = number.ok_or_else(|| Trouble::NotHeld(format!("no booking: {:?}", life.booking)))?;
    let mut missing = Vec::new();
    for _ in 0..200 {
        let found = office.store.booking_with_notices(number, None).await.map_err(told)?;
        let (_, notices) = found.ok_or_else(|| Trouble::NotHeld(format!("{number} is not there")))?;
        missing = notices;
        missing.retain(|notice| {
            let sent = matches!(notice.state, NoticeState::Sent { .. });
            let heard = notice.receipt.as_ref().is_some_and(|(receipt, _)| *receipt == Receipt::Delivered);
            !sent || notice.channel == Channel::Sms && !heard
        });
        if missing.is_empty() {
            return Ok(());
        }
        // The gateway comes again.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(Trouble::NotHeld(format!("{}: {missing:?}", life.host)))
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to_dos, texts, texts_twice, lines, lines_twice, counted } = self;
        write!(
            f,
            "{to_dos} to-dos each once at the hall that knows them again; {texts} texts, {texts_twice} twice at the gateway that is \
             asked; {lines} lines, {lines_twice} twice at the printer that cannot be; {counted} counted as perhaps twice"
        )
    }
}
