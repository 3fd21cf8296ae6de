//! The routes that official SDKs call, and words for the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post_service};
use tokio::time::Instant;
use tower_failover::config::DebugSettings;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{AnyDialect, Dialect};
use tower_failover::failure::{Class, Failure};
use tower_failover::stack::Stack;

use crate::models::{self, Models};

/// All routes. Not ready any more once `is_draining`.
pub(crate) fn router(stack: &Stack, debug: DebugSettings, is_draining: Arc<AtomicBool>) -> Router {
    let models = Arc::new(Models::of(stack));
    let messages = stack.front(AnthropicMessages);
    let responses = stack.front(OpenAiResponses);
    let gemini = stack.front(Gemini);
    let mut app = Router::new()
        .route("/v1/chat/completions", post_service(stack.front(OpenAiChat)))
        .route("/v1/messages", post_service(messages.clone()))
        .route("/v1/messages/count_tokens", post_service(messages))
        .route("/v1/responses", post_service(responses.clone()))
        .route("/v1/responses/input_tokens", post_service(responses))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(is_draining));
    // Gemini's SDKs choose the version; its methods stand in one segment with the name, which may have slashes.
    for version in ["/v1", "/v1beta", "/v1alpha"] {
        let one = get(models::one).post_service(gemini.clone()).with_state(Arc::clone(&models));
        app = app
            .route(&format!("{version}/models"), get(models::list).with_state(Arc::clone(&models)))
            .route(&format!("{version}/models/{{*name}}"), one);
    }
    if debug.routes {
        app = app.route("/debug/routes", get(explain).with_state(stack.clone()));
    }
    app.fallback(no_such_route).method_not_allowed_fallback(wrong_method)
}

/// Ready until it is told to stop, so that a load balancer sends new calls elsewhere meanwhile.
async fn ready(State(is_draining): State<Arc<AtomicBool>>) -> Response {
    if is_draining.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response()
    } else {
        "ready\n".into_response()
    }
}

/// Who would serve each class now, and why not the others.
async fn explain(State(stack): State<Stack>) -> Response {
    let body = serde_json::to_vec_pretty(&stack.explain(Instant::now())).unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

async fn no_such_route(request: Request) -> Response {
    let path = request.uri().path();
    let message = format!("no such route: {} {path}", request.method());
    refuse(spoken(path, request.headers()), StatusCode::NOT_FOUND, &message)
}

async fn wrong_method(request: Request) -> Response {
    let path = request.uri().path();
    let message = format!("{} is not allowed on {path}", request.method());
    refuse(spoken(path, request.headers()), StatusCode::METHOD_NOT_ALLOWED, &message)
}

/// The dialect that a caller seems to speak: by the path, which only one API has, or by what its SDK sends.
pub(crate) fn spoken(path: &str, headers: &HeaderMap) -> AnyDialect {
    let is_under =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let has = |names: [&str; 2]| names.iter().any(|name| headers.contains_key(*name));
    if is_under("/v1beta") || is_under("/v1alpha") || has(["x-goog-api-key", "x-goog-api-client"]) {
        Gemini.into()
    } else if is_under("/v1/messages") || has(["anthropic-version", "x-api-key"]) {
        AnthropicMessages.into()
    } else if is_under("/v1/responses") {
        OpenAiResponses.into()
    } else {
        OpenAiChat.into()
    }
}

/// A refusal in the caller's dialect.
pub(crate) fn refuse(dialect: AnyDialect, status: StatusCode, message: &str) -> Response {
    let failure = Failure::new(Class::InvalidRequest).with_status(status);
    let body = dialect.encode_error(&failure, status, message, None);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
