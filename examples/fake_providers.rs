//! Fake providers of all four APIs on loopback ports, to point an SDK or a gateway at:
//!
//! ```text
//! cargo run --example fake_providers
//! curl -X POST "http://127.0.0.1:PORT/__fault?mode=503"
//! ```
//!
//! It prints one line per provider, `NAME BASE_URL CONTROL_URL`, and serves until it is stopped.
use serde_json::json;
use tower_failover::testing::{FakeProvider, FakeProviderBuilder};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let openai = equip(FakeProvider::openai(), "The fake OpenAI says hello.").start().await?;
    let anthropic = equip(FakeProvider::anthropic(), "The fake Anthropic says hello.").start().await?;
    let responses = equip(FakeProvider::responses(), "The fake OpenAI responds with hello.").start().await?;
    let gemini = equip(FakeProvider::gemini(), "The fake Gemini says hello.").start().await?;
    let all =
        [("openai", &openai), ("anthropic", &anthropic), ("responses", &responses), ("gemini", &gemini)];
    for (name, provider) in all {
        println!("{name} {} http://{}", provider.base_url(), provider.addr());
    }
    tokio::signal::ctrl_c().await
}

fn equip(provider: FakeProviderBuilder, text: &str) -> FakeProviderBuilder {
    provider.answer(text).tool_call("get_weather", json!({"city": "Oslo", "unit": "celsius"})).with_control()
}
