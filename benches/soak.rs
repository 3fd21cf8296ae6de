//! The gateway for a minute under 5,000 slow streams at once, of which every fifth upstream call breaks and every tenth
//! caller leaves: memory, CPU, how streams ended, and what was left over.
//!
//! `cargo bench --bench soak`; `BENCH_QUICK=1` for a short run. The gateway is a process of its own with one thread. It
//! needs two open files per stream: the soft limit is raised to the hard one, and where that does not do there are
//! fewer streams. The run fails if tasks or sockets are left over; of time and memory it only reports.
#![allow(missing_docs)]

mod gateway_support;
mod soak_support;

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use gateway_support::process::Server;
use soak_support::{clients, roles};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--bench"));
    match args.next().as_deref() {
        Some("role") => {
            roles::run(&args.collect::<Vec<_>>());
            ExitCode::SUCCESS
        }
        _ => soak(),
    }
}

/// How much there is to bear.
struct Plan {
    streams: u64,
    seconds: usize,
    /// Of one answer: at 100 to 500 ms each.
    words: u16,
}

impl Plan {
    fn new() -> Self {
        let is_quick = std::env::var_os("BENCH_QUICK").is_some();
        let wanted = if is_quick {
            Self { streams: 200, seconds: 3, words: 8 }
        } else {
            Self { streams: 5_000, seconds: 60, words: 40 }
        };
        let streams = wanted.streams.min((open_files_limit() - 100) / 2);
        if streams < wanted.streams {
            println!("only {streams} streams at once: `ulimit -n` allows no more\n");
        }
        Self { streams, ..wanted }
    }
}

/// The soft limit of this process, which its children inherit.
fn open_files_limit() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("Linux's /proc");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("a limit");
    line.split_whitespace().nth(3).and_then(|limit| limit.parse().ok()).unwrap_or(u64::MAX)
}

/// Starts this program again with all the open files it may have: a shell can say so without `unsafe`.
fn raise_limit() {
    const RAISED: &str = "SOAK_LIMIT_RAISED";
    if std::env::var_os(RAISED).is_none() {
        let this = std::env::current_exe().expect("the path of this binary");
        let script = r#"ulimit -S -n "$(ulimit -H -n)"; exec "$0" "$@""#;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(this).args(std::env::args_os().skip(1)).env(RAISED, "1");
        // Returns only if there is no shell; then the limit is what it is.
        let _ = shell.exec();
    }
}

/// What the gateway holds besides memory.
#[derive(Clone, Copy, Debug)]
struct Held {
    files: usize,
    tasks: usize,
}

impl Held {
    /// The one connection that asks is among them, each time.
    fn by(gateway: &Server) -> Self {
        let tasks = clients::get(gateway.port(), "/tasks").parse().expect("a number");
        Self { files: gateway.open_files(), tasks }
    }
}

fn soak() -> ExitCode {
    raise_limit();
    let plan = Plan::new();
    let upstream = Server::start("upstream", &[plan.words], 0);
    let gateway = Server::start("gateway", &[upstream.port()], 1);
    // What is made once and kept, such as the tasks of the pools, is there before it is counted.
    clients::run(gateway.port(), 2, Duration::from_millis(10));
    std::thread::sleep(Duration::from_millis(200));
    let (idle, before) = (gateway.resident_mib(), Held::by(&gateway));
    let cpu = gateway.cpu_seconds();

    let (samples, ends) = load(&gateway, &plan);
    let cpu = gateway.cpu_seconds() - cpu;
    // Its idle connections end with it.
    drop(upstream);
    let after = settled(&gateway, before);

    report_memory(&plan, &samples, idle, gateway.resident_mib());
    println!("\nCPU of the gateway: {cpu:.1} s\n\n| streams | count |\n|---|---:|");
    ends.iter().for_each(|(end, count)| println!("| {end} | {count} |"));
    println!("\n| held by the gateway | before | after |\n|---|---:|---:|");
    println!(
        "| open files | {} | {} |\n| tasks | {} | {} |",
        before.files, after.files, before.tasks, after.tasks
    );
    if after.files > before.files || after.tasks > before.tasks {
        eprintln!("something was left over");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Resident memory in MiB, each second while streams are started, and how the streams ended.
fn load(gateway: &Server, plan: &Plan) -> (Vec<f64>, clients::Ends) {
    println!("{} streams at once for {} s, {} words each", plan.streams, plan.seconds, plan.words);
    std::thread::scope(|scope| {
        let time = Duration::from_secs(plan.seconds as u64);
        let (port, streams) = (gateway.port(), plan.streams);
        let clients = scope.spawn(move || clients::run(port, streams, time));
        let sample = |_| {
            std::thread::sleep(Duration::from_secs(1));
            gateway.resident_mib()
        };
        let samples = (0..plan.seconds).map(sample).collect();
        (samples, clients.join().expect("clients that do not panic"))
    })
}

/// What is held when nothing changes for the better any more.
fn settled(gateway: &Server, before: Held) -> Held {
    for _ in 0..100 {
        let held = Held::by(gateway);
        if held.files <= before.files && held.tasks <= before.tasks {
            return held;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Held::by(gateway)
}

fn report_memory(plan: &Plan, samples: &[f64], idle: f64, after: f64) {
    println!("\n| resident memory of the gateway | MiB |\n|---|---:|\n| idle | {idle:.1} |");
    for second in [5, 30, 60] {
        if let Some(mib) = samples.get(second - 1) {
            println!("| after {second} s | {mib:.1} |");
        }
    }
    println!("| after all ended | {after:.1} |");
    // A stream of so many words takes half as many seconds at most: until then the first ones are under way.
    let start = usize::from(plan.words / 2);
    let steady = samples.get(start..).filter(|samples| samples.len() >= 3).unwrap_or(samples);
    let third = steady.len() / 3;
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let ratio = mean(&steady[steady.len() - third..]) / mean(&steady[..third]);
    println!("| last third / first third, once streams end as fast as they start | × {ratio:.2} |");
}
