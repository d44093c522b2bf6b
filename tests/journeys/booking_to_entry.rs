//! The main job, once: form, three notices, one tap, a picture of a phone, a verdict, an entry on both sides.

use gate_terminal::gate::Signal;
use shared::{
    entry::{Direction, Outcome},
    ids::TerminalId,
    verdict::Verdict,
};
use world::{
    Trouble,
    campus::{Campus, today},
    frames::{self, Pose},
    people::{Form, HOST_NUMBER, HOST_PHONE, VISITOR_PHONE, resident_number},
    person::Person,
    terminal::{Seen, Terminal, read, shown},
};

#[tokio::test(flavor = "multi_thread")]
async fn booking_to_entry() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let approved = campus.approved(&Form::good(today())).await?;
    south.sync().await;

    let frame = frames::phone(&approved.picture, Pose::default())?;
    let mut png = std::io::Cursor::new(Vec::new());
    frame.write_to(&mut png, image::ImageFormat::Png)?;
    let text = read(png.get_ref())?;
    assert_eq!(text, approved.text, "the camera's frame says what the page's picture says");

    south.witness.take();
    let view = south.show(&text);
    let on_screen = shown(&view);
    assert_eq!(on_screen.verdict, Verdict::Admit);
    let record = on_screen.subject.record.as_ref().unwrap();
    assert_eq!(record.visitor.as_str(), "欧阳娜");
    let companions: Vec<&str> = record.companions.iter().map(|name| name.as_str()).collect();
    assert_eq!(companions, ["𬭎䶮", "阿卜杜拉·艾山"], "rare names and the middle dot reach the screen whole");
    assert_eq!(record.plates, ["陕AD12345"]);
    assert_eq!(record.last_four.to_string(), resident_number(12)[14..]);
    let order: Vec<&str> = south.witness.take().iter().map(kind).collect();
    assert_eq!(order, ["recorded", "light", "verdict"], "nobody is admitted off the record");

    south.sync().await;
    let entries = campus.log().await?;
    let [(id, entry)] = entries.as_slice() else { panic!("one entry, not {entries:?}") };
    assert_eq!((id.terminal, id.seq), (TerminalId::new(1), 1));
    assert_eq!((entry.direction, &entry.outcome), (Direction::In, &Outcome::Passed));
    assert_eq!(south.view().unsent, 0, "the receipt came back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_books_for_a_visitor_and_forwards_the_pass() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let mut south = Terminal::enrolled(&campus, 0).await?;
    let host = Person::signed_in(&campus.url, HOST_PHONE, &campus.mailbox).await?;
    let form =
        ["host_name", "host_number", "host_phone"].iter().fold(Form::good(today()), |form, field| form.without(field));
    let page = host.book_on_behalf(&form).await?;
    assert_eq!(page.status, 303, "{}", page.body);
    let booking = host.get(page.location.as_deref().unwrap()).await?;
    assert_eq!(booking.standing(), Some("approved"), "the host's own booking needs no review");

    let told = campus
        .mailbox
        .take("the visitor's notice", |notice| notice.to == VISITOR_PHONE && notice.link.is_some())
        .await?;
    let anybody = Person::new(&campus.url)?;
    let forwarded = anybody.get(&anybody.path_of(&told)?).await?;
    let picture = anybody.picture(forwarded.pass_picture().unwrap()).await?;
    south.sync().await;
    let view = south.show(&read(&picture)?);
    assert_eq!(shown(&view).verdict, Verdict::Admit);
    let record = shown(&view).subject.record.clone().unwrap();
    assert_eq!((record.host.as_str(), record.department.as_str()), ("王建国", "计算机学院"));
    assert!(campus.state.store.staff_by_number(&HOST_NUMBER.to_owned().try_into().unwrap()).await.unwrap().is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_is_no_code() -> Result<(), Trouble> {
    let campus = Campus::open().await?;
    let visitor = Person::signed_in(&campus.url, VISITOR_PHONE, &campus.mailbox).await?;
    let booking = visitor.booked(&Form::good(today())).await?;
    let [_, _, wecom] = campus.mailbox.take_three().await?;
    Person::new(&campus.url)?.decide(&wecom, "decline").await?;
    let page = visitor.get(&booking).await?;
    assert_eq!(page.standing(), Some("declined"));
    assert_eq!(page.pass_picture(), None);
    Ok(())
}

fn kind(seen: &Seen) -> &'static str {
    use gate_terminal::ports::Told;
    match seen {
        Seen::Light(Signal::Admit | Signal::Ask | Signal::Refuse) => "light",
        Seen::Told(told) => match told.as_ref() {
            Told::Verdict(_) => "verdict",
            Told::Recorded { .. } => "recorded",
            Told::NotRecorded { .. } => "not recorded",
            Told::Found(_) => "found",
            Told::WalkIn(_) => "walk-in",
            Told::News { .. } => "news",
            Told::Receipt { .. } => "receipt",
            Told::Alarm(_) => "alarm",
            Told::Link { .. } => "link",
            Told::Camera(_) => "camera",
        },
    }
}
