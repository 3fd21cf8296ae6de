//! A gateway made of the crate's layers: callers speak the API they know, providers fail, answers keep coming.
//!
//! `cargo run --release --example gateway` starts it with embedded simulated providers: no key, no network.

mod cli;
mod embedded;
mod linger;
mod models;
mod plan;
mod routes;
mod server;

use std::process::ExitCode;

use clap::Parser;
use tower_failover::config::Config;

use crate::cli::Cli;
use crate::embedded::Embedded;

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli::init_logging();
    match runtime().map_err(Into::into).and_then(|runtime| runtime.block_on(run(&cli))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
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
    let (mut config, embedded) = match &cli.config {
        Some(path) => (Config::load(path)?, None),
        None => {
            let embedded = Embedded::start().await?;
            (embedded.config()?, Some(embedded))
        }
    };
    if let Some(listen) = &cli.listen {
        config.listen.clone_from(listen);
    }
    let stack = config.stack()?;
    if cli.check {
        print!("{}", plan::describe(&stack));
        return Ok(());
    }
    let listener = server::bind(&config.listen).await?;
    println!("{}", cli::banner(listener.local_addr()?, &stack, embedded.as_ref()));
    server::serve(listener, (&stack, config.debug), server::shutdown_signal()).await
}
