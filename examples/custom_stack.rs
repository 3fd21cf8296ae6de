//! A gateway author orders the layers himself: two members of one type, each with its own breaker and budget,
//! and a rule of his own about what counts as a failure.
//!
//! `cargo run --example custom_stack`

use std::time::Duration;

use http_body_util::BodyExt;
use tower::{ServiceBuilder, ServiceExt};
use tower_failover::body::Buffered;
use tower_failover::buffer::BufferLayer;
use tower_failover::circuit_breaker::CircuitBreakerLayer;
use tower_failover::client::Endpoint;
use tower_failover::deadline::DeadlineLayer;
use tower_failover::degraded_marker::DegradedMarkerLayer;
use tower_failover::dialect::AnyDialect;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::facts::Member;
use tower_failover::failure::BoxError;
use tower_failover::health_routing::{Candidate, HealthRouting};
use tower_failover::rescue::RescueLayer;
use tower_failover::retry_budget::RetryBudgetLayer;
use tower_failover::schema_normalizer::SchemaNormalizerLayer;
use tower_failover::stream_guard::StreamGuardLayer;
use tower_failover::testing::{FakeProvider, Fault};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let openai = FakeProvider::openai().start().await?;
    let anthropic = FakeProvider::anthropic().answer("Hello from the second member.").start().await?;
    openai.always(Fault::status(529));

    // The front every caller speaks, and one stack per member below it.
    let front = AnyDialect::from(AnthropicMessages);
    let member = |name: &'static str, dialect: AnyDialect, model: &'static str, base_url: String| {
        let circuit = CircuitBreakerLayer::default();
        let handle = circuit.handle();
        let service = ServiceBuilder::new()
            .layer(RetryBudgetLayer::default().attempts(2).window(Duration::from_secs(2)))
            .layer(circuit)
            .layer(StreamGuardLayer::for_dialect(front).first_token(Duration::from_secs(5)))
            .layer(SchemaNormalizerLayer::new(front, dialect).model(model))
            .service(Endpoint::new(&base_url, "key")?.into_service());
        let candidate = Candidate::new(Member::new(name).with_model(model), service);
        Ok::<_, BoxError>(candidate.health(move |now| handle.availability(now)))
    };
    let primary = member("openai", OpenAiChat.into(), "gpt-5-mini", openai.base_url())?;
    let second = member("anthropic", AnthropicMessages.into(), "claude-sonnet-4-6", anthropic.base_url())?;

    let gateway = ServiceBuilder::new()
        .layer(RescueLayer::new(front))
        .layer(DegradedMarkerLayer::new())
        .layer(DeadlineLayer::new(Duration::from_secs(30)))
        .layer(BufferLayer::for_dialect(front))
        .service(HealthRouting::new(primary, vec![second]));

    let body = r#"{"model":"any","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}"#;
    let request = http::Request::post("/v1/messages").body(Buffered::from(body))?;
    let response = gateway.oneshot(request).await?;
    println!("{} by {:?}", response.status(), response.headers().get("x-failover-provider"));
    println!("attempts: {:?}", response.headers().get("x-failover-attempts"));
    let body = response.into_body().collect().await?.to_bytes();
    println!("{}", String::from_utf8_lossy(&body));
    println!("the first member was asked {} time(s)", openai.count());
    Ok(())
}
