//! Jobs that share a commit, and each of which fails alone.

use std::{path::PathBuf, sync::mpsc::sync_channel};

use super::*;

struct Desk {
    writer: Arc<Writer>,
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("office.sqlite3");
        let writer = Arc::new(Writer::open(&path, Arc::default()).unwrap());
        writer
            .write(|db| Ok(db.execute_batch("create table line (number integer unique, filler blob)")?))
            .await
            .unwrap();
        Self { writer, path, _dir: dir }
    }

    /// As a stranger to this process sees it.
    fn seen(&self) -> Vec<i64> {
        seen(&self.path)
    }

    /// Holds the writer until the returned sender is dropped, so that what is asked meanwhile waits together. On a runtime of
    /// one thread a place taken is a job queued, because nothing is awaited in between.
    async fn hold(&self) -> (tokio::task::JoinHandle<()>, SyncSender<()>) {
        let (release, held) = sync_channel::<()>(0);
        let (begun, begins) = sync_channel(1);
        let writer = Arc::clone(&self.writer);
        let holding = tokio::spawn(async move {
            writer
                .write(move |_| {
                    begun.send(()).unwrap();
                    assert!(held.recv().is_err());
                    Ok(())
                })
                .await
                .unwrap();
        });
        // Only now is its batch closed, and what comes is the next one.
        while begins.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        (holding, release)
    }
}

fn seen(path: &Path) -> Vec<i64> {
    let db = Connection::open(path).unwrap();
    let mut query = db.prepare("select number from line order by number").unwrap();
    query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn what_was_erased_stands_in_no_file() {
    let desk = Desk::open().await;
    let write = async |sql: &'static str, erases: bool| {
        let job = move |db: &mut Writing<'_>| {
            if erases {
                db.touch_erased();
            }
            Ok(db.execute_batch(sql)?)
        };
        desk.writer.write(job).await.unwrap();
    };
    let found = || {
        let files = [desk.path.clone(), desk.path.with_extension("sqlite3-wal")];
        files.map(|file| std::fs::read(file).unwrap().windows(8).filter(|bytes| bytes == b"Somebody").count())
    };
    write("insert into line values (1, 'Somebody')", false).await;
    assert_ne!(found(), [0, 0]);
    write("delete from line", true).await;
    // It is emptied before the next job is begun.
    write("insert into line values (2, '')", false).await;
    assert_eq!(found(), [0, 0]);
}

fn insert(number: i64) -> impl Fn(&mut Writing<'_>) -> Result<(), StoreError> + Send + 'static {
    move |db| {
        db.execute("insert into line (number) values (?1)", [number])?;
        Ok(())
    }
}

async fn wait_together(desk: &Desk, jobs: Vec<i64>) -> Vec<Result<(), StoreError>> {
    let (holding, release) = desk.hold().await;
    let waiting: Vec<_> = jobs
        .into_iter()
        .map(|number| {
            let writer = Arc::clone(&desk.writer);
            tokio::spawn(async move { writer.write(insert(number)).await })
        })
        .collect();
    while desk.writer.places.available_permits() > QUEUE - 1 - waiting.len() {
        tokio::task::yield_now().await;
    }
    drop(release);
    holding.await.unwrap();
    let mut answers = Vec::new();
    for one in waiting {
        answers.push(one.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn one_failing_job_takes_nothing_of_its_neighbours() {
    let desk = Desk::open().await;
    let answers = wait_together(&desk, vec![1, 2, 2, 3, 2, 4]).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    assert_eq!(desk.seen(), [1, 2, 3, 4]);
}

/// Each in a batch with one that fails after it has changed something: all are done again, and once.
#[tokio::test]
async fn beside_a_job_that_fails_halfway_each_is_done_once() {
    let desk = Desk::open().await;
    let (holding, release) = desk.hold().await;
    let runs = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let job = |numbers: [i64; 2]| {
        let (writer, runs) = (Arc::clone(&desk.writer), Arc::clone(&runs));
        tokio::spawn(async move {
            let both = move |db: &mut Writing<'_>| {
                runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                numbers.iter().try_for_each(|number| insert(*number)(db))
            };
            writer.write(both).await
        })
    };
    let jobs = [job([1, 2]), job([3, 1]), job([5, 6])];
    while desk.writer.places.available_permits() > QUEUE - 1 - jobs.len() {
        tokio::task::yield_now().await;
    }
    drop(release);
    holding.await.unwrap();
    let mut went = Vec::new();
    for job in jobs {
        went.push(job.await.unwrap().is_ok());
    }
    assert_eq!(went, [true, false, true]);
    assert_eq!(desk.seen(), [1, 2, 5, 6], "3 is taken back");
    assert_eq!(runs.load(std::sync::atomic::Ordering::Relaxed), 5, "two, then all three behind savepoints");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_job_is_no_job_and_a_panic_is_a_failure_like_others() {
    let desk = Desk::open().await;
    let half = desk.writer.write(|db| {
        db.execute("insert into line (number) values (1)", [])?;
        Err::<(), _>(StoreError::Tag)
    });
    assert!(matches!(half.await, Err(StoreError::Tag)));
    let panics = desk.writer.write(|db| {
        db.execute("insert into line (number) values (2)", [])?;
        if db.is_busy() || !db.is_autocommit() {
            panic!("on purpose");
        }
        Ok(())
    });
    assert!(matches!(panics.await, Err(StoreError::Lost)));
    desk.writer.write(insert(3)).await.unwrap();
    assert_eq!(desk.seen(), [3]);
}

#[tokio::test]
async fn jobs_that_wait_together_share_a_commit_and_none_is_answered_before_it() {
    let desk = Desk::open().await;
    let (holding, release) = desk.hold().await;
    let first = tokio::spawn({
        let writer = Arc::clone(&desk.writer);
        async move { writer.write(insert(1)).await }
    });
    let path = desk.path.clone();
    while desk.writer.places.available_permits() > QUEUE - 2 {
        tokio::task::yield_now().await;
    }
    // The second job sees the first one's line, and a stranger does not yet: they share a transaction.
    let second = desk.writer.write(move |db| {
        let inside: i64 = db.query_row("select count(*) from line", [], |row| row.get(0))?;
        Ok((inside, seen(&path).len()))
    });
    let release = async { drop(release) };
    let (answer, ()) = tokio::join!(biased; second, release);
    assert_eq!(answer.unwrap(), (1, 0));
    first.await.unwrap().unwrap();
    holding.await.unwrap();
    assert_eq!(desk.seen(), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_what_was_answered_is_kept_and_the_rest_is_refused() {
    let desk = Desk::open().await;
    desk.writer
        .write(|db| {
            let pages: i64 = db.query_row("pragma page_count", [], |row| row.get(0))?;
            db.query_row(&format!("pragma max_page_count = {}", pages + 20), [], |_| Ok(()))?;
            Ok(())
        })
        .await
        .unwrap();
    let mut kept = Vec::new();
    let mut refused = 0;
    for number in 0..40 {
        let big = desk.writer.write(move |db| {
            db.execute("insert into line values (?1, zeroblob(9000))", [number])?;
            Ok(())
        });
        match big.await {
            Ok(()) => kept.push(number),
            Err(error) => {
                assert!(error.is_passing(), "{error}");
                refused += 1;
            }
        }
    }
    assert!(!kept.is_empty() && refused > 0);
    assert_eq!(desk.seen(), kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_written_back_and_gone_when_the_office_closes() {
    let desk = Desk::open().await;
    for round in 0..200_i64 {
        desk.writer
            .write(move |db| {
                db.execute("insert into line values (?1, zeroblob(300000))", [round])?;
                Ok(())
            })
            .await
            .unwrap();
    }
    let log = PathBuf::from(format!("{}-wal", desk.path.display()));
    let bytes = std::fs::metadata(&log).unwrap().len();
    assert!(bytes < 30_000_000, "the log holds {bytes} of 60 million bytes written");
    let Desk { writer, path, _dir } = desk;
    drop(writer);
    assert!(!log.exists());
    assert_eq!(seen(&path).len(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_askers_than_places_are_all_served() {
    let desk = Desk::open().await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..3000 {
        let writer = Arc::clone(&desk.writer);
        asking.spawn(async move { writer.write(insert(number)).await });
    }
    assert!(asking.join_all().await.iter().all(Result::is_ok));
    assert_eq!(desk.seen().len(), 3000);
}

#[tokio::test]
async fn what_takes_a_right_back_goes_before_all_that_waits() {
    let desk = Desk::open().await;
    let (holding, release) = desk.hold().await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let says = |what: u8| {
        let order = Arc::clone(&order);
        move |_: &mut Writing<'_>| {
            order.lock().unwrap().push(what);
            Ok(())
        }
    };
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let (writer, says) = (Arc::clone(&desk.writer), says(1));
            tokio::spawn(async move { writer.write(says).await })
        })
        .collect();
    while desk.writer.places.available_permits() > QUEUE - 1 - waiting.len() {
        tokio::task::yield_now().await;
    }
    let first = desk.writer.write_first(says(0));
    let (first, ()) = tokio::join!(biased; first, async { drop(release) });
    first.unwrap();
    holding.await.unwrap();
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [0, 1, 1, 1]);
    // And alone it is done, too.
    desk.writer.write_first(says(2)).await.unwrap();
}

/// Whoever comes while the queue is being taken has asked for a look that is taken with it, and there may be no other for hours.
#[test]
fn what_takes_a_right_back_is_not_left_behind_by_the_batch_that_took_its_look() {
    let shared = Shared::default();
    let job = || Box::new(Work { todo: insert(1), done: None, reply: oneshot::channel().0, place: None });
    let mut asked = vec![Asked::One(job()), Asked::Look].into_iter();
    let coming = std::iter::from_fn(|| {
        let next = asked.next()?;
        if matches!(next, Asked::Look) {
            shared.first().push(job());
        }
        Some(next)
    });
    assert_eq!(shared.batch(coming).len(), 2);
    assert!(shared.first().is_empty());
}

#[tokio::test]
async fn once_it_is_stopped_what_was_not_begun_is_let_go_and_what_was_is_kept() {
    let desk = Desk::open().await;
    let (holding, release) = desk.hold().await;
    let waiting = tokio::spawn({
        let writer = Arc::clone(&desk.writer);
        async move { writer.write(insert(1)).await }
    });
    while desk.writer.places.available_permits() > QUEUE - 2 {
        tokio::task::yield_now().await;
    }
    desk.writer.stop();
    drop(release);
    holding.await.unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(StoreError::Stopped)));
    assert!(matches!(desk.writer.write(insert(2)).await, Err(StoreError::Stopped)));
    assert_eq!(desk.writer.places.available_permits(), QUEUE);
    assert!(desk.seen().is_empty());
}

#[tokio::test]
async fn who_only_reads_waits_for_no_transaction_of_another_process() {
    let desk = Desk::open().await;
    let other = Connection::open(&desk.path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let path = desk.path.clone();
    let opened = tokio::task::spawn_blocking(move || Writer::open(&path, Arc::default()));
    let opened = tokio::time::timeout(Duration::from_secs(10), opened).await;
    other.execute_batch("rollback").unwrap();
    opened.expect("it waited").unwrap().unwrap();
}
