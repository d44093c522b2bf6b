//! What the telephone shows.

use sync_server::{
    office::notice::{Fact, NoticeKind},
    store::LinkToken,
};

use crate::house::{By, House, TOKEN, asked, code, notice};

#[tokio::test]
async fn a_code_and_a_visit_that_waits_arrive_as_they_were_registered() {
    for by in By::ALL {
        let house = House::new().await;
        let sender = house.sender(by);
        let first = code(1, "13800130001");
        let accepted = sender.send(&first).await.unwrap();
        sender.send(&asked(2, "13800130002", "学术报告")).await.unwrap();
        let shown = house.doubles.shown.all();
        let to = if by == By::Tencent { "+8613800130001" } else { "13800130001" };
        assert_eq!((shown[0].to.as_str(), shown[0].key.as_str()), (to, first.key().to_string().as_str()), "{by:?}");
        assert_eq!(shown[0].text, "【某某大学】您的登录验证码是042042，5分钟内有效，请勿告诉他人。");
        assert!(shown[0].state.contains("35 字，按 1 条计费"), "{}", shown[0].state);
        let visit = "【某某大学】访客欧阳文预约2026-11-23 10:00-11:00来访，随行2人，事由：学术报告。请打开";
        assert_eq!(shown[1].text, format!("{visit}http://127.0.0.1:8460/d/{TOKEN}审核。"));
        assert_eq!(shown[1].link.as_deref(), Some(format!("http://127.0.0.1:8460/d/{TOKEN}").as_str()));
        assert!(shown[1].state.contains("按 2 条计费"), "{}", shown[1].state);
        assert!(accepted.handle.is_some());
    }
}

#[tokio::test]
async fn what_a_person_typed_never_makes_a_gateway_refuse() {
    for by in [By::Acs3, By::Tencent] {
        let house = House::new().await;
        let sender = house.sender(by);
        let typed = [
            "长".repeat(200),
            "见 https://evil.example/x".to_owned(),
            "①★→【急】😀".to_owned(),
            "两\n行".to_owned(),
            String::new(),
            "a.b.cn和www.x.com".to_owned(),
            "${token}{1}".to_owned(),
        ];
        for (id, reason) in (1..).zip(&typed) {
            sender.send(&asked(id, "13800130002", reason)).await.unwrap_or_else(|why| panic!("{by:?} {reason}: {why}"));
        }
        assert!(house.doubles.shown.all()[0].text.contains(&format!("{}…", "长".repeat(34))));
    }
}

#[tokio::test]
async fn each_kind_and_form_has_its_template_and_the_first_that_fits_is_used() {
    let house = House::new().await;
    let sender = house.sender(By::Acs3);
    let fact = |fact, value: &str| (fact, value.to_owned());
    let when = fact(Fact::When, "2026-11-23 10:00-11:00");
    let host = fact(Fact::Host, "李文");
    let visitor = fact(Fact::Visitor, "王芳");
    let path = format!("/pass/{TOKEN}");
    let all = [
        (
            NoticeKind::Approved,
            vec![when.clone(), host.clone(), fact(Fact::ShortCode, "1234 5678")],
            Some(path.as_str()),
            "/p/",
        ),
        (
            NoticeKind::Declined,
            vec![when.clone(), host.clone(), fact(Fact::Because, "当天出差")],
            None,
            "原因：当天出差。",
        ),
        (NoticeKind::Revoked, vec![when.clone(), host.clone()], None, "通行码已撤销"),
        (NoticeKind::Revoked, vec![visitor.clone(), when.clone(), fact(Fact::By, "马云山")], None, "马云山代您撤销了"),
        (NoticeKind::Cancelled, vec![visitor.clone(), when.clone()], None, "已取消"),
        (NoticeKind::Changed, vec![visitor, when, fact(Fact::Party, "0"), fact(Fact::Plates, "")], None, "车牌无。"),
        (NoticeKind::Deputy, vec![host, fact(Fact::Department, "计算机学院")], None, "不再请您"),
    ];
    for (id, (kind, facts, path, said)) in (1..).zip(all) {
        sender.send(&notice(id, "13800130002", kind, facts, path)).await.unwrap();
        let text = house.doubles.shown.all().pop().unwrap().text;
        assert!(text.contains(said), "{kind:?}: {text}");
    }
}

#[tokio::test]
async fn with_a_fixed_link_the_message_holds_the_code_of_its_link() {
    for by in [By::Acs3, By::Tencent] {
        let house = House::new().await;
        // The template with the link is not registered.
        let sender = house.sender_with(by, |text| {
            let (before, rest) = text.split_once("[[notify.sms.template]]\nkind = 'approval_asked'").unwrap();
            let (_, behind) = rest.split_once("[[notify.sms.template]]").unwrap();
            format!("{before}[[notify.sms.template]]{behind}")
        });
        sender.send(&asked(1, "13800130002", "学术报告")).await.unwrap();
        let shown = house.doubles.shown.all();
        let code = LinkToken::parse(TOKEN).unwrap().approval_code().text();
        assert!(
            shown[0].text.ends_with(&format!("请打开http://127.0.0.1:8460/a输入审核码{code}。")),
            "{}",
            shown[0].text
        );
        assert!(!shown[0].text.contains(TOKEN));
    }
}
