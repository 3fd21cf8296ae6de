//! The gateway as whoever deploys it has it: a binary, a file, a port and signals.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// Whatever is waited for comes much sooner, or never.
const PATIENCE: Duration = Duration::from_secs(20);

/// The example, which `cargo test` builds beside its tests. `cargo test --test gateway` alone does not, or leaves one that
/// is older than its sources: then it is built here.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("the path of this test");
        let profile = test.parent().and_then(Path::parent).expect("<target>/<profile>/deps");
        let binary = profile.join("examples").join(format!("gateway{}", std::env::consts::EXE_SUFFIX));
        let built = std::fs::metadata(&binary).and_then(|metadata| metadata.modified()).ok();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let changed = ["src", "examples/gateway"].map(|folder| last_change(&root.join(folder)));
        if changed.into_iter().flatten().max() > built {
            build(profile);
        }
        assert!(binary.exists(), "{}: build it with `cargo build --example gateway`", binary.display());
        binary
    })
}

fn last_change(path: &Path) -> Option<SystemTime> {
    match std::fs::read_dir(path) {
        Ok(folder) => folder.filter_map(|entry| last_change(&entry.ok()?.path())).max(),
        Err(_) => path.metadata().and_then(|metadata| metadata.modified()).ok(),
    }
}

fn build(profile: &Path) {
    let name = profile.file_name().and_then(|name| name.to_str()).expect("the name of a profile");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--example", "gateway", "--manifest-path"]);
    cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    // What cargo tells its tests is not for another cargo: build scripts that read it would run anew, here and the next time.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    cargo.args(["--profile", if name == "debug" { "dev" } else { name }]);
    cargo.arg("--target-dir").arg(profile.parent().expect("a target folder"));
    assert!(cargo.status().expect("cargo").success(), "the gateway does not build");
}

/// Waits until there is something, and fails with `what` there should have been.
pub(crate) async fn wait_for<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let patient = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, patient).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A configuration in a file of its own, which goes with it.
#[derive(Debug)]
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn new(text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("gateway-{}-{}.toml", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let file = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        file.write(text);
        file
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::write(&self.0, text).expect("a file that can be written");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// All that a stream of the process has said.
type Said = Arc<Mutex<String>>;

/// A gateway that serves. Killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    out: Said,
    errors: Said,
    listeners: [JoinHandle<()>; 2],
    pub(crate) url: String,
    client: Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>,
}

impl Gateway {
    pub(crate) async fn start(file: &File) -> Self {
        let mut child = command(file).args(["--listen", "127.0.0.1:0"]).spawn().expect("a process");
        let (out, of_out) = listen(child.stdout.take().expect("stdout"));
        let (errors, of_errors) = listen(child.stderr.take().expect("stderr"));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut gateway =
            Self { child, out, errors, listeners: [of_out, of_errors], url: String::new(), client };
        let banner = gateway.says(&gateway.out, "Ctrl-C").await;
        let url = banner.split_whitespace().find(|word| word.starts_with("http://"));
        gateway.url = url.unwrap_or_else(|| panic!("no address in {banner}")).to_owned();
        gateway
    }

    /// Waits until it says this on stdout.
    pub(crate) async fn prints(&self, words: &str) -> String {
        self.says(&self.out, words).await
    }

    /// Waits until it says this on stderr.
    pub(crate) async fn complains(&self, words: &str) -> String {
        self.says(&self.errors, words).await
    }

    /// From now on nobody reads what it says: what it writes fails.
    pub(crate) async fn is_heard_no_more(&mut self) {
        for listener in &mut self.listeners {
            listener.abort();
            let _ = listener.await;
        }
    }

    async fn says(&self, said: &Said, words: &str) -> String {
        wait_for(&format!("{words:?} of {said:?}, {:?}", self.errors), || async {
            let said = said.lock().expect("no panic").clone();
            said.contains(words).then_some(said)
        })
        .await
    }

    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().await.expect("`kill`");
        assert!(status.success(), "{name} is sent");
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("an end").expect("a status")
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<Incoming> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "application/json").body(Full::new(body.into()));
        self.client.request(request.expect("a request")).await.expect("the gateway answers")
    }

    /// Whether a new connection is still accepted.
    pub(crate) async fn accepts(&self) -> bool {
        tokio::net::TcpStream::connect(self.url.trim_start_matches("http://")).await.is_ok()
    }
}

fn command(file: &File) -> Command {
    let mut command = Command::new(binary());
    command.arg("--config").arg(&file.0).env_remove("RUST_LOG").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub(crate) async fn check(file: &File) -> Output {
    let run = command(file).arg("--check").output();
    tokio::time::timeout(PATIENCE, run).await.expect("an end").expect("a process")
}

/// Everything is read, or a process that says much would wait.
fn listen(stream: impl AsyncRead + Unpin + Send + 'static) -> (Said, JoinHandle<()>) {
    let said = Said::default();
    let all = Arc::clone(&said);
    let listener = tokio::spawn(async move {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut all = all.lock().expect("no panic");
            all.push_str(&line);
            all.push('\n');
        }
    });
    (said, listener)
}
