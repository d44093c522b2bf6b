//! Receipts: what a provider says became of a notice after it took it.
//!
//! They come late, twice and in the wrong order. What is known never goes back, whatever comes after.

use rusqlite::{Connection, params};
use shared::time::Moment;

use super::{Store, StoreError, writer::Writing};

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// In the provider's words.
    Failed(String),
    Delivered,
    Read,
}

/// What a receipt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKept {
    News,
    /// As much was known before.
    Known,
    /// No notice has this handle yet.
    Early,
}

impl Receipt {
    /// The name in the database.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
        }
    }
}

impl Store {
    /// Of the notice that `adapter` calls `handle`. Said once or a hundred times, it comes to the same.
    pub async fn receipt(
        &self,
        adapter: &'static str,
        handle: &str,
        receipt: Receipt,
        at: Moment,
    ) -> Result<ReceiptKept, StoreError> {
        let handle = handle.to_owned();
        let keep = move |db: &mut Writing<'_>| {
            let why = if let Receipt::Failed(why) = &receipt { Some(why.as_str()) } else { None };
            keep(db, (adapter, &handle), (receipt.name(), why), at)
        };
        self.0.writer.write(keep).await
    }
}

/// How far a receipt goes: one that was not delivered at first may be in the end, and one that was read was delivered.
const RANK: &str = "case {} when 'failed' then 1 when 'delivered' then 2 when 'read' then 3 else 0 end";

fn keep(
    db: &Connection,
    (adapter, handle): (&str, &str),
    (receipt, why): (&str, Option<&str>),
    at: Moment,
) -> Result<ReceiptKept, StoreError> {
    let (new, old) = (RANK.replace("{}", "?3"), RANK.replace("{}", "receipt"));
    let further = db
        .prepare_cached(&format!(
            "update notice set receipt = ?3, receipt_why = ?4, receipt_at = ?5
             where adapter = ?1 and handle = ?2 and {new} > {old}"
        ))?
        .execute(params![adapter, handle, receipt, why, at.unix_ms()])?;
    if further > 0 {
        return Ok(ReceiptKept::News);
    }
    let known =
        db.prepare_cached("select 1 from notice where adapter = ?1 and handle = ?2")?.exists([adapter, handle])?;
    Ok(if known { ReceiptKept::Known } else { ReceiptKept::Early })
}
