//! What the gateway takes on its command line, and what it says when it starts.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use tower_failover::stack::Stack;
use tracing_subscriber::EnvFilter;

use crate::embedded::Embedded;

/// Serves LLM calls through composable failover layers.
///
/// Without --config it starts with embedded simulated providers, which can be told to fail: no key and no
/// network needed. RUST_LOG sets what is logged (default: warn, and the state moves of circuits).
#[derive(Debug, Parser)]
#[command(name = "gateway", version)]
pub(crate) struct Cli {
    /// A TOML file with providers and classes; see the README for its tables. It is taken over again when it
    /// changes, or on SIGHUP; a file with a mistake in it changes nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The address to listen on, as 127.0.0.1:8080; port 0 picks a free one. Overrides the file.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,

    /// Validate the configuration, print who would serve each class and what each translation would lose,
    /// and exit.
    #[arg(long)]
    pub(crate) check: bool,
}

pub(crate) fn init_logging() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,tower_failover::circuit_breaker=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

const ROUTES: &str = "  \
  routes             POST /v1/chat/completions  /v1/responses  /v1/messages  /v1beta/models/CLASS:generateContent
                     GET  /v1/models  /v1beta/models  /healthz  /readyz
";

/// What the gateway serves, and what to try first.
pub(crate) fn banner(addr: SocketAddr, stack: &Stack, embedded: Option<&Embedded>) -> String {
    let mut text = format!("tower-failover gateway on http://{addr}\n\n");
    for class in stack.classes() {
        let members: Vec<String> = class.members().map(ToString::to_string).collect();
        let _ = writeln!(text, "  class {:<12} {}", class.name(), members.join("  then  "));
    }
    text.push_str(ROUTES);
    if let Some(embedded) = embedded {
        let _ = write!(text, "\n{}", embedded.introduction(addr));
    }
    text.push_str("\nCtrl-C stops it; streams under way are let finish.");
    text
}
