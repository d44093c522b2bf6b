//! The doubles as a program, for one office: what it prints goes into that office's settings and secrets, and then a whole rehearsal
//! can be watched in a browser.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use doubles::{Doubles, Gateway, Hall, PULL_CODE};
use tokio::net::TcpListener;

/// Where the doubles are, if the second word says nothing else.
const USUAL_ADDRESS: &str = "127.0.0.1:8470";
/// Where an office is that says nothing else.
const USUAL_OFFICE: &str = "http://127.0.0.1:8460";
const USUAL_LISTEN: &str = "127.0.0.1:8460";

const USAGE: &str = "\
doubles [OFFICE] [ADDRESS] [--sms GATEWAY] [--hall ADAPTER]

  OFFICE   访客系统的网址，缺省 http://127.0.0.1:8460。Where the office is
  ADDRESS  替身监听的地址，缺省 127.0.0.1:8470。Where the doubles listen
  --sms    打印哪个短信网关的设置：aliyun（缺省）、tencent。Whose settings are printed
  --hall   打印哪种网办大厅的设置：weaver（缺省）、wisedu、message_centre、webhook、pull。Whose settings are printed

所有替身总在运行，选项只决定打印什么。把打印的设置写进 sync-server 的设置文件，把每行 secrets/… 写成文件（chmod 600），
再用 sync-server notify test --to 工号 逐个渠道试发。
All of them always run; the options choose what is printed.";

/// What the words of the command line ask for.
struct Asked {
    office: String,
    listen: String,
    gateway: Gateway,
    hall: Hall,
}

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        return print(USAGE);
    }
    let asked = match asked(&words) {
        Ok(asked) => asked,
        Err(word) => return refuse(&format!("不认识「{word}」。It is not understood\n\n{USAGE}")),
    };
    let listener = match TcpListener::bind(&asked.listen).await {
        Ok(listener) => listener,
        Err(cause) => {
            let said = format!(
                "无法在 {0} 上监听；./run demo --stay 运行时也用这个地址，请换一个：doubles {1} 127.0.0.1:8471。Cannot listen at {0}: {cause}",
                asked.listen, asked.office
            );
            return refuse(&said);
        }
    };
    match serve(&asked, listener).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => refuse(&format!("替身停了。The doubles ended: {cause}")),
    }
}

async fn serve(Asked { office, gateway, hall, .. }: &Asked, listener: TcpListener) -> io::Result<()> {
    let at = format!("http://{}", listener.local_addr()?);
    let doubles = Doubles::of_office(office);
    doubles.wecom.set(|set| set.asks_who = true);
    let mut out = io::stdout();
    writeln!(out, "{}", basics(office))?;
    writeln!(out, "{}", doubles.settings(&at, *gateway, *hall))?;
    for (file, line) in doubles.secrets() {
        writeln!(out, "# secrets/{file}: {line}")?;
    }
    if *hall == Hall::Pull {
        writeln!(out, "# curl -H 'authCode: {PULL_CODE}' '{office}/providers/hall/todos?user=T2001'")?;
    }
    writeln!(out, "# 替身在 {at} 为 {office} 运行，在浏览器里打开看。Listening on {at} for the office at {office}")?;
    doubles.answer(listener).await
}

/// Where the office itself is; behind a proxy it listens where it usually does.
fn basics(office: &str) -> String {
    let place = office.strip_prefix("http://").and_then(|place| place.parse::<std::net::SocketAddr>().ok());
    let listen = place.map_or(USUAL_LISTEN.to_owned(), |place| place.to_string());
    format!("listen = '{listen}'\npublic_url = '{office}'\ndata_dir = './data'\n")
}

/// Or the word that is not understood.
fn asked(words: &[String]) -> Result<Asked, String> {
    let (mut gateway, mut hall, mut places) = (Gateway::default(), Hall::default(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().unwrap_or_default();
        match word.as_str() {
            "--sms" => {
                let name = value();
                gateway = Gateway::from_name(&name).ok_or_else(|| format!("--sms {name}"))?;
            }
            "--hall" => {
                let name = value();
                hall = Hall::from_name(&name).ok_or_else(|| format!("--hall {name}"))?;
            }
            _ if word.starts_with('-') || places.len() == 2 => return Err(word.clone()),
            _ => places.push(word.clone()),
        }
    }
    let mut places = places.into_iter();
    let office = places.next().unwrap_or_else(|| USUAL_OFFICE.to_owned());
    if !office.starts_with("http://") && !office.starts_with("https://") {
        return Err(office);
    }
    Ok(Asked { office, listen: places.next().unwrap_or_else(|| USUAL_ADDRESS.to_owned()), gateway, hall })
}

fn print(text: &str) -> ExitCode {
    if writeln!(io::stdout(), "{text}").is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn refuse(text: &str) -> ExitCode {
    // Where nobody reads it, there is nobody to tell.
    writeln!(io::stderr(), "{text}").ok();
    ExitCode::FAILURE
}
