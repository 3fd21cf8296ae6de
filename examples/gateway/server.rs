//! Sockets, routes, and an orderly end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post_service};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::{AnyDialect, Dialect};
use tower_failover::failure::{Class, Failure};
use tower_failover::stack::Stack;

use crate::Result;

/// A client that has not sent the head of its request by then is disconnected.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Streams under way at the end get this long. Longer than the default deadline of a call has no use.
const GRACE: Duration = Duration::from_secs(300);

/// Listens, or says what to do instead.
pub(crate) async fn bind(listen: &str) -> Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|error| {
        format!("cannot listen on {listen}: {error}; choose another address with --listen, as --listen 127.0.0.1:0").into()
    })
}

/// Ctrl-C, or SIGTERM.
pub(crate) async fn shutdown_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Serves until `shutdown`, then lets what is under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    stack: &Stack,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let is_draining = Arc::new(AtomicBool::new(false));
    let app = TowerToHyperService::new(router(stack, Arc::clone(&is_draining)));
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    http.http2().timer(TokioTimer::new());
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                // Out of file descriptors, or a client already gone: neither is a reason to stop serving.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Small writes must not wait for the peer's delayed acknowledgements.
        let _ = socket.set_nodelay(true);
        let connection = http.serve_connection(TokioIo::new(socket), app.clone()).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "connection ended");
            }
        });
    }
    is_draining.store(true, Ordering::Relaxed);
    drop(listener);
    drain(connections).await;
    Ok(())
}

async fn drain(connections: GracefulShutdown) {
    println!("stopping: letting {} connection(s) finish; Ctrl-C again stops at once", connections.count());
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(GRACE) => println!("some streams took too long and were cut"),
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn router(stack: &Stack, is_draining: Arc<AtomicBool>) -> Router {
    let models = Models(stack.classes().map(|class| class.name().to_owned()).collect());
    Router::new()
        .route("/v1/chat/completions", post_service(stack.front(OpenAiChat)))
        .route("/v1/messages", post_service(stack.front(AnthropicMessages)))
        .route("/v1/models", get(list_models).with_state(Arc::new(models)))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(is_draining))
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
}

/// Ready until it is told to stop, so that a load balancer sends new calls elsewhere meanwhile.
async fn ready(State(is_draining): State<Arc<AtomicBool>>) -> Response {
    if is_draining.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response()
    } else {
        "ready\n".into_response()
    }
}

#[derive(Debug)]
struct Models(Vec<String>);

/// The classes, as the caller's SDK lists models.
async fn list_models(State(models): State<Arc<Models>>, headers: HeaderMap) -> Response {
    let is_anthropic = headers.contains_key("anthropic-version");
    let data: Vec<_> = models
        .0
        .iter()
        .map(|name| if is_anthropic { anthropic_model(name) } else { openai_model(name) })
        .collect();
    let list = if is_anthropic {
        serde_json::json!({"data": data, "has_more": false, "first_id": models.0.first(), "last_id": models.0.last()})
    } else {
        serde_json::json!({"object": "list", "data": data})
    };
    axum::Json(list).into_response()
}

fn openai_model(name: &str) -> serde_json::Value {
    serde_json::json!({"id": name, "object": "model", "created": 0, "owned_by": "tower-failover"})
}

fn anthropic_model(name: &str) -> serde_json::Value {
    serde_json::json!({"id": name, "type": "model", "display_name": name, "created_at": "1970-01-01T00:00:00Z"})
}

async fn no_such_route(request: Request) -> Response {
    let message = format!("no such route: {} {}", request.method(), request.uri().path());
    refuse(request.headers(), StatusCode::NOT_FOUND, &message)
}

async fn wrong_method(request: Request) -> Response {
    let message = format!("{} is not allowed on {}", request.method(), request.uri().path());
    refuse(request.headers(), StatusCode::METHOD_NOT_ALLOWED, &message)
}

/// A refusal in the dialect that the caller seems to speak.
fn refuse(headers: &HeaderMap, status: StatusCode, message: &str) -> Response {
    let dialect = if headers.contains_key("anthropic-version") {
        AnyDialect::from(AnthropicMessages)
    } else {
        AnyDialect::from(OpenAiChat)
    };
    let failure = Failure::new(Class::InvalidRequest).with_status(status);
    let body = dialect.encode_error(&failure, status, message, None);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
