use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};

/// Headers of the caller's that go to members of any dialect.
static NEUTRAL: [HeaderName; 4] = [
    USER_AGENT,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// The headers of a request to a member.
///
/// Of the caller's `openai-*` headers those that name his organization and project stay behind: they belong to
/// his credentials, and beside the member's own they are an error.
pub(in crate::dialect) fn request(caller: &HeaderMap, same_dialect: bool) -> HeaderMap {
    // Beside these two and the caller's own: the key, the host and the length.
    let mut headers = HeaderMap::with_capacity(6);
    for (name, value) in caller {
        let word = name.as_str();
        let is_own = word.starts_with("openai-") && !matches!(word, "openai-organization" | "openai-project");
        if NEUTRAL.contains(name) || (same_dialect && is_own) {
            headers.append(name, value.clone());
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers
}
