//! Sign-in codes under attack: what it costs, what guessing reaches, and whether guests still come in.
//!
//! A twentieth of what `./run bench codes` sends, through the same code.

use world::{
    Trouble,
    siege::{Guest, Siege, Strategy},
};

const REQUESTS: u64 = 50_000;

#[tokio::test]
async fn an_attack_is_paid_within_the_budget_hits_nothing_and_keeps_nobody_out() -> Result<(), Trouble> {
    let folder = Siege::folder()?;
    let siege = Siege::prepared(folder.path(), 1).await?;
    let calm = siege.withstands(None, 0).await?;
    assert!(calm.served() >= 0.99 && calm.guesses < 20, "{calm}");
    for strategy in Strategy::ALL {
        let tally = siege.withstands(Some(strategy), REQUESTS).await?;
        assert!(tally.spent <= tally.budget, "{tally}");
        assert!(tally.chance() <= 1e-4 && tally.hits == 0, "{tally}");
        assert!(tally.served_of(Guest::Regular) >= 0.99 && tally.owner_in, "{tally}");
        assert!(tally.served() >= 0.99, "{tally}");
    }
    Ok(())
}
