//! The classes, listed as the callers' SDKs list models.

use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tower_failover::dialect::AnyDialect;
use tower_failover::stack::Stack;

use crate::routes::{refuse, spoken};

/// The names of the classes.
#[derive(Debug)]
pub(crate) struct Models(Vec<String>);

impl Models {
    pub(crate) fn of(stack: &Stack) -> Self {
        Self(stack.classes().map(|class| class.name().to_owned()).collect())
    }
}

/// All of them.
pub(crate) async fn list(
    State(models): State<Arc<Models>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Json<Value> {
    let dialect = spoken(uri.path(), &headers);
    let list: Vec<Value> = models.0.iter().map(|name| model(dialect, name)).collect();
    Json(match dialect {
        AnyDialect::Gemini(_) => json!({"models": list}),
        AnyDialect::AnthropicMessages(_) => {
            json!({"data": list, "has_more": false, "first_id": models.0.first(), "last_id": models.0.last()})
        }
        _ => json!({"object": "list", "data": list}),
    })
}

/// One of them.
pub(crate) async fn one(
    State(models): State<Arc<Models>>,
    Path(name): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let dialect = spoken(uri.path(), &headers);
    if models.0.contains(&name) {
        return Json(model(dialect, &name)).into_response();
    }
    let message = format!("no such model: {name}; served here: {}", models.0.join(", "));
    refuse(dialect, StatusCode::NOT_FOUND, &message)
}

fn model(dialect: AnyDialect, name: &str) -> Value {
    match dialect {
        AnyDialect::Gemini(_) => json!({
            "name": format!("models/{name}"), "baseModelId": name, "version": "1", "displayName": name,
            "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
        }),
        AnyDialect::AnthropicMessages(_) => {
            json!({"id": name, "type": "model", "display_name": name, "created_at": "1970-01-01T00:00:00Z"})
        }
        _ => json!({"id": name, "object": "model", "created": 0, "owned_by": "tower-failover"}),
    }
}
