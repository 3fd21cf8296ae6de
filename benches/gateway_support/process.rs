//! A server as a process of its own, and what the kernel says of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts this binary in another role, on a core of its own where that can be had.
    pub(crate) fn start(role: &str, ports: &[u16], core: usize) -> Self {
        let this = std::env::current_exe().expect("the path of this binary");
        let has_cores = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        let mut command = if has_cores && Command::new("taskset").arg("--version").output().is_ok() {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(core.to_string()).arg(this);
            command
        } else {
            Command::new(this)
        };
        let ports = ports.iter().map(u16::to_string);
        let mut child =
            command.arg("role").arg(role).args(ports).stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("its port");
        Self { child, port: line.trim().parse().expect("a port") }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// CPU time of all threads, in seconds; the kernel counts nanoseconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("Linux's /proc");
        let ns: u64 = threads
            .flatten()
            .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok())
            .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
            .sum();
        ns as f64 / 1e9
    }

    /// Sockets and other files it has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("Linux's /proc").count()
    }

    pub(crate) fn resident_mib(&self) -> f64 {
        self.status("VmRSS:")
    }

    pub(crate) fn peak_mib(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux's /proc");
        let line = status.lines().find(|line| line.starts_with(field)).expect("a field of status");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a number") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
