//! Entries as officers see them: each with who vouches for it, what contradicts it, and who it was while the list still says so.

use std::sync::Arc;

use super::digest::Digest;
use crate::{
    ports::{EntryLog, KeptEntry},
    ui::records::{LogFilter, LogLine, LogPage, Proof},
};

/// The log as it was when the digest last caught up.
#[derive(Debug)]
pub(super) struct Lines<'a, L: EntryLog> {
    log: &'a L,
    digest: &'a Digest,
    /// The last entry the server has signed for.
    receipted: u64,
}

impl<'a, L: EntryLog> Lines<'a, L> {
    pub(super) fn new(log: &'a L, digest: &'a Digest) -> Result<Self, L::Error> {
        let receipted = log.receipt()?.map_or(0, |(seq, _)| seq);
        Ok(Self { log, digest, receipted })
    }

    pub(super) fn page(&self, filter: LogFilter) -> Result<LogPage, L::Error> {
        let mut lines = Vec::new();
        let mut total = 0;
        for seq in self.digest.sift(&filter) {
            total += 1;
            if lines.len() < filter.most {
                lines.extend(self.line(seq)?);
            }
        }
        Ok(LogPage { filter, lines, total })
    }

    /// Everything the filter lets through, newest first, one reading at a time.
    pub(super) fn all(&self, filter: &LogFilter) -> impl Iterator<Item = Result<LogLine, L::Error>> {
        self.digest.sift(filter).filter_map(|seq| self.line(seq).transpose())
    }

    /// `None` when it was purged a moment ago.
    fn line(&self, seq: u64) -> Result<Option<LogLine>, L::Error> {
        let Some(KeptEntry { hash, entry, .. }) = self.log.kept(seq)? else { return Ok(None) };
        let record = entry.said.pass.map(|pass| self.log.record(pass)).transpose()?.flatten();
        let (visitor, host, plates) = match record {
            Some(record) => (Some(record.visitor), Some(record.host.as_str().to_owned()), record.plates),
            None => entry.said.paper.as_ref().map_or((None, None, Vec::new()), |paper| {
                let plates = paper.plates.iter().map(ToString::to_string).collect();
                (Some(paper.visitor.clone()), Some(paper.host.as_str().to_owned()), plates)
            }),
        };
        Ok(Some(LogLine {
            seq,
            proof: if seq <= self.receipted { Proof::Countersigned } else { Proof::Unsent },
            chain_hash: Some(hash),
            conflict: self.digest.conflict(seq),
            entry: Arc::new(entry),
            visitor,
            host,
            plates,
        }))
    }
}
