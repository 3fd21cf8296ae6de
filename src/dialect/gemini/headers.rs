use http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};

use crate::dialect::Target;

/// Headers of the caller's that go to members of any dialect.
static NEUTRAL: [HeaderName; 3] =
    [USER_AGENT, HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// And those that only this API knows: which SDK calls, and how long it will wait, in seconds, which is never
/// less than what is left of the call. What belongs to the caller's credentials (`x-goog-api-key`,
/// `authorization`, `x-goog-user-project`) stays behind.
static OWN: [HeaderName; 2] =
    [HeaderName::from_static("x-goog-api-client"), HeaderName::from_static("x-server-timeout")];

/// The headers of a request to a member.
pub(super) fn request(caller: &HeaderMap, _: &Target<'_>, same_dialect: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let own = if same_dialect { &OWN[..] } else { &[] };
    for name in NEUTRAL.iter().chain(own) {
        for value in caller.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stay_behind_and_the_sdks_word_goes_only_to_the_same_dialect() {
        let mut caller = HeaderMap::new();
        for name in [
            "x-goog-api-key",
            "authorization",
            "x-goog-user-project",
            "cookie",
            "x-goog-api-client",
            "x-server-timeout",
            "traceparent",
            "user-agent",
        ] {
            caller.insert(name, HeaderValue::from_static("v"));
        }
        let names = |same| {
            let headers = request(&caller, &Target::new("m"), same);
            let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(names(false), ["content-type", "traceparent", "user-agent"]);
        let same = ["content-type", "traceparent", "user-agent", "x-goog-api-client", "x-server-timeout"];
        assert_eq!(names(true), same);
    }
}
