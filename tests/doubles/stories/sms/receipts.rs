//! Receipts on their way home, from a gateway's carrier to the office's database.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use doubles::Fault;
use rusqlite::Connection;
use sync_server::{
    clock::Clock as _,
    config::Config,
    providers, serve,
    store::{BrowserToken, Caller, Notice},
};

use crate::house::{By, House, listen};

const SECRET: &str = "made-up-secret-of-a-door-0123456789";

/// An office with a door for receipts, and one notice of it that has been sent.
struct Office {
    house: House,
    dir: tempfile::TempDir,
    notice: Notice,
}

impl Office {
    async fn send(by: By, fault: Option<Fault>, unreachable: bool) -> Self {
        let (house, dir) = (House::new().await, tempfile::tempdir().unwrap());
        let path = dir.path().join("secrets/sms-receipts.secret");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, SECRET).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let config = Config::parse(&house.settings(by, "receipts = true")).unwrap();
        let config = Config { demo: true, data_dir: dir.path().to_owned(), ..config };
        let state = serve::open(config, house.clock.clone()).await.unwrap();
        let phone = shared::identity::Phone::parse("13800130001").unwrap();
        let caller = Caller { phone, browser: BrowserToken::from_random([1; 32]), address: [127, 0, 0, 1].into() };
        let limits = state.config.sign_in.limits();
        state.store.issue_code(&caller, "042042", house.clock.now(), &limits).await.unwrap();
        let notice = state.store.due_notices(house.clock.now(), 1).await.unwrap().remove(0);
        let door = listen(providers::router(state)).await;

        let double = by.double();
        let memory = if by == By::Tencent { &house.doubles.tencent.memory } else { &house.doubles.aliyun.memory };
        memory.receipts_to(&format!("{door}/receipts/{double}/{SECRET}"));
        if unreachable {
            memory.unreachable(if by == By::Tencent { "+8613800130001" } else { "13800130001" });
        }
        house.doubles.dials.next(double, [fault]);
        let sender = house.sender(by);
        let handle = sender.send(&notice).await.unwrap().handle;
        let office = Self { house, dir, notice };
        let sql = "update notice set adapter = ?1, handle = ?2, sent_at = made_at, next_try = null where id = ?3";
        office.db().execute(sql, rusqlite::params![sender.about().adapter, handle, office.notice.id]).unwrap();
        office
    }

    fn db(&self) -> Connection {
        let db = Connection::open(self.dir.path().join("office.sqlite3")).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db
    }

    fn receipt(&self) -> Option<(String, Option<String>)> {
        let sql = "select receipt, receipt_why from notice where id = ?1 and receipt is not null";
        self.db().query_row(sql, [self.notice.id], |row| Ok((row.get(0)?, row.get(1)?))).ok()
    }

    async fn arrived(&self) -> (String, Option<String>) {
        for _ in 0..500 {
            if let Some(receipt) = self.receipt() {
                return receipt;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no receipt came");
    }
}

#[tokio::test]
async fn what_was_delivered_or_failed_is_known_at_home() {
    for by in By::ALL {
        for fault in [None, Some(Fault::LateReceipt(Duration::from_millis(200))), Some(Fault::ReplayedCallback)] {
            let office = Office::send(by, fault, false).await;
            assert_eq!(office.arrived().await, ("delivered".to_owned(), None), "{by:?} {fault:?}");
        }
        for (fault, unreachable) in [(None, true), (Some(Fault::FailedReceipt), false)] {
            let office = Office::send(by, fault, unreachable).await;
            let (receipt, why) = office.arrived().await;
            assert_eq!(receipt, "failed");
            assert!(why.unwrap().contains("停机"), "{by:?}");
            assert!(office.house.doubles.shown.all()[0].state.ends_with("未送达"));
        }
    }
}
