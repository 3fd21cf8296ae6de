//! Simulated providers inside the gateway's own process, so that a newcomer sees a failover at once.

use std::net::SocketAddr;

use tower_failover::config::Config;
use tower_failover::testing::{FakeProvider, FakeProviderBuilder};

use crate::Result;

/// Providers of all four APIs that speak the real wire formats over loopback, and fail when told to.
#[derive(Debug)]
pub(crate) struct Embedded {
    openai: FakeProvider,
    anthropic: FakeProvider,
    responses: FakeProvider,
    gemini: FakeProvider,
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
        let responses = equip(FakeProvider::responses(), "OpenAI Responses").start().await?;
        let gemini = equip(FakeProvider::gemini(), "Gemini").start().await?;
        Ok(Self { openai, anthropic, responses, gemini })
    }

    /// The configuration that a newcomer would write himself, with the simulated providers' addresses.
    pub(crate) fn config(&self) -> Result<Config> {
        let text = format!(
            r#"
            [debug]
            routes = true

            [providers.openai]
            dialect = "openai-chat"
            base_url = "{}"
            api_key = "simulated"

            [providers.anthropic]
            dialect = "anthropic-messages"
            base_url = "{}"
            api_key = "simulated"

            [providers.responses]
            dialect = "openai-responses"
            base_url = "{}"
            api_key = "simulated"

            [providers.gemini]
            dialect = "gemini"
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

            [[classes.scout.members]]
            provider = "gemini"
            model = "gemini-3-flash"
            [[classes.scout.members]]
            provider = "responses"
            model = "gpt-5-mini"
            "#,
            self.openai.base_url(),
            self.anthropic.base_url(),
            self.responses.base_url(),
            self.gemini.base_url(),
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
        let gemini_call = format!(
            "curl -sNi 'http://{gateway}/v1beta/models/scout:streamGenerateContent?alt=sse' \\\n    -d '{}'",
            r#"{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}"#
        );
        let (openai, anthropic) = (self.openai.addr(), self.anthropic.addr());
        let (responses, gemini) = (self.responses.addr(), self.gemini.addr());
        format!(
            "Embedded simulated providers (no key, no network):
  openai     http://{openai}      anthropic  http://{anthropic}
  responses  http://{responses}      gemini     http://{gemini}
  To break one:   curl -X POST 'http://{openai}/__fault?mode=503'
  modes: ok 500 503 529 429 hang slow cut error-event garbage; 429 and 503 take &retry_after=SECONDS

Try:
  1. a healthy call
    {buffered}
  2. a failover: break the primary, then call again and look at the x-failover-* headers
    curl -X POST 'http://{openai}/__fault?mode=503'; {buffered}
  3. a stream, from whoever can serve it (mode=ok mends the primary)
    {stream}
  4. another API, another class: Gemini's, from Gemini or else from OpenAI Responses
    {gemini_call}
  5. who would serve now, and why not the others
    curl -s http://{gateway}/debug/routes
"
        )
    }
}
