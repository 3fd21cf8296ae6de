//! An axum app that already has a route to one provider gets failover by adding `.layer()`.
//!
//! `cargo run --example axum_layer`

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::BodyExt;
use tower::{ServiceBuilder, ServiceExt};
use tower_failover::buffer::BufferLayer;
use tower_failover::circuit_breaker::CircuitBreakerLayer;
use tower_failover::client::{Credential, Endpoint};
use tower_failover::degraded_marker::DegradedMarkerLayer;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::failure::BoxError;
use tower_failover::health_routing::HealthRoutingLayer;
use tower_failover::rescue::RescueLayer;
use tower_failover::retry_budget::RetryBudgetLayer;
use tower_failover::schema_normalizer::SchemaNormalizerLayer;
use tower_failover::stream_guard::StreamGuardLayer;
use tower_failover::testing::FakeProvider;
use tower_http::map_response_body::MapResponseBodyLayer;

/// The handler that was there before. Its provider has a bad day.
async fn existing_openai_handler() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "upstream is down").into_response()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    // Stands for https://api.anthropic.com.
    let provider = FakeProvider::anthropic().answer("Hello from the fallback.").start().await?;

    let anthropic = ServiceBuilder::new()
        .layer(MapResponseBodyLayer::new(Body::new))
        .layer(RetryBudgetLayer::default())
        .layer(CircuitBreakerLayer::default())
        .layer(StreamGuardLayer::for_dialect(OpenAiChat))
        .layer(SchemaNormalizerLayer::new(OpenAiChat, AnthropicMessages).model("claude-sonnet-4-6"))
        .service(Endpoint::new(&provider.base_url(), Credential::header("x-api-key", "key"))?.into_service());

    let app = Router::new().route("/v1/chat/completions", post(existing_openai_handler)).layer(
        ServiceBuilder::new()
            .layer(RescueLayer::new(OpenAiChat))
            .layer(DegradedMarkerLayer::new())
            .layer(BufferLayer::for_dialect(OpenAiChat))
            .layer(HealthRoutingLayer::primary("openai").fallback("anthropic", anthropic))
            .layer(MapResponseBodyLayer::new(Body::new)) // both answer with axum's body
            .layer(RetryBudgetLayer::default())
            .layer(CircuitBreakerLayer::default()),
    );

    let request = Request::post("/v1/chat/completions")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"model":"gpt-5-mini","messages":[{"role":"user","content":"hello"}]}"#))?;
    let response = app.oneshot(request).await?;
    println!("{:?} {}", response.version(), response.status());
    for (name, value) in response.headers() {
        println!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    let body = response.into_body().collect().await?.to_bytes();
    println!("\n{}", String::from_utf8_lossy(&body));
    Ok(())
}
