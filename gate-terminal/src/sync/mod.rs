//! The terminal's end of the line to the server.
//!
//! Lanes that never wait for each other, pull, push and walk-in: a refused push must not hold up a revocation, nor a guard's
//! question either of them. The gate asks through [`Calls`], of pull and push one at a time; a named thread answers with events
//! and waits before it reports a failure, so that the gate may simply ask again. Somebody waits for the answer to a walk-in: it
//! is tried once more and then reported. A held pull that ended at once with nothing new is followed by the next one only after a while:
//! another machine with this one's key may be asking too, and the two would drive each other. Here nothing is decided and nothing
//! believed.

pub mod backoff;
pub mod http;
pub mod round;

use std::{io, sync::mpsc::SyncSender, thread::JoinHandle, time::Duration};

use shared::sync::{Protocol, pull::PullRequest, push::PushRequest, walk_in::WalkInRequest};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{self, Instant},
};

use self::{
    backoff::Backoff,
    round::{Meaning, pull_once, push_once, walk_in_once},
};
use crate::{
    ports::{Event, Line, SyncFailure},
    vital,
};

/// More guards than one terminal has.
const WALK_INS_WAITING: usize = 8;

/// A cable that was kicked is in again, or it is not.
const SECOND_TRY_AFTER: Duration = Duration::from_secs(2);

/// A call that was to be held and ended within this with nothing new was not held.
const NOT_HELD: Duration = Duration::from_secs(1);

/// From asking for what was not held to asking again.
const NOT_HELD_AGAIN: Duration = Duration::from_secs(5);

/// The gate's end: takes a call and returns at once.
#[derive(Debug)]
pub struct Calls {
    pull: mpsc::Sender<PullRequest>,
    push: mpsc::Sender<PushRequest>,
    walk_in: mpsc::Sender<WalkInRequest>,
}

impl Line for Calls {
    fn pull(&mut self, request: PullRequest) {
        hand_over(&self.pull, request, "pull");
    }

    fn push(&mut self, request: PushRequest) {
        hand_over(&self.push, request, "push");
    }

    fn walk_in(&mut self, request: WalkInRequest) -> bool {
        self.walk_in.try_send(request).is_ok()
    }
}

fn hand_over<T>(lane: &mpsc::Sender<T>, request: T, name: &str) {
    if lane.try_send(request).is_err() {
        tracing::error!(lane = name, "a call was dropped: one is under way, or the sync thread has ended");
    }
}

/// The doing end: what the gate has asked for and nobody has answered.
#[derive(Debug)]
pub struct Lanes {
    pull: mpsc::Receiver<PullRequest>,
    push: mpsc::Receiver<PushRequest>,
    walk_in: mpsc::Receiver<WalkInRequest>,
}

/// Both ends of the line.
#[must_use]
pub fn line() -> (Calls, Lanes) {
    let (pull, pulls) = mpsc::channel(1);
    let (push, pushes) = mpsc::channel(1);
    let (walk_in, walk_ins) = mpsc::channel(WALK_INS_WAITING);
    (Calls { pull, push, walk_in }, Lanes { pull: pulls, push: pushes, walk_in: walk_ins })
}

impl Lanes {
    /// The pull the gate has asked for, if any: for a story that answers by hand.
    pub fn next_pull(&mut self) -> Option<PullRequest> {
        self.pull.try_recv().ok()
    }

    pub fn next_push(&mut self) -> Option<PushRequest> {
        self.push.try_recv().ok()
    }

    pub fn next_walk_in(&mut self) -> Option<WalkInRequest> {
        self.walk_in.try_recv().ok()
    }

    /// Answers what waits in the lanes, once, without backing off.
    pub async fn round<P: Protocol>(&mut self, protocol: &P, meaning: Meaning<P::Error>) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(request) = self.next_push() {
            events.push(push_once(protocol, request, meaning).await);
        }
        if let Some(request) = self.next_pull() {
            events.push(pull_once(protocol, request, meaning).await);
        }
        while let Some(request) = self.next_walk_in() {
            events.push(walk_in_once(protocol, request, meaning).await);
        }
        events
    }
}

/// The thread "sync": answers every call with an event, and after a failure only when some time has passed.
pub fn spawn<P>(
    lanes: Lanes,
    protocol: P,
    meaning: Meaning<P::Error>,
    events: SyncSender<Event>,
) -> io::Result<SyncThread>
where
    P: Protocol + Send + Sync + 'static,
    P::Error: 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = watch::channel(false);
    let thread = std::thread::Builder::new().name("sync".to_owned()).spawn(move || {
        vital::work(|| runtime.block_on(follow(lanes, &protocol, meaning, &events, stopped)));
        // A name that nobody answers for is looked up for half a minute, and the end waits for none.
        runtime.shutdown_background();
    })?;
    Ok(SyncThread { stop, thread: Some(thread) })
}

async fn follow<P: Protocol>(
    lanes: Lanes,
    protocol: &P,
    meaning: Meaning<P::Error>,
    events: &SyncSender<Event>,
    mut stopped: watch::Receiver<bool>,
) {
    let Lanes { mut pull, mut push, mut walk_in } = lanes;
    // Either lane's success tells the other that the line is back.
    let line_is_back = Notify::new();
    let pulling = async {
        let mut backoff = Backoff::default();
        while let Some(request) = pull.recv().await {
            let (asked, to_be_held) = (Instant::now(), request.wait_s > 0);
            let event = pull_once(protocol, request, meaning).await;
            let again = rests_until(to_be_held && brings_nothing(&event), asked, Instant::now());
            pause(&event, &mut backoff, &line_is_back).await;
            // It says what time it is, so it is handed on before the rest.
            if events.send(event).is_err() {
                break;
            }
            time::sleep_until(again).await;
        }
    };
    let pushing = async {
        let mut backoff = Backoff::default();
        while let Some(request) = push.recv().await {
            let event = push_once(protocol, request, meaning).await;
            pause(&event, &mut backoff, &line_is_back).await;
            if events.send(event).is_err() {
                break;
            }
        }
    };
    let walking_in = async {
        while let Some(request) = walk_in.recv().await {
            let mut event = walk_in_once(protocol, request.clone(), meaning).await;
            if matches!(event, Event::HostNotAsked { failure: SyncFailure::Unreachable(_), .. }) {
                time::sleep(SECOND_TRY_AFTER).await;
                event = walk_in_once(protocol, request, meaning).await;
            }
            if events.send(event).is_err() {
                break;
            }
        }
    };
    tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => {}
        _ = async { tokio::join!(pulling, pushing, walking_in) } => {}
    }
}

fn brings_nothing(event: &Event) -> bool {
    matches!(event, Event::Pulled(answer)
        if answer.links.is_empty() && answer.snapshot.is_none() && answer.key_set.is_none())
}

/// When the next call may follow one that was asked for and answered then.
fn rests_until(brought_nothing: bool, asked: Instant, answered: Instant) -> Instant {
    if brought_nothing && answered.duration_since(asked) < NOT_HELD { asked + NOT_HELD_AGAIN } else { answered }
}

async fn pause(event: &Event, backoff: &mut Backoff, line_is_back: &Notify) {
    let (Event::PullFailed(failure) | Event::PushFailed(failure)) = event else {
        backoff.succeeded();
        line_is_back.notify_waiters();
        return;
    };
    let waited = time::sleep(backoff.failed());
    match failure {
        SyncFailure::Unreachable(_) => tokio::select! {
            () = waited => {}
            () = line_is_back.notified() => {}
        },
        // The line is up and the answer is no: only time helps.
        SyncFailure::Refused(_) => waited.await,
    }
}

/// The running sync thread. Dropping it hangs up, also in the middle of a held call.
#[derive(Debug)]
pub struct SyncThread {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for SyncThread {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the sync thread had panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
        time::Duration,
    };

    use shared::{
        ids::TerminalId,
        sync::{
            Refusal,
            enrol::{EnrolAnswer, EnrolRequest},
            pull::{Cursor, PullAnswer},
            push::PushAnswer,
            walk_in::WalkInAnswer,
        },
    };

    use super::*;

    /// A server that refuses pushes at once and holds pulls for ever; at the gates it answers the second call.
    #[derive(Default)]
    struct Slow {
        walk_ins: std::sync::atomic::AtomicUsize,
    }

    impl Protocol for Slow {
        type Error = Refusal;

        async fn enrol(&self, _: EnrolRequest) -> Result<EnrolAnswer, Refusal> {
            Err(Refusal::Code)
        }

        async fn pull(&self, _: PullRequest) -> Result<PullAnswer, Refusal> {
            std::future::pending().await
        }

        async fn push(&self, _: PushRequest) -> Result<PushAnswer, Refusal> {
            Err(Refusal::Head)
        }

        async fn walk_in(&self, _: WalkInRequest) -> Result<WalkInAnswer, Refusal> {
            match self.walk_ins.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => Err(Refusal::Malformed),
                _ => Ok(WalkInAnswer::Accepted),
            }
        }
    }

    fn refused(refusal: &Refusal) -> SyncFailure {
        if *refusal == Refusal::Malformed {
            return SyncFailure::Unreachable("as if the line were cut".into());
        }
        SyncFailure::Refused(refusal.clone())
    }

    fn a_walk_in() -> WalkInRequest {
        let text = r#"{"terminal":7,"number":1,"visitor":"李四","document":"passport:E12345678","phone":"13800130000",
            "host":"T1","reason":"送样品","party":1}"#;
        serde_json::from_str(text).unwrap()
    }

    fn a_pull() -> PullRequest {
        PullRequest {
            terminal: TerminalId::new(7),
            cursor: Cursor::START,
            key_set: 0,
            wait_s: 0,
            snapshot: None,
            ails: Vec::new(),
        }
    }

    fn a_push() -> PushRequest {
        let text = r#"{"terminal":7,"links":[],"head":{"body":"{}","signature":""}}"#;
        serde_json::from_str(text).unwrap()
    }

    fn next(events: &Receiver<Event>, ms: u64) -> Result<Event, RecvTimeoutError> {
        events.recv_timeout(Duration::from_millis(ms))
    }

    #[test]
    fn a_held_pull_does_not_hold_up_a_push_and_a_refusal_is_waited_out() {
        let (mut calls, lanes) = line();
        let (sender, events) = sync_channel(8);
        let thread = spawn(lanes, Slow::default(), refused, sender).unwrap();
        calls.pull(a_pull());
        let asked = Instant::now();
        calls.push(a_push());
        let event = next(&events, 10_000).unwrap();
        assert!(asked.elapsed() >= Duration::from_millis(900), "a failure is not reported before the wait");
        assert!(matches!(event, Event::PushFailed(SyncFailure::Refused(Refusal::Head))), "{event:?}");
        drop(thread);
        assert!(
            matches!(next(&events, 0), Err(RecvTimeoutError::Disconnected)),
            "it hung up in the middle of the pull"
        );
    }

    /// A server at which another machine with the same key asks as well: whatever is to be held ends at once.
    struct Shared;

    impl Protocol for Shared {
        type Error = Refusal;

        async fn enrol(&self, _: EnrolRequest) -> Result<EnrolAnswer, Refusal> {
            Err(Refusal::Code)
        }

        async fn pull(&self, _: PullRequest) -> Result<PullAnswer, Refusal> {
            Ok(serde_json::from_str(r#"{"links":[],"beacon":{"body":"{}","signature":""}}"#).unwrap())
        }

        async fn push(&self, _: PushRequest) -> Result<PushAnswer, Refusal> {
            Err(Refusal::Head)
        }

        async fn walk_in(&self, _: WalkInRequest) -> Result<WalkInAnswer, Refusal> {
            Err(Refusal::Malformed)
        }
    }

    #[test]
    fn what_was_to_be_held_and_ended_at_once_is_not_asked_again_at_once() {
        let (mut calls, lanes) = line();
        let (sender, events) = sync_channel(8);
        let _thread = spawn(lanes, Shared, refused, sender).unwrap();
        // Behind the feed nothing is held: the next follows at once.
        for _ in 0..3 {
            calls.pull(a_pull());
            assert!(matches!(next(&events, 10_000), Ok(Event::Pulled(_))));
        }
        calls.pull(PullRequest { wait_s: 25, ..a_pull() });
        assert!(
            matches!(next(&events, 10_000), Ok(Event::Pulled(_))),
            "what was answered is handed on before the rest"
        );
        let asked = Instant::now();
        calls.pull(PullRequest { wait_s: 25, ..a_pull() });
        assert!(matches!(next(&events, 10_000), Ok(Event::Pulled(_))));
        assert!(asked.elapsed() > Duration::from_secs(3), "it rests");
    }

    #[test]
    fn only_what_was_not_held_is_rested_after() {
        let asked = Instant::now();
        let rests = |nothing, ms| {
            let answered = asked + Duration::from_millis(ms);
            rests_until(nothing, asked, answered).duration_since(answered).as_millis()
        };
        assert_eq!([rests(true, 0), rests(true, 999), rests(true, 1_000), rests(false, 0)], [5_000, 4_001, 0, 0]);
    }

    #[test]
    fn a_walk_in_waits_for_neither_and_is_tried_twice() {
        let (mut calls, lanes) = line();
        let (sender, events) = sync_channel(8);
        let _thread = spawn(lanes, Slow::default(), refused, sender).unwrap();
        calls.pull(a_pull());
        assert!(calls.walk_in(a_walk_in()));
        let event = next(&events, 10_000).unwrap();
        assert!(matches!(event, Event::HostAsked { answer: WalkInAnswer::Accepted, .. }), "{event:?}");
    }

    #[test]
    fn a_story_answers_the_lanes_by_hand() {
        let (mut calls, mut lanes) = line();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let slow = Slow::default();
        assert!(runtime.block_on(lanes.round(&slow, refused)).is_empty());
        calls.push(a_push());
        assert!(calls.walk_in(a_walk_in()));
        assert_eq!(runtime.block_on(lanes.round(&slow, refused)).len(), 2);
        assert!(lanes.next_push().is_none());
        calls.pull(a_pull());
        calls.pull(PullRequest { wait_s: 9, ..a_pull() });
        assert_eq!(lanes.next_pull().unwrap().wait_s, 0, "a second call while one waits is dropped");
        assert!(lanes.next_pull().is_none());
    }
}
