use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

/// What happens to the body that the headers speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Untouched,
    /// Untouched, too, and no stream: an answer, or a count.
    Whole,
    Json,
    EventStream,
}

/// Room for so many of the member's headers, of which most stay here,
const MOST_PASSED: usize = 8;
/// and for so many that the layers above add.
const MARKS: usize = 4;

/// The headers a caller may see, by an allow-list: what is not known to be meant for him stays here.
///
/// Rate limits only where he speaks the member's dialect; he could not read them otherwise.
pub(super) fn for_caller(member: &HeaderMap, is_same: bool, content: Content) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(member.len().min(MOST_PASSED) + MARKS);
    for (name, value) in member {
        if is_for_anyone(name.as_str()) || (is_same && is_for_the_same(name.as_str())) {
            headers.append(name, value.clone());
        }
    }
    match content {
        Content::Untouched | Content::Whole => {
            for name in [CONTENT_TYPE, CONTENT_LENGTH] {
                if let Some(value) = member.get(&name) {
                    headers.insert(name, value.clone());
                }
            }
            // SDKs look at it before they read, and hand over mere text where it says something else.
            if content == Content::Whole && !is_json(member) {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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

/// Parameters (`; charset=utf-8`) and case do not matter.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
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
    fn a_whole_answer_is_called_json_whatever_the_member_calls_it() {
        let called = |kind: Option<&'static str>, content| {
            let kind = kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind)));
            let headers = for_caller(&kind.into_iter().collect(), true, content);
            headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned())
        };
        let json = Some("application/json".to_owned());
        for kind in [None, Some("text/plain"), Some("application/octet-stream")] {
            assert_eq!(called(kind, Content::Whole), json, "{kind:?}");
        }
        let with_charset = Some("application/json; charset=UTF-8");
        assert_eq!(called(with_charset, Content::Whole).as_deref(), with_charset);
        assert_eq!(
            called(Some("text/event-stream"), Content::Untouched).as_deref(),
            Some("text/event-stream")
        );
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
