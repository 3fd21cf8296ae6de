use http::request::Parts;

/// Which requests are answered with an array.
///
/// Closures implement it:
///
/// ```
/// use http::request::Parts;
/// use tower_failover::array_stream::ArrayStreamLayer;
///
/// let layer = ArrayStreamLayer::new(|request: &Parts| request.headers.contains_key("x-array"));
/// # let _ = layer;
/// ```
pub trait WantsArray {
    /// Does this request want a stream as an array?
    fn wants_array(&self, request: &Parts) -> bool;
}

impl<F> WantsArray for F
where
    F: Fn(&Parts) -> bool,
{
    fn wants_array(&self, request: &Parts) -> bool {
        self(request)
    }
}

/// Those of Gemini's API that ask for a stream and not for events: `…:streamGenerateContent` without `alt=sse`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GeminiArray;

impl WantsArray for GeminiArray {
    fn wants_array(&self, request: &Parts) -> bool {
        let is_events = |pair: &str| matches!(pair, "alt=sse" | "$alt=sse" | "%24alt=sse");
        request.uri.path().ends_with(":streamGenerateContent")
            && !request.uri.query().is_some_and(|query| query.split('&').any(is_events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stream_that_is_not_asked_for_as_events_is_an_array() {
        let wants = |uri: &str| {
            let (parts, ()) = http::Request::get(uri).body(()).unwrap().into_parts();
            GeminiArray.wants_array(&parts)
        };
        assert!(wants("/v1beta/models/m:streamGenerateContent"));
        assert!(wants("/v1beta/models/m:streamGenerateContent?key=k&alt=json"));
        assert!(wants("/v1beta/models/m:streamGenerateContent?xalt=sse"));
        assert!(!wants("/v1beta/models/m:streamGenerateContent?key=k&alt=sse"));
        assert!(!wants("/v1beta/models/m:streamGenerateContent?$alt=sse"));
        assert!(!wants("/v1beta/models/m:generateContent"));
        assert!(!wants("/v1/chat/completions"));
    }
}
