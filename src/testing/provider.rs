use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::state::{State, Step};
use super::{FakeProviderBuilder, Fault, RecordedReply, SeenRequest, Stats, Vendor};

/// A provider on a loopback port that speaks the real wire format, and breaks on request. Not for production.
///
/// It answers one of `POST …/chat/completions`, `POST …/responses`, `POST …/messages` and
/// `POST …/models/MODEL:generateContent`, buffered or as a stream, counts tokens where the API can, and refuses
/// what the vendor would refuse: unknown fields, tool calls without results, a missing `anthropic-version`,
/// another vendor's sealed thoughts. Its formats are written from the vendors' references and share no code with
/// [`dialect`](crate::dialect), so the two check each other.
///
/// ```
/// use tower_failover::testing::{FakeProvider, Fault};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let provider = FakeProvider::openai().answer("Four.").start().await?;
/// provider.script([Fault::unavailable(), Fault::CutAfter(3)]); // then healthy
///
/// println!("{}", provider.base_url()); // http://127.0.0.1:PORT/v1
/// # Ok(()) }
/// ```
///
/// What a request meets: the next step of the script ([`script`](Self::script), [`reply`](Self::reply)) if there
/// is one, else the standing fault ([`always`](Self::always), [`fail_share`](Self::fail_share)), else nothing.
///
/// Dropping the last clone closes the port and every connection. Sockets do not wait for a paused clock: in a
/// test with `start_paused`, timers may fire before an answer arrives.
///
/// # Control port
///
/// With [`with_control`](FakeProviderBuilder::with_control) the same port answers:
///
/// * `POST /__fault?mode=MODE`: the standing fault. `MODE` is `ok`, a status from 400 to 599, `hang`, `slow`
///   (`ms=`, default 1000), `slow-first-token` (`ms=`), `cut-before`, `cut` (`after=`, default 3), `stall` (`after=`),
///   `error-event` (`after=`), `end-without-finish` (`after=`), `no-terminal`, `malformed` (`after=`), `garbage`,
///   `empty`, `refuse`, `drip`, `not-http`, `cut-head`, `switching-protocols`, `early-hints`, `redirect` (`to=`),
///   `wrong-type`, `other-form`, `compressed`, `huge` (`bytes=`), `wrong-length` (`by=`, default 1), `says-nothing`,
///   `reset-after-end`, `context-overflow`, `content-policy`, `quota`, `model-not-found` or `prefill`.
///   A status takes `retry_after=` in seconds. `share=0.3` strikes that share of the requests, drawn with
///   `seed=`; `times=2` strikes the next two and leaves the standing fault.
/// * `GET /__stats`: what it has counted, as JSON. `POST /__fault` answers the same.
#[derive(Clone, Debug)]
pub struct FakeProvider {
    vendor: Vendor,
    addr: SocketAddr,
    state: Arc<State>,
    task: Arc<Task>,
}

/// The server, which ends with its last handle.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl FakeProvider {
    /// One that speaks OpenAI Chat Completions.
    pub fn openai() -> FakeProviderBuilder {
        FakeProviderBuilder::new(Vendor::OpenAi)
    }

    /// One that speaks OpenAI Responses.
    pub fn responses() -> FakeProviderBuilder {
        FakeProviderBuilder::new(Vendor::OpenAiResponses)
    }

    /// One that speaks Gemini's `generateContent`.
    pub fn gemini() -> FakeProviderBuilder {
        FakeProviderBuilder::new(Vendor::Gemini)
    }

    /// One that speaks Anthropic Messages.
    pub fn anthropic() -> FakeProviderBuilder {
        FakeProviderBuilder::new(Vendor::Anthropic)
    }

    pub(super) fn new(vendor: Vendor, addr: SocketAddr, state: Arc<State>, task: JoinHandle<()>) -> Self {
        Self { vendor, addr, state, task: Arc::new(Task(task)) }
    }

    /// Whose API it speaks.
    #[must_use]
    pub const fn vendor(&self) -> Vendor {
        self.vendor
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL as the vendor's official SDK takes it: OpenAI's with `/v1`, the others' without a version.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.addr, self.vendor.base_path())
    }

    /// The next requests meet these, one each and in order.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.append(faults.into_iter().map(Step::Fault));
    }

    /// The next request, after those already scripted, is answered with a recording.
    pub fn reply(&self, reply: RecordedReply) {
        self.state.append([Step::Reply(reply)]);
    }

    /// Every request meets this.
    pub fn always(&self, fault: Fault) {
        self.state.stand(fault, 1.0, 0);
    }

    /// This share of the requests, from 0 to 1, meets a fault. The same seed draws the same requests.
    pub fn fail_share(&self, fault: Fault, share: f64, seed: u64) {
        self.state.stand(fault, share, seed);
    }

    /// No more faults: forgets the script and the standing fault.
    pub fn healthy(&self) {
        self.state.heal();
    }

    /// Closes the port and every connection for good: from now on connections are refused.
    pub async fn stop(&self) {
        self.task.0.abort();
        while !self.task.0.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// The requests it has read, the first 1024 of them.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.state.seen()
    }

    /// How many requests it has read.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.stats().requests
    }

    /// How many requests were given up by their callers before the answer was complete.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.stats().cancelled
    }

    /// All that it has counted.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.state.stats()
    }

    /// Waits until the counts are as wanted, and returns them: how to see a cancellation without sleeping.
    ///
    /// Waits for ever if that never happens; give it a timeout.
    pub async fn wait_until(&self, wanted: impl FnMut(&Stats) -> bool) -> Stats {
        let mut watch = self.state.watch();
        // The sender lives in `self.state`, so there is always something to wait for.
        watch.wait_for(wanted).await.map_or_else(|_| self.stats(), |stats| *stats)
    }
}
