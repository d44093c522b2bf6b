//! Who is at the browser: a member who stands in the directory, and nobody else.

use doubles::{Fault, wecom::Person};
use shared::identity::{PersonName, Phone};
use shared::ids::StaffNumber;
use sync_server::{
    office::Staff,
    sign_on::{NotKnown, SignOn as _, WecomSignOn},
};

use super::office::Office;

const BACK: &str = "http://127.0.0.1:8460/sign-on/wecom?to=%2Fdecide";

/// An office with two members of staff, one of whom WeCom knows by another name.
async fn staffed() -> (Office, WecomSignOn) {
    let office = Office::plain().await;
    let one = |number: &str, name: &str, phone: &str, wecom: Option<&str>| Staff {
        number: StaffNumber::parse(number).unwrap(),
        name: PersonName::parse(name).unwrap(),
        department: "图书馆".to_owned(),
        phone: Phone::parse(phone).unwrap(),
        wecom_id: wecom.map(str::to_owned),
        hall_id: None,
    };
    let people = vec![one("T1", "张伟", "13800130001", Some("zhangwei")), one("T2", "李娜", "13800130002", None)];
    office.state.store.import_directory(people, super::office::NOW).await.unwrap();
    let house = WecomSignOn::new(office.wecom.clone(), office.state.store.clone());
    (office, house)
}

/// The query that a browser brings back which was sent away, or what it was shown instead.
async fn come_back(house: &WecomSignOn, back: &str, state: &str) -> Result<String, String> {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let away = house.away(back, state);
    assert!(away.ends_with("#wechat_redirect"), "{away}");
    let answer = client.get(away).send().await.unwrap();
    let Some(location) = answer.headers().get("location") else { return Err(answer.text().await.unwrap()) };
    let location = location.to_str().unwrap();
    assert!(location.starts_with(back), "{location}");
    Ok(location.split_once('?').unwrap().1.to_owned())
}

fn at_the_phone(office: &Office, person: Person) {
    office.doubles.wecom.set(|set| set.at_the_phone = person);
}

async fn who(house: &WecomSignOn, query: &str) -> Result<String, NotKnown> {
    house.who(query, BACK).await.map(|number| number.as_str().to_owned())
}

#[tokio::test]
async fn a_member_is_known_by_the_directory() {
    let (office, house) = staffed().await;
    for (member, number) in [("zhangwei", "T1"), ("ZhangWei", "T1"), ("t2", "T2")] {
        at_the_phone(&office, Person::Member(member.to_owned()));
        let query = come_back(&house, BACK, "state0123ABC").await.unwrap();
        assert!(query.contains("state=state0123ABC") && query.contains("to=%2Fdecide"), "{query}");
        assert_eq!(who(&house, &query).await.unwrap(), number);
    }
    assert_eq!(house.name(), "wecom");
    assert_eq!(office.doubles.wecom.calls("gettoken"), 1, "the token is the sender's");
}

#[tokio::test]
async fn outsiders_strangers_and_used_codes_are_refused() {
    let (office, house) = staffed().await;
    at_the_phone(&office, Person::Outsider("o-invented".to_owned()));
    let query = come_back(&house, BACK, "s").await.unwrap();
    assert!(matches!(who(&house, &query).await, Err(NotKnown::Refused)), "follows the app, and is no member");
    for stranger in ["wangfang", "T1", "%"] {
        at_the_phone(&office, Person::Member(stranger.to_owned()));
        let query = come_back(&house, BACK, "s").await.unwrap();
        assert!(matches!(who(&house, &query).await, Err(NotKnown::Unlisted)), "{stranger}");
    }
    at_the_phone(&office, Person::Member("zhangwei".to_owned()));
    let query = come_back(&house, BACK, "s").await.unwrap();
    assert!(who(&house, &query).await.is_ok());
    assert!(matches!(who(&house, &query).await, Err(NotKnown::Refused)), "used");
    let query = come_back(&house, BACK, "s").await.unwrap();
    office.pass(301);
    assert!(matches!(who(&house, &query).await, Err(NotKnown::Refused)), "five minutes are over");
    let asked = office.doubles.wecom.calls("getuserinfo");
    for nothing in ["", "state=s", "code=", "code=a&code=b", &format!("code={}", "a".repeat(513))] {
        assert!(matches!(who(&house, nothing).await, Err(NotKnown::Refused)), "{nothing}");
    }
    assert_eq!(office.doubles.wecom.calls("getuserinfo"), asked, "not even asked about");
    assert!(matches!(who(&house, "code=made-up").await, Err(NotKnown::Refused)));
}

#[tokio::test]
async fn a_house_that_does_not_answer_is_not_a_refusal() {
    let (office, house) = staffed().await;
    at_the_phone(&office, Person::Member("zhangwei".to_owned()));
    for fault in [Fault::Broken, Fault::CutAfterAccept] {
        let query = come_back(&house, BACK, "s").await.unwrap();
        office.doubles.dials.next("wecom.oauth", [Some(fault)]);
        let known = who(&house, &query).await;
        assert!(matches!(known, Err(NotKnown::Unreachable { .. })), "{fault:?}: {known:?}");
        assert!(!format!("{known:?}").contains("invented"), "{known:?}");
        // A cut may have used the code up, which nobody can tell.
        assert_eq!(who(&house, &query).await.is_ok(), fault == Fault::Broken);
    }
    let query = come_back(&house, BACK, "s").await.unwrap();
    office.doubles.dials.next("wecom.oauth", [Some(Fault::TokenDies)]);
    assert_eq!(who(&house, &query).await.unwrap(), "T1", "a token that died costs no code");
}

#[tokio::test]
async fn the_house_sends_back_only_to_the_trusted_domain() {
    let (_office, house) = staffed().await;
    for elsewhere in ["http://127.0.0.1:8461/sign-on/wecom", "https://visit.example/sign-on/wecom"] {
        let told = come_back(&house, elsewhere, "s").await.unwrap_err();
        assert!(told.contains("50001"), "{told}");
    }
    assert!(come_back(&house, BACK, "not_alphanumeric").await.unwrap_err().contains("state"));
    assert!(come_back(&house, BACK, &"a".repeat(129)).await.is_err());
}
