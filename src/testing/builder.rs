use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;

use super::server::Server;
use super::state::State;
use super::wire::ToolCall;
use super::{FakeProvider, Vendor};

/// What a [`FakeProvider`] answers with.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct FakeProviderBuilder {
    settings: Settings,
    addr: SocketAddr,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) vendor: Vendor,
    pub(super) model: Option<String>,
    pub(super) text: String,
    pub(super) thoughts: String,
    pub(super) calls: Vec<ToolCall>,
    pub(super) talks_while_calling: bool,
    pub(super) chunks: Option<usize>,
    pub(super) pace: Duration,
    pub(super) truncated: bool,
    pub(super) input_tokens: Option<u64>,
    pub(super) key: Option<String>,
    pub(super) control: bool,
}

impl FakeProviderBuilder {
    pub(super) fn new(vendor: Vendor) -> Self {
        let settings = Settings {
            vendor,
            model: None,
            text: "Hello from a provider that is only pretending.".to_owned(),
            thoughts: String::new(),
            calls: Vec::new(),
            talks_while_calling: false,
            chunks: None,
            pace: Duration::ZERO,
            truncated: false,
            input_tokens: None,
            key: None,
            control: false,
        };
        Self { settings, addr: (Ipv4Addr::LOCALHOST, 0).into() }
    }

    /// The model it says has answered. Default: the one that was asked for.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.settings.model = Some(model.into());
        self
    }

    /// The text of every answer. A request whose last message begins this text for the assistant (Anthropic's
    /// prefill; Gemini's, too) gets the rest of it.
    pub fn answer(mut self, text: impl Into<String>) -> Self {
        self.settings.text = text.into();
        self
    }

    /// What it thinks before each answer. Callers who ask to see that get it where the API has a place for it,
    /// with the vendor's seal; the tokens are counted in any case. Default: nothing.
    pub fn reasoning(mut self, text: impl Into<String>) -> Self {
        self.settings.thoughts = text.into();
        self
    }

    /// Answers with a call of this tool when the request has tools and does not end with a tool's result;
    /// then with the text. Several make parallel calls.
    pub fn tool_call(mut self, name: impl Into<String>, arguments: Value) -> Self {
        self.settings.calls.push(ToolCall { name: name.into(), arguments });
        self
    }

    /// Says the text, too, before it calls a tool.
    pub const fn talks_while_calling(mut self) -> Self {
        self.settings.talks_while_calling = true;
        self
    }

    /// Into how many pieces the text is cut in a stream, at most one per character. Default: word by word.
    pub const fn chunks(mut self, chunks: usize) -> Self {
        self.settings.chunks = Some(chunks);
        self
    }

    /// The pause before each piece of content in a stream. Default: none.
    pub const fn pace(mut self, pause: Duration) -> Self {
        self.settings.pace = pause;
        self
    }

    /// Says that the answer stopped at the limit of tokens.
    pub const fn truncated(mut self) -> Self {
        self.settings.truncated = true;
        self
    }

    /// The input tokens it counts. Default: a quarter of the request's bytes. Output tokens are one per piece of
    /// text and one per eight bytes of a tool's arguments.
    pub const fn input_tokens(mut self, tokens: u64) -> Self {
        self.settings.input_tokens = Some(tokens);
        self
    }

    /// Refuses requests without this key with the vendor's 401. Default: any key, or none, will do.
    pub fn require_key(mut self, key: impl Into<String>) -> Self {
        self.settings.key = Some(key.into());
        self
    }

    /// Listens here. Default: a free port of 127.0.0.1.
    pub const fn bind(mut self, addr: SocketAddr) -> Self {
        self.addr = addr;
        self
    }

    /// Opens the control port, so that faults can be set over HTTP. See [`FakeProvider`].
    pub const fn with_control(mut self) -> Self {
        self.settings.control = true;
        self
    }

    /// Starts it, in a task of the current runtime.
    ///
    /// # Errors
    /// If it cannot listen at its address.
    pub async fn start(self) -> io::Result<FakeProvider> {
        let listener = TcpListener::bind(self.addr).await?;
        let addr = listener.local_addr()?;
        let vendor = self.settings.vendor;
        let state = Arc::new(State::new());
        let server = Arc::new(Server { settings: self.settings, state: Arc::clone(&state) });
        let task = tokio::spawn(server.run(listener));
        Ok(FakeProvider::new(vendor, addr, state, task))
    }
}
