//! Errors of members, and for callers.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tower_failover::dialect::{Dialect, gemini::Gemini};
use tower_failover::failure::{Class, Failure};

fn read(status: Option<u16>, body: &str) -> Failure {
    Gemini.decode_error(status.map(|status| StatusCode::from_u16(status).unwrap()), body.as_bytes())
}

fn error(code: u16, status: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "status": status}})
}

#[test]
fn every_error_of_the_vendor_has_its_class() {
    let rows = [
        (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", Class::InvalidRequest),
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", Class::Auth),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
            Class::ContextOverflow,
        ),
        (400, "INVALID_ARGUMENT", "Function calling is not enabled for models/gemma-3", Class::Unsupported),
        (400, "FAILED_PRECONDITION", "User location is not supported for the API use.", Class::Auth),
        (400, "FAILED_PRECONDITION", "Please enable billing on your project.", Class::QuotaExhausted),
        (400, "FAILED_PRECONDITION", "The file is not in an ACTIVE state.", Class::InvalidRequest),
        (401, "UNAUTHENTICATED", "Expected OAuth 2 access token.", Class::Auth),
        (403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.", Class::Auth),
        (
            403,
            "PERMISSION_DENIED",
            "You do not have permission to access the File abc or it may not exist.",
            Class::InvalidRequest,
        ),
        (404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta", Class::ModelGone),
        (404, "NOT_FOUND", "Not found: cache content metadata 1.", Class::InvalidRequest),
        (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", Class::RateLimited),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota. limit: 0, model: m",
            Class::QuotaExhausted,
        ),
        (499, "CANCELLED", "The operation was cancelled.", Class::ServerError),
        (500, "INTERNAL", "An internal error has occurred.", Class::ServerError),
        (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", Class::Overloaded),
        (504, "DEADLINE_EXCEEDED", "The request timed out.", Class::ServerError),
    ];
    for (code, status, message, class) in rows {
        let body = error(code, status, message);
        for body in [body.to_string(), json!([body]).to_string(), json!(body.to_string()).to_string()] {
            let failure = read(Some(code), &body);
            assert_eq!((failure.class(), failure.status().unwrap().as_u16()), (class, code), "{body}");
            let report = failure.report().unwrap();
            assert_eq!((&*report.message, report.kind.as_deref()), (message, Some(status)));
            // The same inside of a stream, where there is no status but its own.
            assert_eq!(read(None, &body).class(), class, "{body}");
        }
    }
}

#[test]
fn a_quota_of_the_day_is_told_from_one_of_the_minute() {
    let limited = |quota: &str, message: &str| {
        let details = json!([
            {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota, "quotaValue": "10"}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48.5s"},
        ]);
        let body = json!({"error": {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "details": details}});
        let failure = read(Some(429), &body.to_string());
        (failure.class(), failure.retry_after())
    };
    let brief = (Class::RateLimited, Some(Duration::from_millis(48_500)));
    assert_eq!(limited("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "m"), brief);
    let daily = (Class::QuotaExhausted, None);
    assert_eq!(limited("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "m"), daily);
}

#[test]
fn when_to_come_back_may_stand_in_words() {
    let hint =
        |message: &str| read(Some(429), &error(429, "RESOURCE_EXHAUSTED", message).to_string()).retry_after();
    assert_eq!(hint("Quota exceeded.\nPlease retry in 48.25s."), Some(Duration::from_millis(48_250)));
    assert_eq!(hint("Please retry in 560.5ms."), Some(Duration::from_micros(560_500)));
    assert_eq!(hint("Please retry in 1h2m3s."), Some(Duration::from_secs(3723)));
    assert_eq!(hint("Please retry in 5 days."), Some(Duration::from_secs(5 * 86_400)));
    for nonsense in ["Please retry in a while.", "retry in ", "retry in 1e9s", "Please retry in 5 eons."] {
        assert_eq!(hint(nonsense), None, "{nonsense}");
    }
}

#[test]
fn stand_ins_are_understood_by_status_and_words() {
    let rows = [
        (502, "<html><body>Bad gateway</body></html>", Class::ServerError, "an HTML page"),
        (503, "", Class::Overloaded, ""),
        (401, r#"{"error":"who are you"}"#, Class::Auth, "who are you"),
        (429, r#"{"message":"slow down"}"#, Class::RateLimited, "slow down"),
        (400, r#"{"detail":"odd"}"#, Class::InvalidRequest, "odd"),
        (500, "[]", Class::ServerError, "[]"),
        (404, "plain", Class::ModelGone, "plain"),
    ];
    for (status, body, class, message) in rows {
        let failure = read(Some(status), body);
        assert_eq!((failure.class(), &*failure.report().unwrap().message), (class, message), "{body}");
    }
    // One that a proxy has put into the message of another.
    let inner = error(503, "UNAVAILABLE", "The model is overloaded.").to_string();
    let failure = read(None, &error(500, "INTERNAL", &inner).to_string());
    assert_eq!(
        (failure.class(), &*failure.report().unwrap().message),
        (Class::Overloaded, "The model is overloaded.")
    );
}

#[test]
fn details_say_which_field_and_why() {
    let body = json!({"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT", "details": [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "contents[0]", "description": "d"}]},
    ]}});
    let failure = read(Some(400), &body.to_string());
    let report = failure.report().unwrap();
    assert_eq!(failure.class(), Class::Auth);
    assert_eq!(
        (report.code.as_deref(), report.param.as_deref()),
        (Some("API_KEY_INVALID"), Some("contents[0]"))
    );
}

#[test]
fn messages_are_bounded_and_cut_between_two_characters() {
    for body in ["ä".repeat(9000), error(400, "X", &"ä".repeat(9000)).to_string()] {
        assert_eq!(read(Some(400), &body).report().unwrap().message.len(), 4096);
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read(Some(400), &deep).class(), Class::InvalidRequest);
}

#[test]
fn a_caller_gets_the_shape_his_sdk_reads() {
    let failure = Failure::new(Class::Overloaded).with_retry_after(Duration::from_millis(2100));
    let detail = r#"{"attempts":[{"member":"a"}]}"#;
    let body = Gemini.encode_error(&failure, StatusCode::SERVICE_UNAVAILABLE, "all \"down\"", Some(detail));
    let wanted = json!({"error": {"code": 503, "message": "all \"down\"", "status": "UNAVAILABLE", "details": [
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"},
        {"@type": "type.googleapis.com/failover.Attempts", "attempts": [{"member": "a"}]},
    ]}});
    assert_eq!(super::json(&body), wanted);
    assert!(body.starts_with(b"{\"error\":{\"code\":"), "the SDKs know it in a stream by its beginning");
    let name = |status: u16| {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Gemini.encode_error(&Failure::new(Class::ServerError), status, "", Some("{}"));
        super::json(&body)["error"]["status"].as_str().unwrap().to_owned()
    };
    let names = [400, 401, 403, 404, 413, 429, 500, 502, 503, 504, 529].map(name);
    let wanted = [
        "INVALID_ARGUMENT",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "NOT_FOUND",
        "INVALID_ARGUMENT",
        "RESOURCE_EXHAUSTED",
        "INTERNAL",
        "UNAVAILABLE",
        "UNAVAILABLE",
        "DEADLINE_EXCEEDED",
        "UNAVAILABLE",
    ];
    assert_eq!(names, wanted);
}

#[test]
fn an_error_is_read_as_what_it_was_written_as() {
    for (class, status) in [
        (Class::Overloaded, 503),
        (Class::RateLimited, 429),
        (Class::InvalidRequest, 400),
        (Class::Auth, 403),
        (Class::ModelGone, 404),
        (Class::ServerError, 500),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Gemini.encode_error(&Failure::new(class), status, "m", None);
        assert_eq!(Gemini.decode_error(Some(status), &body).class(), class);
    }
    let event = Gemini.encode_error_event(&Failure::new(Class::Interrupted), "cut");
    let event = String::from_utf8(event).unwrap();
    let data = event.strip_prefix("data: ").unwrap().strip_suffix("\r\n\r\n").unwrap();
    assert!(!data.contains(['\r', '\n']));
    let wanted = json!({"error": {"code": 500, "message": "cut", "status": "INTERNAL", "details": []}});
    assert_eq!(super::json(data.as_bytes()), wanted);
}
