//! The templates of text messages in `notify test`: each is registered by itself, so one that is taken says nothing of the others.

use std::io::Write;

use shared::time::{CampusDay, Moment};

use super::{DEAD_LINK, Failure, said};
use crate::{
    config::{Sms, Template, Variable},
    notify::{Sender, sms},
    office::{Channel, Staff, harmless, notice::Fact, notice_facts},
    serve::ServeFault,
    store::Notice,
};

/// Says what is about to be sent and what it costs; the template it fills.
pub(super) fn announced(
    named: &str,
    settings: &Sms,
    notice: &Notice,
    out: &mut dyn Write,
) -> Result<Option<String>, Failure> {
    let Some((template, parts)) = sms::filled(settings, notice).map_err(ServeFault::Sms)? else { return Ok(None) };
    let kind = notice.kind.name();
    writeln!(out, "{named}：试模板 {kind}（{template}），按 {parts} 条计费。Tries this template, billed as {parts}")?;
    if notice.path.is_some() {
        writeln!(
            out,
            "{named}：短信里的链接或审核码是无效的，打不开任何预约。Its link or code is dead and opens nothing"
        )?;
    }
    Ok(Some(template))
}

/// That one template works says nothing of these.
pub(super) fn not_tried(named: &str, settings: &Sms, tried: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let left: Vec<_> = settings.template.iter().filter(|template| template.id != tried).collect();
    if left.is_empty() {
        return Ok(());
    }
    let listed: Vec<_> = left.iter().map(|template| format!("{}（{}）", template.kind, template.id)).collect();
    let (count, listed) = (left.len(), listed.join("、"));
    writeln!(
        out,
        "{named}：另有 {count} 个模板没有试：{listed}。登录验证码 sign_in_code 不通则无人能登录；请加 --template 种类 逐个试；\
         一个号码一天只收十条左右，请分给几个人。{count} others were not tried; try each with --template KIND, with several staff"
    )?;
    Ok(())
}

/// Each template of this kind, or the one of this number; how many were not taken.
pub(super) async fn try_named(
    sender: Option<&dyn Sender>,
    settings: Option<&Sms>,
    name: &str,
    staff: &Staff,
    now: Moment,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let (Some(sender), Some(settings)) = (sender, settings) else { return Err(Failure::NoTexts) };
    let named = format!("{}（{}）", Channel::Sms.name(), sender.about().adapter);
    let templates = settings.templates().map_err(ServeFault::Sms)?;
    let asked: Vec<_> =
        templates.iter().filter(|template| template.kind.name() == name || template.id == name).collect();
    if asked.is_empty() {
        let mut known: Vec<_> = templates.iter().map(|template| template.kind.name()).collect();
        known.dedup();
        return Err(Failure::UnknownTemplate { name: harmless(name), known: known.join(", ") });
    }
    let mut failed = 0;
    for (id, template) in (1..).zip(asked) {
        let notice = notice_for(template, -id, staff, now);
        if sms::filled(settings, &notice).map_err(ServeFault::Sms)?.is_none_or(|(filled, _)| filled != template.id) {
            let id = &template.id;
            writeln!(out, "{named}：模板 {id} 不会用到，前面已有合用的。Never used: an earlier one of its kind fits")?;
            continue;
        }
        announced(&named, settings, &notice, out)?;
        match sender.send(&notice).await {
            Ok(accepted) => {
                let handle = accepted.handle.as_deref().map_or("-".to_owned(), harmless);
                writeln!(out, "{named}：已受理，对方编号 {handle}。Taken")?;
            }
            Err(unsent) => {
                failed += 1;
                writeln!(out, "{named}：{}", said(&unsent))?;
            }
        }
    }
    Ok(failed)
}

/// Says just what the template needs.
fn notice_for(template: &Template, id: i64, staff: &Staff, now: Moment) -> Notice {
    let needed = template.variables.iter().filter_map(|(_, variable)| match variable {
        Variable::Fact(fact) => Some((*fact, harmless_value(*fact, staff, now))),
        Variable::Token | Variable::ApprovalCode => None,
    });
    Notice {
        id,
        channel: Channel::Sms,
        to: staff.address(Channel::Sms).to_owned(),
        kind: template.kind,
        booking: None,
        text: "【测试】短信模板测试，请忽略。".to_owned(),
        facts: needed.collect(),
        path: notice_facts::leads_to(template.kind).map(|_| DEAD_LINK.to_owned()),
        failed: 0,
        made_at: now,
        follows: None,
    }
}

fn harmless_value(fact: Fact, staff: &Staff, now: Moment) -> String {
    match fact {
        Fact::Code => "000000".to_owned(),
        Fact::Minutes | Fact::Count => "1".to_owned(),
        Fact::Party => "0".to_owned(),
        Fact::When => now.campus_date_and_clock(),
        Fact::From | Fact::Through => CampusDay::of(now).to_string(),
        Fact::Host => staff.name.to_string(),
        Fact::Department => staff.department.clone(),
        Fact::ShortCode => "0000".to_owned(),
        Fact::Visitor
        | Fact::Reason
        | Fact::Gate
        | Fact::Because
        | Fact::Plates
        | Fact::By
        | Fact::Standing
        | Fact::Note => "测试".to_owned(),
    }
}
