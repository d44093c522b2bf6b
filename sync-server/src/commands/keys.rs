//! `keys`: the first ones, how they stand, and what a root key is fetched for.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use shared::{
    ids::KeyId,
    pass::{KeyUse, NamedKey},
    time::Moment,
};

use super::{Failure, Office, table};
use crate::{
    config::Config,
    keys::{Keys, Rotation, SWITCH_WITHIN, renewal, root_path, roots_left, spare_path},
    office::leap::Erasing,
    serve,
};

pub(super) fn init(
    config: &Config,
    root: Option<PathBuf>,
    spare: Option<PathBuf>,
    now: Moment,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let root = root.unwrap_or_else(|| root_path(&config.data_dir));
    let spare = spare.unwrap_or_else(|| spare_path(&config.data_dir));
    let roots = renewal::init(&config.data_dir, &root, &spare, now)?;
    writeln!(out, "密钥和第 1 号密钥集已生成于 {}。Keys and key set 1 are made", config.data_dir.display())?;
    writeln!(out, "根密钥 Root key: {}", root.display())?;
    writeln!(out, "备用根密钥 Spare root key: {}", spare.display())?;
    writeln!(
        out,
        "  请放在两个介质上，分两处上锁保存，服务本身不需要它们。They belong on two media, locked away in two places"
    )?;
    tell_roots_left(config, out)?;
    writeln!(out, "根密钥指纹，每次登记终端时核对。Fingerprint of both, to compare at every enrolment:")?;
    writeln!(out, "  {}", roots.fingerprint())?;
    Ok(())
}

fn tell_roots_left(config: &Config, out: &mut dyn Write) -> Result<(), Failure> {
    for path in roots_left(&config.data_dir) {
        writeln!(
            out,
            "  注意：{} 还在服务器上，和签名密钥在一起；服务器被盗，它就一同被盗。请现在就移走，不要留副本。\
             It still lies beside the signing keys: move it away now",
            path.display()
        )?;
    }
    Ok(())
}

pub(super) async fn status(office: &Office, out: &mut dyn Write) -> Result<(), Failure> {
    let (keys, now) = (as_they_are(office).await?, office.now());
    writeln!(out, "第 {} 号密钥集 Key set {0}", keys.key_set_number)?;
    writeln!(out, "根密钥指纹 Fingerprint of the roots: {}", keys.roots.fingerprint())?;
    match &keys.roots.spare {
        Some(_) => writeln!(out, "备用根密钥：有。There is a spare root")?,
        None => writeln!(out, "备用根密钥：没有！请运行 sync-server keys spare。There is no spare root")?,
    }
    writeln!(out, "已作废的根密钥 Retired roots: {}", keys.opened.retired().len())?;
    tell_roots_left(&office.config, out)?;
    let rows: Vec<[String; 5]> = keys.opened.keys().iter().map(|key| cells(&keys, key)).collect();
    table::print(out, ["密钥 key", "用途 use", "状态 state", "自 from", "至 until"], &rows)?;
    match keys.rotation(now) {
        Rotation::NotYet { from } => writeln!(out, "下次轮换 Next rotation: {}", from.campus_date_and_clock())?,
        Rotation::Due => writeln!(out, "该轮换了 A rotation is due: sync-server keys rotate --root FILE")?,
        Rotation::Overdue => writeln!(out, "轮换已逾期 A rotation is overdue: sync-server keys rotate --root FILE")?,
    }
    let terminals = office.store.terminals().await?;
    let used: Vec<_> = terminals.iter().filter(|terminal| terminal.withdrawn.is_none()).collect();
    let lacking: Vec<_> = used.iter().filter(|terminal| terminal.key_set < keys.key_set_number).collect();
    let held = used.len() - lacking.len();
    writeln!(out, "已取得本密钥集的终端 Terminals that hold this set: {held}/{}", used.len())?;
    for ahead in used.iter().filter(|terminal| terminal.key_set > keys.key_set_number) {
        writeln!(
            out,
            "  终端 {}已有第 {} 号，比这里的新：secrets 和 key-set.json 是旧的，请放回最新的。It holds a newer set than ours",
            ahead.id, ahead.key_set
        )?;
    }
    for terminal in lacking {
        let seen = terminal.seen.map_or_else(|| "从未 never".to_owned(), Moment::campus_date_and_clock);
        let place = office.place(terminal.campus, terminal.gate);
        writeln!(
            out,
            "  终端 {}（{place}）已确认的是第 {} 号，最近联系 {seen}。It has not confirmed it",
            terminal.id, terminal.key_set
        )?;
    }
    Ok(())
}

fn cells(keys: &Keys, key: &NamedKey) -> [String; 5] {
    let signs = |signs: &crate::keys::Signs| match key.r#use {
        KeyUse::Pass => signs.pass.id() == key.id,
        KeyUse::Beacon => signs.beacon_id == key.id,
    };
    let state = if signs(&keys.signs) {
        "使用中 signs"
    } else if keys.next.as_ref().is_some_and(signs) {
        "待启用 next"
    } else {
        "只验不签 only holds"
    };
    let r#use = match key.r#use {
        KeyUse::Pass => "通行码 pass",
        KeyUse::Beacon => "信标 beacon",
    };
    let (from, until) = (key.not_before.campus_date_and_clock(), key.not_after.campus_date_and_clock());
    [key.id.to_string(), r#use.to_owned(), state.to_owned(), from, until]
}

pub(super) async fn rotate(office: &Office, root: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let now = office.now();
    not_older(office).await?;
    // Keys bear the dates between which they hold.
    if let Erasing::Held { since } = Erasing::after(office.store.clock_kept().await?.chores, now) {
        return Err(Failure::ClockUnsure { since });
    }
    let held = office.store.least_key_set(now.minus(SWITCH_WITHIN)).await?;
    let renewed = renewal::rotate(&office.config.data_dir, root, held, now)?;
    writeln!(
        out,
        "已签发第 {} 号密钥集，新密钥 {}。The next keys are made",
        renewed.set.number(),
        listed(&renewed.made)
    )?;
    let latest = now.plus(SWITCH_WITHIN).campus_date_and_clock();
    writeln!(
        out,
        "各终端都取得后自动启用，最迟 {latest}；已发出的通行码照常有效。They sign once every gate knows them"
    )?;
    Ok(())
}

pub(super) async fn revoke(office: &Office, root: &Path, ids: &[KeyId], out: &mut dyn Write) -> Result<(), Failure> {
    let now = office.now();
    not_older(office).await?;
    let held = office.store.least_key_set(now.minus(SWITCH_WITHIN)).await?;
    let renewed = renewal::revoke(&office.config.data_dir, root, ids, held, now)?;
    writeln!(out, "已作废密钥 {}，签发第 {} 号密钥集。The keys are revoked", listed(ids), renewed.set.number())?;
    if !renewed.made.is_empty() {
        writeln!(out, "新密钥 {} 立即启用。New keys sign from now on", listed(&renewed.made))?;
    }
    let kept: Vec<_> = renewed.kept().collect();
    if !kept.is_empty() {
        writeln!(
            out,
            "密钥 {} 仍被校门认可；若放在一起外泄，请一并作废。These are still believed: revoke them too if they lay beside",
            listed(&kept)
        )?;
    }
    let keys = Keys::load(&office.config.data_dir)?;
    let done = office.store.seal_anew(&keys.opened, &keys.signs.pass, now).await?;
    writeln!(
        out,
        "重新签发通行码：今天 {} 张，以后 {} 张；访客刷新页面即得。Passes sealed anew: {} of today, {} later",
        done.today, done.later, done.today, done.later
    )?;
    Ok(())
}

pub(super) async fn spare(office: &Office, root: &Path, spare: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    not_older(office).await?;
    let renewed = renewal::replace_spare(&office.config.data_dir, root, spare, office.now())?;
    writeln!(
        out,
        "已签发第 {} 号密钥集，新的备用根密钥：{}。A spare root is made",
        renewed.set.number(),
        spare.display()
    )?;
    writeln!(out, "  请移到另一个介质，与在用的根密钥分两处上锁保存。Move it to a medium of its own")?;
    writeln!(out, "已作废的根密钥共 {} 把，永不恢复。So many roots are retired for good", renewed.retired.len())?;
    writeln!(out, "新的指纹，以后登记终端时核对。The fingerprint of both from now on:")?;
    writeln!(out, "  {}", renewed.set.roots().fingerprint())?;
    Ok(())
}

/// A set that follows an older one would bear a number that gates know as another.
async fn not_older(office: &Office) -> Result<(), Failure> {
    Ok(serve::its_keys(&office.store, &Keys::load(&office.config.data_dir)?).await?)
}

/// With the next ones signing, where the server lets them: not after a gap that a leap of the clock could explain as well.
async fn as_they_are(office: &Office) -> Result<Keys, Failure> {
    let (keys, now) = (Keys::load(&office.config.data_dir)?, office.now());
    let unsure = Erasing::after(office.store.clock_kept().await?.chores, now) != Erasing::Due;
    if unsure && now < keys.signs.hold_until {
        return Ok(keys);
    }
    let held = office.store.least_key_set(now.minus(SWITCH_WITHIN)).await?;
    Ok(keys.switched(held, now).unwrap_or(keys))
}

fn listed(ids: &[KeyId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}
