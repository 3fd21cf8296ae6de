use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

/// What happens to the body that the headers speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Untouched,
    Json,
    EventStream,
}

/// The headers a caller may see, by an allow-list: what is not known to be meant for him stays here.
///
/// Rate limits only where he speaks the member's dialect; he could not read them otherwise.
pub(super) fn for_caller(member: &HeaderMap, is_same: bool, content: Content) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    for (name, value) in member {
        if is_for_anyone(name.as_str()) || (is_same && is_for_the_same(name.as_str())) {
            headers.append(name, value.clone());
        }
    }
    match content {
        Content::Untouched => {
            for name in [CONTENT_TYPE, CONTENT_LENGTH] {
                if let Some(value) = member.get(&name) {
                    headers.insert(name, value.clone());
                }
            }
        }
        Content::Json => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Content::EventStream => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
    }
    headers
}

/// The provider's id of the request: what its support asks for.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("x-request-id").or_else(|| headers.get("request-id"))?;
    value.to_str().ok().map(str::to_owned)
}

/// Is the body compressed, in spite of our `accept-encoding: identity`?
pub(super) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_for_anyone(name: &str) -> bool {
    matches!(name, "x-request-id" | "request-id")
}

fn is_for_the_same(name: &str) -> bool {
    name.starts_with("x-ratelimit-")
        || name.starts_with("anthropic-ratelimit-")
        || matches!(name, "cache-control" | "openai-processing-ms" | "openai-version")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> HeaderMap {
        let pairs = [
            ("content-type", "application/json"),
            ("content-length", "7"),
            ("x-request-id", "req_1"),
            ("x-ratelimit-remaining-tokens", "9"),
            ("set-cookie", "__cf_bm=secret"),
            ("connection", "keep-alive"),
            ("transfer-encoding", "chunked"),
            ("openai-organization", "org-ours"),
            ("x-should-retry", "true"),
        ];
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_caller_sees_only_what_is_meant_for_him() {
        let same = for_caller(&member(), true, Content::Untouched);
        let wanted = ["content-length", "content-type", "x-ratelimit-remaining-tokens", "x-request-id"];
        assert_eq!(names(&same), wanted);
        let foreign = for_caller(&member(), false, Content::EventStream);
        assert_eq!(names(&foreign), ["cache-control", "content-type", "x-request-id"]);
    }
}
