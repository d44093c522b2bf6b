//! How a server starts, what keeps it from it, and its chores of the minute.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
};

use chrono::TimeDelta;
use tokio::{sync::oneshot, task::spawn_blocking};

use super::*;
use crate::{
    clock::SetClock,
    keys::{Lookout, renewal, root_path},
};

const NOW: Moment = Moment::from_unix_s(1_795_363_200);

fn config(dir: &tempfile::TempDir, demo: bool) -> Config {
    Config { data_dir: dir.path().join("data"), demo, ..Config::default() }
}

#[tokio::test]
async fn a_server_answers_until_it_is_told_to_stop() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let state = open(config(&dir, true), Arc::new(SetClock::at(NOW))).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(answer(listener, state, Vec::new(), async { stopped.await.unwrap() }));

    let page = spawn_blocking(move || visit(address, "/")).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");

    // A line that is open and idle does not hold up the end.
    let _idle = TcpStream::connect(address).unwrap();
    stop.send(()).unwrap();
    time::timeout(Duration::from_secs(5), serving).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_server_that_can_send_no_code_says_so_where_people_sign_in() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    for (console, status) in [(false, "503"), (true, "200")] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = open(config(&dir, true), clock.clone()).await.unwrap();
        let senders: Vec<Box<dyn Sender>> =
            if console { vec![Box::new(Console::new("", io::sink()))] } else { Vec::new() };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(answer(listener, state, senders, async { stopped.await.unwrap() }));
        let page = spawn_blocking(move || visit(address, "/sign-in")).await.unwrap();
        assert!(page.starts_with(&format!("HTTP/1.1 {status}")), "{page}");
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
    }
}

/// A gate that holds a set which `data_dir` has lost.
#[tokio::test]
async fn keys_older_than_a_gate_s_or_of_another_office_are_not_served_with() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir, true);
    let clock = Arc::new(SetClock::at(NOW));
    let state = open(config.clone(), clock.clone()).await.unwrap();
    let code = shared::sync::enrol::InviteCode::from_random([1; 10]);
    let (campus, gate) = (config.campus[0].id, config.campus[0].gate[0].index);
    state.store.invite(campus, gate, &code, NOW.plus(TimeDelta::minutes(1)), NOW).await.unwrap();
    let public = shared::seal::PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
    let terminal = state.store.enrol(&code, public, NOW).await.unwrap().unwrap().id;
    state.store.holds_key_set(terminal, 2).await.unwrap();
    let store = state.store.clone();
    drop(state);
    let told = open(config.clone(), clock.clone()).await.unwrap_err().to_string();
    assert!(told.contains("终端 1 已有第 2 号密钥集，这里只有第 1 号"), "{told}");
    store.withdraw(terminal, NOW).await.unwrap();
    drop(open(config.clone(), clock.clone()).await.unwrap());
}

fn visit(address: SocketAddr, path: &str) -> String {
    let mut line = TcpStream::connect(address).unwrap();
    line.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut page = String::new();
    line.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn one_data_directory_is_served_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir, true);
    let held = only_here(&config).unwrap();
    assert!(matches!(only_here(&config), Err(ServeFault::AlreadyServing { .. })));
    drop(held);
    assert!(only_here(&config).is_ok());
}

#[tokio::test]
async fn without_keys_only_the_demo_makes_them() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    let refused = open(config(&dir, false), clock.clone()).await;
    assert!(matches!(refused, Err(ServeFault::Keys(KeysFault::None { .. }))));
    let made = open(config(&dir, true), clock.clone()).await.unwrap();
    let found = open(config(&dir, false), clock).await.unwrap();
    assert_eq!(found.keys.now().roots, made.keys.now().roots);
}

#[tokio::test]
async fn a_secret_that_others_may_read_keeps_the_server_down() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    open(config(&dir, true), clock.clone()).await.unwrap();
    let key = dir.path().join("data/secrets/pass.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = open(config(&dir, false), clock).await.unwrap_err().to_string();
    assert!(told.contains(&format!("chmod 600 {}", key.display())), "{told}");
}

async fn refused(dir: &tempfile::TempDir, clock: &Arc<SetClock>) -> ServeFault {
    open(config(dir, true), clock.clone()).await.unwrap_err()
}

#[tokio::test]
async fn a_clock_that_was_turned_back_is_not_served_by_until_somebody_says_it_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    let state = open(config(&dir, true), clock.clone()).await.unwrap();
    minute_round(&state).await.unwrap();
    drop(state);
    clock.leap(TimeDelta::minutes(-6));
    let told = refused(&dir, &clock).await.to_string();
    assert!(told.contains("turned back") && told.contains("sync-server clock accept"), "{told}");
    let store = Store::open(&config(&dir, true).database(), identity(&dir)).unwrap();
    store.accept_clock(clock.now()).await.unwrap();
    drop(store);
    open(config(&dir, true), clock.clone()).await.unwrap();
    clock.leap(TimeDelta::minutes(-6));
    assert!(matches!(refused(&dir, &clock).await, ServeFault::TurnedBack { .. }));
}

fn identity(dir: &tempfile::TempDir) -> crate::store::IdentityKey {
    crate::keys::load_identity(&dir.path().join("data")).unwrap()
}

#[tokio::test]
async fn after_a_gap_of_over_a_day_nothing_is_erased_before_an_operator_s_word() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    let state = open(config(&dir, true), clock.clone()).await.unwrap();
    assert_eq!(minute_round(&state).await.unwrap(), Erasing::Due);
    drop(state);
    clock.leap(TimeDelta::days(400));
    let state = open(config(&dir, true), clock.clone()).await.unwrap();
    let session = crate::store::SessionToken::from_random([1; 32]);
    let phone = shared::identity::Phone::parse("13800130001").unwrap();
    let (lasts, early) = (TimeDelta::days(1), NOW);
    state.store.open_session(&session, phone, early, early.plus(lasts), lasts).await.unwrap();
    for _ in 0..2 {
        assert_eq!(minute_round(&state).await.unwrap(), Erasing::Held { since: NOW });
        assert_eq!(erasing(&state).await.unwrap(), Erasing::Held { since: NOW });
    }
    assert!(state.store.session(&session, early).await.unwrap().is_some(), "erased all the same");
    state.store.accept_clock(clock.now()).await.unwrap();
    assert_eq!(minute_round(&state).await.unwrap(), Erasing::Due);
    assert!(state.store.session(&session, early).await.unwrap().is_none());
}

#[tokio::test]
async fn a_leap_under_way_stops_the_chores_until_the_clock_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    let state = open(config(&dir, true), clock.clone()).await.unwrap();
    minute_round(&state).await.unwrap();
    clock.leap(TimeDelta::hours(25));
    assert!(matches!(minute_round(&state).await, Err(ChoresFault::Leapt(_))));
    assert_eq!(state.store.clock_kept().await.unwrap().chores, Some(NOW));
    clock.leap(TimeDelta::hours(-25));
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(minute_round(&state).await.unwrap(), Erasing::Due);
    assert_eq!(state.store.clock_kept().await.unwrap().chores, Some(clock.now()));
}

#[tokio::test]
async fn no_leap_of_the_clock_lets_the_next_keys_sign() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(NOW));
    let config = config(&dir, true);
    let data = config.data_dir.clone();
    let state = open(config.clone(), clock.clone()).await.unwrap();
    let code = shared::sync::enrol::InviteCode::from_random([1; 10]);
    let (campus, gate) = (config.campus[0].id, config.campus[0].gate[0].index);
    state.store.invite(campus, gate, &code, NOW.plus(TimeDelta::minutes(10)), NOW).await.unwrap();
    let key = shared::seal::PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
    state.store.enrol(&code, key, NOW).await.unwrap().unwrap();
    renewal::rotate(&data, &root_path(&data), Some(0), NOW).unwrap();
    let lookout = &mut Lookout::new(&data);
    let signs = async |state: &AppState, lookout: &mut Lookout| {
        second_round(state, lookout).await;
        state.keys.now().signs.pass.id().get()
    };
    assert_eq!(signs(&state, lookout).await, 1, "the gate lacks the set");

    clock.leap(TimeDelta::days(8));
    assert_eq!(signs(&state, lookout).await, 1, "a leap is no week in which gates could fetch it");
    let again = open(config.clone(), clock.clone()).await.unwrap();
    again.store.chores_done(NOW).await.unwrap();
    assert_eq!(signs(&again, &mut Lookout::new(&data)).await, 1, "nor is one that nobody saw");
    drop(again);
    clock.leap(TimeDelta::days(-8));

    clock.advance(TimeDelta::hours(6 * 24 + 12));
    state.store.chores_done(clock.now()).await.unwrap();
    clock.leap(TimeDelta::hours(20));
    assert_eq!(signs(&state, lookout).await, 1, "a leap of less than a day");
    clock.leap(TimeDelta::hours(-20));
    assert_eq!(signs(&state, lookout).await, 1);
    clock.advance(TimeDelta::hours(12));
    assert_eq!(signs(&state, lookout).await, 3, "a week has passed");

    // Nobody has said for weeks that the clock is right, after an office that was off.
    let again = open(config.clone(), clock.clone()).await.unwrap();
    again.store.chores_done(clock.now().minus(TimeDelta::days(3))).await.unwrap();
    let lookout = &mut Lookout::new(&data);
    clock.advance(TimeDelta::hours(6 * 24));
    assert_eq!(signs(&again, lookout).await, 1);
    clock.advance(TimeDelta::hours(24));
    assert_eq!(signs(&again, lookout).await, 3, "it has seen a week itself");
    clock.advance(TimeDelta::days(90));
    let much_later = open(config.clone(), clock.clone()).await.unwrap();
    assert_eq!(signs(&much_later, &mut Lookout::new(&data)).await, 3, "an ended key opens nothing anywhere");
}
