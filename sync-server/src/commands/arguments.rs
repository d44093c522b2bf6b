//! The shape of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use shared::{
    identity::DocumentKind,
    ids::{CampusId, GateIndex, PassId, TerminalId},
    time::CampusDay,
};

use crate::office::Reason;

#[derive(Debug, Parser)]
#[command(
    name = "sync-server",
    version,
    about = "The office of the campus visitor gate: booking, approval, passes, and the terminals' door"
)]
pub struct Arguments {
    /// Settings in TOML; without it every setting has its default
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server until SIGINT or SIGTERM
    Serve {
        /// Make missing keys and print notices (codes, links) to standard output; never for real visitors
        #[arg(long)]
        demo: bool,
    },
    /// The staff directory
    #[command(subcommand)]
    Directory(DirectoryCommand),
    /// The terminals at the gates
    #[command(subcommand)]
    Terminal(TerminalCommand),
    /// The office's keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The server's own clock
    #[command(subcommand)]
    Clock(ClockCommand),
    /// Passes
    #[command(subcommand)]
    Pass(PassCommand),
    /// The entry log
    #[command(subcommand)]
    Entries(EntriesCommand),
    /// Passes that entered twice without leaving
    #[command(subcommand)]
    Conflicts(ConflictsCommand),
    /// People who are not to be admitted
    #[command(subcommand)]
    Watchlist(WatchlistCommand),
}

#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Take a CSV file (number,name,department,phone and, where known, wecom and hall) as the whole directory: who is not in it has left
    Import {
        #[arg(value_name = "FILE.csv")]
        file: PathBuf,
        /// Also when more than a tenth of the directory does not stand in the file
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum TerminalCommand {
    /// Print a one-time enrolment code, good for ten minutes
    Invite {
        /// The campus's `id` in the settings
        #[arg(long, value_name = "ID", value_parser = campus)]
        campus: CampusId,
        /// The gate's `index` in the settings
        #[arg(long, value_name = "INDEX", value_parser = gate)]
        gate: GateIndex,
    },
    /// List terminals with the fingerprints of their keys
    List,
    /// Never answer this terminal again
    Withdraw {
        #[arg(value_name = "ID", value_parser = terminal)]
        terminal: TerminalId,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make the root, pass, beacon and identity keys and the signed key set
    Init {
        /// Where the root key is written; best a medium that is then locked away
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Say that the clock is right now, after it was put or the server was off for over a day; look at it first
    Accept,
}

#[derive(Debug, Subcommand)]
pub enum PassCommand {
    /// End a pass early; gates know within seconds
    Revoke {
        #[arg(value_name = "PASS_ID", value_parser = pass)]
        pass: PassId,
        /// Kept with the booking
        #[arg(long, value_parser = Reason::parse)]
        reason: Reason,
    },
}

#[derive(Debug, Subcommand)]
pub enum EntriesCommand {
    /// Print entries, oldest first
    List {
        /// One line of JSON per entry
        #[arg(long)]
        json: bool,
        /// Only this campus day
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        day: Option<CampusDay>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ConflictsCommand {
    /// Print which pass was let in twice without leaving between, and where, oldest first
    List,
}

#[derive(Debug, Subcommand)]
pub enum WatchlistCommand {
    /// Watch for a document; its number is read from standard input, so that it stays out of the shell's history
    Add {
        /// resident_id, passport, hk_macao_permit, ...
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: DocumentKind,
        /// Who it is, for people who read the list
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Print who is on it, by the last four of the document
    List,
    /// Stop watching for a document; its number is read from standard input
    Remove {
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: DocumentKind,
    },
}

fn campus(text: &str) -> Result<CampusId, std::num::ParseIntError> {
    text.parse().map(CampusId::new)
}

fn terminal(text: &str) -> Result<TerminalId, std::num::ParseIntError> {
    text.parse().map(TerminalId::new)
}

fn gate(text: &str) -> Result<GateIndex, &'static str> {
    text.parse().ok().and_then(GateIndex::new).ok_or("a gate's index is 0 to 15")
}

fn pass(text: &str) -> Result<PassId, &'static str> {
    PassId::parse(text).ok_or("a pass id is 16 lower-case hex digits")
}

fn day(text: &str) -> Result<CampusDay, &'static str> {
    CampusDay::parse(text).ok_or("a day is written 2026-11-23")
}

fn kind(text: &str) -> Result<DocumentKind, String> {
    DocumentKind::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = DocumentKind::ALL.into_iter().map(DocumentKind::name).collect();
        format!("one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_settings_file_may_stand_anywhere() {
        for line in [
            ["sync-server", "--config", "a.toml", "terminal", "list"],
            ["sync-server", "terminal", "list", "--config", "a.toml"],
        ] {
            assert_eq!(Arguments::try_parse_from(line).unwrap().config, Some("a.toml".into()));
        }
    }

    #[test]
    fn malformed_ids_are_misuse() {
        for line in [
            "terminal invite --campus 70000 --gate 0",
            "terminal invite --campus 1 --gate 16",
            "pass revoke 12 --reason lost",
            "pass revoke 00112233445566AA --reason lost",
            "entries list --day 2026-2-3",
            "watchlist add --kind library_card",
        ] {
            let words = std::iter::once("sync-server").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_err(), "{line}");
        }
    }
}
