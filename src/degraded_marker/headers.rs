use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::Mark;
use crate::facts::{Attempts, Losses, Served, shown};

const PREFIX: &str = "x-failover-";
const CLASS: HeaderName = HeaderName::from_static("x-failover-class");
const PROVIDER: HeaderName = HeaderName::from_static("x-failover-provider");
const MODEL: HeaderName = HeaderName::from_static("x-failover-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-failover-attempts");
const DEGRADED: HeaderName = HeaderName::from_static("x-failover-degraded");
const LOSS: HeaderName = HeaderName::from_static("x-failover-loss");

/// Marks HTTP responses by headers, from the facts in their extensions. See the [module](super).
///
/// Leaves a log of [`Attempts`] on requests that have none, so that they can be counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers;

impl<B, R> Mark<http::Request<B>, http::Response<R>> for Headers {
    fn mark(&self, response: &mut http::Response<R>) {
        let Some(served) = response.extensions().get::<Served>().cloned() else {
            return;
        };
        let losses = response.extensions().get::<Losses>().filter(|losses| !losses.is_empty());
        let losses = losses.map(|losses| value(losses.to_string()));
        let headers = response.headers_mut();
        remove_foreign(headers);
        write(headers, &served);
        if let Some(losses) = losses {
            headers.insert(LOSS, losses);
        }
    }

    fn prepare(&self, request: &mut http::Request<B>) {
        let _ = Attempts::find_or_insert(request.extensions_mut());
    }
}

fn write(headers: &mut HeaderMap, served: &Served) {
    if let Some(class) = &served.class {
        headers.insert(CLASS, name(class));
    }
    headers.insert(PROVIDER, name(served.member.provider()));
    if let Some(model) = served.member.model() {
        headers.insert(MODEL, name(model));
    }
    headers.insert(ATTEMPTS, count(served.attempts));
    if let Some(degradation) = served.degradation {
        headers.insert(DEGRADED, HeaderValue::from_static(degradation.as_str()));
    }
}

fn remove_foreign(headers: &mut HeaderMap) {
    let is_mark = |name: &&HeaderName| name.as_str().starts_with(PREFIX);
    let foreign: Vec<_> = headers.keys().filter(is_mark).cloned().collect();
    for name in foreign {
        headers.remove(name);
    }
}

/// As a rule it is one, and that costs nothing.
fn count(attempts: u32) -> HeaderValue {
    if attempts == 1 { HeaderValue::from_static("1") } else { HeaderValue::from(attempts) }
}

fn name(text: &str) -> HeaderValue {
    HeaderValue::from_str(&shown(text)).unwrap_or_else(|_| unknown())
}

fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| unknown())
}

const fn unknown() -> HeaderValue {
    HeaderValue::from_static("?")
}
