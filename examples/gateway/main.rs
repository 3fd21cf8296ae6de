//! A gateway made of the crate's layers: callers speak the API they know, providers fail, answers keep coming.
//!
//! `cargo run --release --example gateway` starts it with embedded simulated providers: no key, no network.

mod cli;
mod embedded;
mod linger;
mod models;
mod plan;
mod reload;
mod routes;
mod say;
mod server;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Parser;
use tower_failover::config::{Config, Lasting};

use crate::cli::Cli;
use crate::embedded::Embedded;
use crate::reload::{Hangups, Live, Reload};
use crate::say::{complain, say};

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli::init_logging();
    match runtime().map_err(Into::into).and_then(|runtime| runtime.block_on(run(&cli))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

/// With one core there is nobody to hand work to, and a scheduler for many threads only costs.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = match cores {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

async fn run(cli: &Cli) -> Result<()> {
    // Kept alive to the end: dropping them stops the simulated providers.
    let (config, embedded) = match &cli.config {
        Some(path) => (Config::load(path)?, None),
        None => {
            let embedded = Embedded::start().await?;
            (embedded.config()?, Some(embedded))
        }
    };
    let listen = cli.listen.as_ref().unwrap_or(&config.listen);
    let mut lasting = Lasting::default();
    let stack = config.stack_with(&mut lasting)?;
    if cli.check {
        say(plan::describe(&config, &stack).trim_end());
        return Ok(());
    }
    let listener = server::bind(listen).await?;
    let is_draining = Arc::new(AtomicBool::new(false));
    // Whoever reads the banner may send a signal at once.
    let shutdown = server::shutdown_signal(Arc::clone(&is_draining));
    let changes = cli.config.as_ref().map(|path| (path, Hangups::listen()));
    say(cli::banner(listener.local_addr()?, &stack, embedded.as_ref()));

    let live = Live::new(routes::router(&stack, config.debug, Arc::clone(&is_draining)));
    if let Some((path, hangups)) = changes {
        let is_draining = Arc::clone(&is_draining);
        let make = move |config: &Config, lasting: &mut Lasting| {
            let stack = config.stack_with(lasting)?;
            Ok(routes::router(&stack, config.debug, Arc::clone(&is_draining)))
        };
        let reload = Reload::new(path, (lasting, live.clone()), &config.listen, make);
        tokio::spawn(reload.run(hangups));
    }
    server::serve(listener, live, shutdown).await
}
