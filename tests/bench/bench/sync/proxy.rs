//! A line between a terminal and the server: it counts what goes through, each way, and can be thin.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use gatehouse::{Trouble, machine::now};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

#[derive(Debug, Clone, Default)]
pub(super) struct Counted {
    pub(super) up: Arc<AtomicU64>,
    pub(super) down: Arc<AtomicU64>,
}

impl Counted {
    pub(super) fn take(&self) -> (u64, u64) {
        (self.up.swap(0, Ordering::Relaxed), self.down.swap(0, Ordering::Relaxed))
    }
}

/// The address of a line to `server`, and what went over it. `bits_per_s` holds for each way.
pub(super) async fn to(server: String, bits_per_s: Option<u64>) -> Result<(String, Counted), Trouble> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let counted = Counted::default();
    let counts = counted.clone();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(&server).await else { break };
            if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
                break;
            }
            let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
            tokio::spawn(carry(from_near, to_far, Arc::clone(&counts.up), bits_per_s));
            tokio::spawn(carry(from_far, to_near, Arc::clone(&counts.down), bits_per_s));
        }
    });
    Ok((address, counted))
}

/// So much at once at most, or a thin line would be a fast one that stops and goes.
const PIECE: usize = 2_048;

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counted: Arc<AtomicU64>, bits_per_s: Option<u64>) {
    let mut piece = vec![0; if bits_per_s.is_some() { PIECE } else { 64 * 1024 }];
    let mut free = now();
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        if let Some(bits_per_s) = bits_per_s {
            let bits = u64::try_from(read).unwrap_or_default() * 8;
            free = free.max(now()) + Duration::from_nanos(bits * 1_000_000_000 / bits_per_s.max(1));
            tokio::time::sleep_until(free.into()).await;
        }
        counted.fetch_add(u64::try_from(read).unwrap_or_default(), Ordering::Relaxed);
        let Some(piece) = piece.get(..read) else { break };
        if to.write_all(piece).await.is_err() {
            break;
        }
    }
}
