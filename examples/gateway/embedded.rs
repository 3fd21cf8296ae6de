//! Simulated providers inside the gateway's own process, so that a newcomer sees a failover at once.

use std::net::SocketAddr;

use tower_failover::config::Config;
use tower_failover::testing::{FakeProvider, FakeProviderBuilder};

use crate::Result;

/// An OpenAI and an Anthropic that speak the real wire formats over loopback, and fail when told to.
#[derive(Debug)]
pub(crate) struct Embedded {
    openai: FakeProvider,
    anthropic: FakeProvider,
}

impl Embedded {
    pub(crate) async fn start() -> Result<Self> {
        // Given a tool of this name they call it, so that tools can be tried, too.
        let equip = |provider: FakeProviderBuilder, name: &str| {
            let provider = provider.answer(format!("Hello from the simulated {name}."));
            provider.tool_call("get_weather", serde_json::json!({"city": "Oslo"})).with_control()
        };
        let openai = equip(FakeProvider::openai(), "OpenAI").start().await?;
        let anthropic = equip(FakeProvider::anthropic(), "Anthropic").start().await?;
        Ok(Self { openai, anthropic })
    }

    /// The configuration that a newcomer would write himself, with the simulated providers' addresses.
    pub(crate) fn config(&self) -> Result<Config> {
        let text = format!(
            r#"
            [providers.openai]
            dialect = "openai-chat"
            base_url = "{}"
            api_key = "simulated"

            [providers.anthropic]
            dialect = "anthropic-messages"
            base_url = "{}"
            api_key = "simulated"

            [[classes.workhorse.members]]
            provider = "openai"
            model = "gpt-5-mini"
            [[classes.workhorse.members]]
            provider = "anthropic"
            model = "claude-sonnet-4-6"

            # The other way round, and the fallback is second best.
            [[classes.thinker.members]]
            provider = "anthropic"
            model = "claude-sonnet-4-6"
            [[classes.thinker.members]]
            provider = "openai"
            model = "gpt-5-mini"
            degraded = true
            "#,
            self.openai.base_url(),
            self.anthropic.base_url(),
        );
        Ok(text.parse()?)
    }

    pub(crate) fn introduction(&self, gateway: SocketAddr) -> String {
        let call = |body: &str| {
            format!(
                "curl -si http://{gateway}/v1/chat/completions -H 'content-type: application/json' \\\n    -d '{body}'"
            )
        };
        let messages = r#""messages":[{"role":"user","content":"hello"}]"#;
        let buffered = call(&format!(r#"{{"model":"workhorse",{messages}}}"#));
        let stream = call(&format!(r#"{{"model":"workhorse","stream":true,{messages}}}"#))
            .replace("curl -si", "curl -sNi");
        let (openai, anthropic) = (self.openai.addr(), self.anthropic.addr());
        format!(
            "Embedded simulated providers (no key, no network):
  openai     http://{openai}      anthropic  http://{anthropic}
  To break one:   curl -X POST 'http://{openai}/__fault?mode=503'
  modes: ok 500 503 529 429 hang slow cut error-event garbage; 429 and 503 take &retry_after=SECONDS

Try:
  1. a healthy call
    {buffered}
  2. a failover: break the primary, then call again and look at the x-failover-* headers
    curl -X POST 'http://{openai}/__fault?mode=503'; {buffered}
  3. a stream, from whoever can serve it (mode=ok mends the primary)
    {stream}
"
        )
    }
}
