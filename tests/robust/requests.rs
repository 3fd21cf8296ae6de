//! What callers send.

use http::{HeaderMap, HeaderValue, Uri};
use proptest::prelude::*;
use serde_json::Value;
use tower_failover::dialect::{AnyDialect, Dialect, Encoded, Flavour, Target};
use tower_failover::facts::{Call, Losses};

use crate::input::{Input, any_json};
use crate::streams::is_beyond_readers;
use crate::{BYTES_PER_BYTE, assert_json, bounded, tries};

/// Models that take and refuse different things, and whose form of a dialect they speak.
const TARGETS: &[(&str, &str, Flavour)] = &[
    ("openai-chat", "gpt-4.1", Flavour::Standard),
    ("openai-chat", "gpt-5-mini", Flavour::Standard),
    ("openai-chat", "mistral-large-latest", Flavour::Mistral),
    ("openai-chat", "some-model", Flavour::Standard),
    ("openai-responses", "gpt-5-mini", Flavour::Standard),
    ("openai-responses", "gpt-4.1", Flavour::Azure),
    ("anthropic-messages", "claude-sonnet-4-6", Flavour::Standard),
    ("anthropic-messages", "claude-opus-5-5", Flavour::Standard),
    ("anthropic-messages", "claude-3-haiku-20240307", Flavour::Standard),
    ("gemini", "gemini-2.5-flash", Flavour::Standard),
    ("gemini", "gemini-3-pro", Flavour::Standard),
];

fn targets() -> impl Iterator<Item = (AnyDialect, Target<'static>)> {
    TARGETS.iter().map(|(dialect, model, flavour)| {
        (dialect.parse().unwrap(), Target::new(model).with_flavour(*flavour))
    })
}

fn uri(dialect: AnyDialect) -> Uri {
    Uri::from_static(match dialect.name() {
        "gemini" => "/v1beta/models/workhorse:streamGenerateContent?alt=sse",
        "anthropic-messages" => "/v1/messages",
        "openai-responses" => "/v1/responses",
        _ => "/v1/chat/completions",
    })
}

/// All that is done with a request before it is sent, and a look at what is.
pub(crate) fn check(input: &Input) {
    read_and_write(input, |to, call, encoded| sent(input, to, call, encoded));
}

/// All that is done with a request before it is sent.
pub(crate) fn read_and_write(input: &Input, mut each: impl FnMut(AnyDialect, &Call, &Encoded)) {
    let Input { dialect, bytes } = input;
    let size = bytes.len();
    let call =
        bounded("peek", size, || dialect.peek(&uri(*dialect), bytes).ok().map(|peek| peek.into_call()));
    let echo = bounded("echo", size, || dialect.echo(bytes));
    assert_json("echo", format!("{{{echo}}}").as_bytes());
    for (to, target) in targets().filter(|(to, _)| to == dialect) {
        let is_foreign = bounded("holds_foreign", size, || dialect.holds_foreign(bytes, &target));
        scrub(to, &target, bytes, is_foreign);
    }
    let Ok(mut request) = bounded("decode_request", size, || dialect.decode_request(bytes)) else { return };
    let call = call.unwrap_or_else(|| panic!("read, but not routed: {input:?}"));
    if *dialect != AnyDialect::parse("gemini").unwrap() {
        assert_eq!((&*call.model, call.stream), (&*request.model, request.stream), "{input:?}");
    }
    // Where the API says it in the path, the body does not know it.
    request.stream = call.stream;
    for (to, target) in targets() {
        let mut losses = Losses::new();
        let written = bounded("encode_request", size, || to.encode_request(&request, &target, &mut losses));
        told(&losses);
        if let Ok(encoded) = written {
            assert_json("a request", &encoded.body);
            each(to, &call, &encoded);
        }
    }
}

/// What is sent is a request of the member's dialect.
fn sent(input: &Input, to: AnyDialect, call: &Call, encoded: &Encoded) {
    assert!(
        encoded.body.len() <= 4096 + BYTES_PER_BYTE * input.bytes.len(),
        "{} bytes of {input:?}",
        encoded.body.len()
    );
    if is_beyond_readers(&input.bytes) {
        return;
    }
    let again = to.decode_request(&encoded.body);
    assert!(again.is_ok(), "{again:?} of {} from {input:?}", String::from_utf8_lossy(&encoded.body));
    if to.name() != "gemini" {
        assert_eq!(to.peek(&uri(to), &encoded.body).unwrap().stream, call.stream);
    }
}

fn scrub(dialect: AnyDialect, target: &Target<'_>, bytes: &[u8], is_foreign: bool) {
    let mut losses = Losses::new();
    let scrubbed = bounded("scrub", bytes.len(), || dialect.scrub(bytes, target, &mut losses));
    told(&losses);
    let Ok(scrubbed) = scrubbed else { return };
    assert_json("scrubbed", &scrubbed);
    // A body that was none before is left as it was.
    let again = dialect.scrub(&scrubbed, target, &mut Losses::new()).map(|again| again == scrubbed);
    assert!(matches!(again, Ok(true)), "{again:?} {dialect} {}", bytes.escape_ascii());
    if !is_foreign && dialect.decode_request(bytes).is_ok() {
        let [was, is] = [bytes, &scrubbed[..]].map(|json| serde_json::from_slice::<Value>(json).ok());
        assert_eq!(was, is, "{dialect} {}", target.model);
    }
}

/// A ledger fits a header, whatever the caller's fields are called.
fn told(losses: &Losses) {
    let header = losses.to_string();
    assert!(header.len() <= Losses::HEADER_BYTES + 32, "{header}");
    HeaderValue::from_str(&header).unwrap();
}

proptest! {
    #![proptest_config(tries(600))]

    #[test]
    fn of_any_bytes(input in any_json("request")) {
        check(&input);
    }

    #[test]
    fn with_any_headers_and_address(
        input in any_json("request"),
        path in "/[a-z0-9/:%._-]{0,40}(:(stream)?[gG]enerateContent|:countTokens|/messages/count_tokens)?(\\?[a-z=&%$]{0,12})?",
        headers in prop::collection::vec(("(authorization|cookie|x-api-key|x-goog-api-key|anthropic-beta|anthropic-version|openai-organization|x-[a-z]{1,8})", prop::collection::vec(32..=255_u8, 0..40)), 0..6),
    ) {
        let Ok(uri) = path.parse::<Uri>() else { return Ok(()) };
        let _ = input.dialect.peek(&uri, &input.bytes);
        let mut caller = HeaderMap::new();
        for (name, value) in &headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                caller.append(name.parse::<http::HeaderName>().unwrap(), value);
            }
        }
        for (to, target) in targets() {
            let sent = to.request_headers(&caller, &target, to == input.dialect);
            for secret in ["authorization", "cookie", "x-api-key", "x-goog-api-key"] {
                prop_assert!(!sent.contains_key(secret), "{} to {to}", secret);
            }
        }
    }
}
