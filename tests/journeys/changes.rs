//! What a visitor changes after the host's yes, as the gate meets it.

use gate_terminal::gate::GuardAct;
use shared::verdict::{RefuseReason, Verdict};
use world::{
    Trouble,
    campus::{Campus, today},
    people::{Form, HOST_PHONE},
    person::Person,
    terminal::{Terminal, read, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn fewer_people_and_another_car_reach_the_gate_without_a_new_yes() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let approved = campus.approved(&Form::good(today())).await?;
    south.sync().await;
    let changed =
        Form::good(today()).with("companion_name", "𬭎䶮").with("plate", "陕A54321").with("plate_kind", "ordinary");
    let page = approved.visitor.change(&approved.booking, &changed).await?;
    assert_eq!(page.location.as_deref(), Some(approved.booking.as_str()), "{}", page.body);
    campus
        .mailbox
        .take("the host's notice", |notice| notice.to == HOST_PHONE && notice.text.contains("陕A54321"))
        .await?;
    south.sync().await;
    for (plate, hits) in [("a54321", 1), ("ad12345", 0)] {
        let view = south.guard(GuardAct::Find(plate.to_owned()));
        assert_eq!(view.found.unwrap().hits.len(), hits, "{plate}");
    }
    let view = south.show(&approved.text);
    assert_eq!(shown(&view).verdict, Verdict::Admit, "the picture that was saved before still opens the gate");
    assert_eq!(shown(&view).count, 2, "to as many as come now");
    assert_eq!(shown(&view).subject.record.as_ref().unwrap().plates, ["陕A54321"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_pass_ends_only_when_the_changed_booking_is_approved() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let approved = campus.approved(&Form::good(today())).await?;
    let page = approved.visitor.change(&approved.booking, &Form::good(today()).with("reason", "安装设备")).await?;
    let new = page.location.clone().unwrap_or_default();
    assert_ne!(new, approved.booking, "{}", page.body);
    let [sms, ..] = campus.mailbox.take_three().await?;
    assert_eq!(approved.visitor.get(&approved.booking).await?.standing(), Some("approved"));
    Person::new(&campus.url)?.decide(&sms, "approve").await?;
    south.sync().await;
    let view = south.show(&approved.text);
    assert_eq!(shown(&view).verdict, Verdict::Refuse(RefuseReason::Revoked));
    south.wait_ms(10_000);
    let page = approved.visitor.get(&new).await?;
    let picture = approved.visitor.picture(page.pass_picture().unwrap()).await?;
    let view = south.show(&read(&picture)?);
    assert_eq!(shown(&view).verdict, Verdict::Admit);
    assert_eq!(shown(&view).subject.record.as_ref().unwrap().reason, "安装设备");
    Ok(())
}
