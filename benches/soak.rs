//! The gateway under 5,000 slow streams at once, of which every fifth upstream call breaks and every tenth caller
//! leaves, twice for a minute: memory, CPU, how streams ended, and what was left over.
//!
//! `cargo bench --bench soak`; `BENCH_QUICK=1` for a short run. The gateway is a process of its own with one thread. It
//! needs two open files per stream: the soft limit is raised to the hard one, and where that does not do there are
//! fewer streams.
//!
//! Two figures tell of its memory: what it has allocated and not freed, and what the kernel keeps resident for it,
//! which is that and whatever the allocator did not give back. What is held for good shows in the first after all
//! streams have ended, and in a second wave that needs more than the first.
//!
//! The run fails if a stream does not end in time, or if tasks, sockets or memory are left over; of time and of the
//! allocator it only reports.
#![allow(missing_docs)]

mod gateway_support;
mod soak_support;

use std::collections::BTreeSet;
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
    /// Of each wave, and until all callers are there.
    seconds: u64,
    ramp: u64,
    /// Of one answer.
    words: u16,
    /// The longest pause between two words, and a fifth of it the shortest, in milliseconds.
    pause: u16,
    /// How long an upstream may be silent, in milliseconds.
    patience: u16,
    /// How long the last streams of a wave may go on. Four answers in full, two of them after a silence, take less.
    grace: u64,
}

impl Plan {
    fn new() -> Self {
        let is_quick = std::env::var_os("BENCH_QUICK").is_some();
        let wanted = if is_quick {
            Self { streams: 200, seconds: 3, ramp: 2, words: 10, pause: 100, patience: 400, grace: 10 }
        } else {
            Self { streams: 5_000, seconds: 60, ramp: 10, words: 40, pause: 500, patience: 3_000, grace: 120 }
        };
        let streams = wanted.streams.min((open_files_limit() - 100) / 2);
        if streams < wanted.streams {
            println!("only {streams} streams at once: `ulimit -n` allows no more\n");
        }
        Self { streams, ..wanted }
    }
}

impl Plan {
    fn span(&self) -> clients::Span {
        let [ramp, time, grace] = [self.ramp, self.seconds, self.grace].map(Duration::from_secs);
        clients::Span { ramp, time, grace }
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

/// What the gateway holds.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    files: usize,
    tasks: usize,
    /// Allocated and not freed, in MiB.
    live: f64,
    /// In MiB.
    resident: f64,
}

impl Held {
    /// The one connection that asks is among them, each time.
    fn by(gateway: &Server) -> Self {
        let held = clients::get(gateway.port(), "/held");
        let (tasks, live) = held.split_once(' ').expect("two numbers");
        Self {
            files: gateway.open_files(),
            tasks: tasks.parse().expect("a number"),
            live: live.parse::<f64>().expect("a number") / 1024.0 / 1024.0,
            resident: gateway.resident_mib(),
        }
    }

    /// The most of each.
    fn max(self, other: Self) -> Self {
        Self {
            files: self.files.max(other.files),
            tasks: self.tasks.max(other.tasks),
            live: self.live.max(other.live),
            resident: self.resident.max(other.resident),
        }
    }
}

/// One wave of streams, and what it left.
struct Wave {
    /// Each second while streams were started.
    samples: Vec<Held>,
    ends: clients::Ends,
    cpu: f64,
    after: Held,
}

impl Wave {
    fn peak(&self) -> Held {
        self.samples.iter().copied().fold(Held::default(), Held::max)
    }
}

fn soak() -> ExitCode {
    raise_limit();
    let plan = Plan::new();
    let upstream = Server::start("upstream", &[plan.words, plan.pause], 0);
    let gateway = Server::start("gateway", &[upstream.port(), plan.patience], 1);
    // What is made once and kept, such as the tasks of the pools, is there before it is counted.
    let moment = clients::Span { ramp: Duration::ZERO, time: Duration::from_millis(10), ..plan.span() };
    clients::run(gateway.port(), 2, moment);
    std::thread::sleep(Duration::from_millis(200));
    let idle = Held::by(&gateway);

    println!(
        "{} streams at once for {} s, {} words each; and once more",
        plan.streams, plan.seconds, plan.words
    );
    let first = wave(&gateway, &plan, idle);
    let second = wave(&gateway, &plan, idle);
    // Its idle connections end with it.
    drop(upstream);
    let is_over = |held: Held| {
        held.files <= idle.files && held.tasks <= idle.tasks && held.live <= idle.live + LEFT_MIB
    };
    let after = settled(&gateway, is_over);

    let waves = [first, second];
    report_memory(&plan, idle, &waves, after);
    report_ends(&waves);
    println!("\n| held by the gateway | before | after |\n|---|---:|---:|");
    println!(
        "| open files | {} | {} |\n| tasks | {} | {} |",
        idle.files, after.files, idle.tasks, after.tasks
    );
    verdict(&plan, idle, &waves, after)
}

fn wave(gateway: &Server, plan: &Plan, idle: Held) -> Wave {
    let cpu = gateway.cpu_seconds();
    let (samples, ends) = load(gateway, plan);
    let cpu = gateway.cpu_seconds() - cpu;
    // Idle connections to the upstream are kept for a while.
    let is_over =
        |held: Held| held.tasks <= idle.tasks + KEPT_CONNECTIONS && held.live < idle.live + KEPT_MIB;
    Wave { samples, ends, cpu, after: settled(gateway, is_over) }
}

/// What the pool keeps open, and what that may cost: for each host so many connections by default.
const KEPT_CONNECTIONS: usize = 64;
const KEPT_MIB: f64 = 3.0;
/// Tables that have grown and stay so, of the timer and the like.
const LEFT_MIB: f64 = 1.0;

/// What is held, each second while streams are started, and how the streams ended.
fn load(gateway: &Server, plan: &Plan) -> (Vec<Held>, clients::Ends) {
    std::thread::scope(|scope| {
        let (port, streams) = (gateway.port(), plan.streams);
        let span = plan.span();
        let clients = scope.spawn(move || clients::run(port, streams, span));
        let sample = |_| {
            std::thread::sleep(Duration::from_secs(1));
            Held::by(gateway)
        };
        let samples = (0..plan.seconds).map(sample).collect();
        (samples, clients.join().expect("clients that do not panic"))
    })
}

/// What is held when nothing changes for the better any more.
fn settled(gateway: &Server, is_over: impl Fn(Held) -> bool) -> Held {
    let mut held = Held::by(gateway);
    for _ in 0..50 {
        if is_over(held) {
            break;
        }
        // As often as the account of the heap is drawn up.
        std::thread::sleep(Duration::from_millis(100));
        held = Held::by(gateway);
    }
    held
}

fn report_memory(plan: &Plan, idle: Held, waves: &[Wave], after: Held) {
    println!("\n| memory of the gateway, MiB | live | resident |\n|---|---:|---:|");
    let row = |name: &str, held: Held| println!("| {name} | {:.1} | {:.1} |", held.live, held.resident);
    row("idle", idle);
    for (wave, name) in waves.iter().zip(["first", "second"]) {
        for second in [5, 30, 60] {
            if let Some(held) = wave.samples.get(second - 1) {
                row(&format!("{name} wave, after {second} s"), *held);
            }
        }
        row(&format!("{name} wave, at most"), wave.peak());
        row(&format!("{name} wave, all ended"), wave.after);
    }
    row("no connection left", after);
    let per_stream = |of: fn(&Held) -> f64| {
        let most = waves.iter().map(|wave| of(&wave.peak())).fold(0.0, f64::max);
        (most - of(&idle)) * 1024.0 / plan.streams as f64
    };
    let (live, resident) = (per_stream(|held| held.live), per_stream(|held| held.resident));
    println!("\nper stream: {live:.1} KiB live, {resident:.1} KiB resident");
}

fn report_ends(waves: &[Wave; 2]) {
    let names: BTreeSet<_> = waves.iter().flat_map(|wave| wave.ends.counts.keys()).collect();
    println!("\n| streams | first wave | second wave |\n|---|---:|---:|");
    for name in names {
        let [first, second] = waves.each_ref().map(|wave| wave.ends.counts.get(name).unwrap_or(&0));
        println!("| {name} | {first} | {second} |");
    }
    let [first, second] = waves.each_ref().map(|wave| wave.ends.longest.as_secs_f64());
    println!("| the longest, s | {first:.1} | {second:.1} |");
    let [first, second] = waves.each_ref().map(|wave| wave.ends.all.as_secs_f64());
    println!("| all of them, s | {first:.1} | {second:.1} |");
    println!("| CPU of the gateway, s | {:.1} | {:.1} |", waves[0].cpu, waves[1].cpu);
}

fn verdict(plan: &Plan, idle: Held, waves: &[Wave; 2], after: Held) -> ExitCode {
    let mut faults = Vec::new();
    if waves.iter().any(|wave| wave.ends.stuck() > 0) {
        faults.push(format!("streams did not end within {} s", plan.grace));
    }
    if after.files > idle.files || after.tasks > idle.tasks {
        faults.push("sockets or tasks were left over".to_owned());
    }
    if after.live > idle.live + LEFT_MIB {
        faults.push("memory was left over".to_owned());
    }
    // No two runs are the same to the last stream.
    if waves[1].peak().live > waves[0].peak().live * 1.1 {
        faults.push("the second wave needed more than the first".to_owned());
    }
    faults.iter().for_each(|fault| eprintln!("{fault}"));
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
