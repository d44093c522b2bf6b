//! The doubles as the program they are: it says what an office writes into its settings, shows what arrives, turns its dials, and
//! presses a card's button.

use std::{
    error::Error,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Ends with its story.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Started for the office at this address, on a port of its own: what it prints, and where it is.
fn started(office: &str, more: &[&str]) -> Result<(Program, String, String), Box<dyn Error>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doubles"));
    let mut program = Program(command.args([office, "127.0.0.1:0"]).args(more).stdout(Stdio::piped()).spawn()?);
    let mut printed = String::new();
    let said = program.0.stdout.take().ok_or("it has an output")?;
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        if let Some(at) = line
            .strip_prefix("# ")
            .and_then(|line| line.split_once("Listening on "))
            .map(|(_, rest)| rest)
            .and_then(|rest| rest.split(' ').next())
        {
            return Ok((program, printed, at.to_owned()));
        }
        printed.push_str(&format!("{line}\n"));
    }
    Err(format!("it ended: {printed}").into())
}

#[tokio::test]
async fn the_program_says_its_settings_shows_what_arrives_and_presses_a_button() {
    let office = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", office.local_addr().unwrap());
    let (_program, printed, at) = started(&site, &[]).unwrap();
    for said in ["[notify.sms]", "[notify.wecom]", "[notify.hall]", "[sign_on.cas]", &at, "# secrets/wecom.secret: "] {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    let person = Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let page = person.get(format!("{at}/")).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("通知替身"), "{page}");

    let to_do = json!({"syscode": "visitor", "flowid": "1-1", "requestname": "访客预约待审核", "workflowname": "w", "nodename": "n",
        "pcurl": "p", "appurl": "a", "creator": "sysadmin", "createdatetime": "2026-11-23 08:00:00", "receiver": "T2001",
        "receivedatetime": "2026-11-23 08:00:00"});
    let tell = async || {
        let to = format!("{at}/hall/weaver/rest/ofs/ReceiveTodoRequestByJson");
        person.post(to).json(&to_do).send().await.unwrap().status().as_u16()
    };
    let turn = [("double", "hall/weaver"), ("fault", "broken"), ("calls", "1")];
    assert_eq!(person.post(format!("{at}/dials")).form(&turn).send().await.unwrap().status(), 303);
    assert_eq!((tell().await, tell().await), (500, 200));
    for (double, fault, said) in [
        ("hall/fax", "broken", "没有这个替身"),
        ("wecomm lina", "broken", "没有这个替身"),
        ("wecom", "brokn", "没有这种故障"),
    ] {
        let turn = [("double", double), ("fault", fault), ("calls", "1")];
        let told = person.post(format!("{at}/dials")).form(&turn).send().await.unwrap();
        assert_eq!(told.status(), 422);
        assert!(told.text().await.unwrap().contains(said), "{double} {fault}");
    }
    // Who holds the telephone is chosen, and only then a code is given.
    let back = format!("{site}/sign-on/wecom");
    let door = format!(
        "{at}/wecom/connect/oauth2/authorize?appid=ww00112233445566aa&redirect_uri={back}&response_type=code&scope=snsapi_base&state=abc"
    );
    let form = person.get(&door).send().await.unwrap().text().await.unwrap();
    assert!(form.contains("name=\"member\"") && form.contains("name=\"redirect_uri\""), "{form}");
    let token: Value = person
        .get(format!("{at}/wecom/cgi-bin/gettoken?corpid=ww00112233445566aa&corpsecret=invented-wecom-secret"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for (member, named) in [("lina", json!("lina")), ("", Value::Null)] {
        let onwards = person.get(format!("{door}&member={member}")).send().await.unwrap();
        let location = onwards.headers()["location"].to_str().unwrap().to_owned();
        let code = location.split_once("code=").unwrap().1.split('&').next().unwrap();
        let token = token["access_token"].as_str().unwrap();
        let ask = format!("{at}/wecom/cgi-bin/auth/getuserinfo?access_token={token}&code={code}");
        let who = person.get(ask).send().await.unwrap();
        assert_eq!(who.json::<Value>().await.unwrap()["userid"], named);
    }
    let shown: Value = person.get(format!("{at}/shown")).send().await.unwrap().json().await.unwrap();
    let texts: Vec<_> = shown["messages"].as_array().unwrap().iter().map(|message| message["text"].as_str()).collect();
    assert_eq!(texts, [Some("访客预约待审核")]);

    let heard = tokio::spawn(async move {
        let (mut line, _) = office.accept().await.unwrap();
        let mut told = vec![0; 4096];
        let length = line.read(&mut told).await.unwrap();
        line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&told[..length]).into_owned()
    });
    let click = [("member", "wangjg"), ("task", "1-1"), ("key", "seen")];
    assert_eq!(person.post(format!("{at}/click")).form(&click).send().await.unwrap().status(), 303);
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("POST /providers/wecom?") && heard.contains("msg_signature="), "{heard}");
}

#[test]
fn it_prints_the_settings_of_each_gateway_and_hall_that_an_office_takes() {
    for (gateway, hall, secret) in [
        ("aliyun", "weaver", "aliyun.secret"),
        ("tencent", "wisedu", "hall-wisedu.token"),
        ("aliyun", "message_centre", "hall-message-centre.secret"),
        ("tencent", "webhook", "hall-webhook.key"),
        ("aliyun", "pull", "hall-pull.code"),
    ] {
        let asked = ["--sms", gateway, "--hall", hall];
        let (_program, printed, _) = started("http://127.0.0.1:8460", &asked).unwrap();
        let config = sync_server::config::Config::parse(&printed).unwrap_or_else(|cause| panic!("{cause}: {printed}"));
        assert_eq!(
            (config.listen.to_string().as_str(), config.public_url.as_str()),
            ("127.0.0.1:8460", "http://127.0.0.1:8460")
        );
        assert_eq!(config.notify.sms.unwrap().provider.name(), gateway);
        assert_eq!(config.notify.hall.unwrap().adapter.name(), hall);
        assert!(printed.contains(&format!("# secrets/{secret}: ")), "{printed}");
        assert_eq!(printed.contains("# curl -H 'authCode: "), hall == "pull");
    }
}

#[test]
fn it_says_how_it_is_called_and_what_is_wrong() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (words, well, said) in [
        (vec!["--help"], true, "--hall"),
        (vec!["-h"], true, "127.0.0.1:8470"),
        (vec!["--hal", "pull"], false, "不认识「--hal」"),
        (vec!["--hall", "fax"], false, "不认识「--hall fax」"),
        (vec!["127.0.0.1:8460"], false, "不认识「127.0.0.1:8460」"),
        (vec!["http://127.0.0.1:8460", taken.as_str()], false, taken.as_str()),
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_doubles")).args(&words).output().unwrap();
        let told = [ended.stdout, ended.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(ended.status.success() == well && told.contains(said) && !told.contains("Os {"), "{words:?}: {told}");
    }
}
