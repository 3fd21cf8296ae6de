use http::HeaderMap;
use http::header::CONTENT_TYPE;

const EVENT_STREAM: &[u8] = b"text/event-stream";

/// Do these headers announce server-sent events? Parameters (`; charset=utf-8`) and case do not matter.
#[must_use]
pub fn is_event_stream(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes) else { return false };
    let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(EVENT_STREAM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_matter() {
        let is = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            is_event_stream(&headers)
        };
        assert!(is("text/event-stream"));
        assert!(is("Text/Event-Stream ; charset=utf-8"));
        assert!(!is("application/json"));
        assert!(!is("text/event-streams"));
        assert!(!is_event_stream(&HeaderMap::new()));
    }
}
