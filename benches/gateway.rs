//! The whole gateway beside a bare axum + hyper-util reverse proxy, in one run: CPU per request, requests per second,
//! resident memory.
//!
//! `cargo bench --bench gateway`; `BENCH_QUICK=1` for a short run. Each server is a process of its own (this binary,
//! started again in another role) with one thread; where `taskset` exists it has a core for itself. Rounds are
//! interleaved, and the lowest CPU per request counts: other work on the machine can only raise it.
#![allow(missing_docs)]

mod gateway_support;

use gateway_support::{load, process, roles};

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--bench"));
    match args.next().as_deref() {
        Some("role") => roles::run(&args.collect::<Vec<_>>()),
        _ => compare(),
    }
}

/// What is measured: which class is asked, and for how much.
struct Work {
    name: &'static str,
    /// The model the proxy's upstream is asked for, and the class of the gateway.
    model: &'static str,
    path: &'static str,
    is_stream: bool,
    /// The most the gateway may cost, in units of the proxy.
    target: f64,
}

const WORK: [Work; 6] = [
    Work {
        name: "OpenAI to OpenAI, 0.8 KB",
        model: "same",
        path: "/v1/chat/completions",
        is_stream: false,
        target: 1.5,
    },
    Work {
        name: "OpenAI to Anthropic, 8 KB",
        model: "other",
        path: "/v1/messages",
        is_stream: false,
        target: 2.0,
    },
    Work {
        name: "stream of 100 chunks, same dialect",
        model: "same",
        path: "/v1/chat/completions",
        is_stream: true,
        target: 1.15,
    },
    Work {
        name: "stream of 100 chunks, translated",
        model: "other",
        path: "/v1/messages",
        is_stream: true,
        target: 1.3,
    },
    // Whoever may have to ask another keeps a copy of the request.
    Work {
        name: "a healthy primary and a fallback, 0.8 KB",
        model: "pair",
        path: "/v1/chat/completions",
        is_stream: false,
        target: 1.5,
    },
    Work {
        name: "primary's circuit open, 0.8 KB",
        model: "failover",
        path: "/v1/chat/completions",
        is_stream: false,
        target: 1.575,
    },
];

fn compare() {
    let is_quick = std::env::var_os("BENCH_QUICK").is_some();
    let (rounds, seconds) = if is_quick { (1, 0.5) } else { (5, 2.0) };
    let upstream = process::Server::start("upstream", &[], 0);
    let proxy = process::Server::start("proxy", &[upstream.port()], 1);
    let gateway = process::Server::start("gateway", &[upstream.port()], 1);
    let idle = gateway.resident_mib();
    println!("| work | proxy CPU µs | gateway CPU µs | × proxy | target | proxy rps | gateway rps |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for work in &WORK {
        let mut best = [(f64::MAX, 0.0_f64); 2];
        for _ in 0..rounds {
            for (server, best) in [&proxy, &gateway].into_iter().zip(&mut best) {
                // The proxy forwards the path; the gateway's callers always speak OpenAI.
                let is_proxy = std::ptr::eq(server, &proxy);
                let path = if is_proxy { work.path } else { "/v1/chat/completions" };
                let request = load::request(path, work.model, work.is_stream);
                load::run(server.port(), &request, 0.2);
                let cpu = server.cpu_seconds();
                let done = load::run(server.port(), &request, seconds);
                let spent = (server.cpu_seconds() - cpu) * 1e6 / done as f64;
                *best = (best.0.min(spent), best.1.max(done as f64 / seconds));
            }
        }
        let [(proxy_cpu, proxy_rps), (gateway_cpu, gateway_rps)] = best;
        println!(
            "| {} | {proxy_cpu:.1} | {gateway_cpu:.1} | {:.2} | ≤ {} | {proxy_rps:.0} | {gateway_rps:.0} |",
            work.name,
            gateway_cpu / proxy_cpu,
            work.target,
        );
    }
    println!(
        "\nresident memory of the gateway: {idle:.1} MiB idle, {:.1} MiB under load",
        gateway.peak_mib()
    );
}
