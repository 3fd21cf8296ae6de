use super::*;

fn read(table: &Table, status: Option<u16>, kind: &str, code: &str, message: &str) -> Class {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let report = Report { kind: some(kind), code: some(code), ..Report::new(message) };
    table.class(status.map(|status| StatusCode::from_u16(status).unwrap()), &report)
}

#[test]
fn a_thread_that_is_lost_says_nothing_about_the_model() {
    let read = |status, kind, code| read(&ANTHROPIC, Some(status), kind, code, "No such thread.");
    assert_eq!(read(404, "not_found_error", "thread_not_found"), Class::InvalidRequest);
    assert_eq!(read(409, "conflict_error", "thread_continue_in_flight"), Class::InvalidRequest);
    assert_eq!(read(404, "not_found_error", ""), Class::ModelGone);
}

#[test]
fn an_empty_balance_is_told_from_too_many_requests() {
    let quota = "You exceeded your current quota, please check your plan and billing details.";
    assert_eq!(
        read(&OPENAI, Some(429), "insufficient_quota", "insufficient_quota", quota),
        Class::QuotaExhausted
    );
    assert_eq!(
        read(&OPENAI, Some(429), "tokens", "rate_limit_exceeded", "Rate limit reached"),
        Class::RateLimited
    );
    assert_eq!(
        read(
            &ANTHROPIC,
            Some(400),
            "invalid_request_error",
            "",
            "Your credit balance is too low to access the API"
        ),
        Class::QuotaExhausted
    );
}

#[test]
fn context_overflow_is_told_from_other_bad_requests() {
    let openai = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.";
    assert_eq!(read(&OPENAI, Some(400), "invalid_request_error", "", openai), Class::ContextOverflow);
    let anthropic = "prompt is too long: 210000 tokens > 200000 maximum";
    assert_eq!(read(&ANTHROPIC, Some(400), "invalid_request_error", "", anthropic), Class::ContextOverflow);
    assert_eq!(
        read(&ANTHROPIC, Some(400), "invalid_request_error", "", "max_tokens: Field required"),
        Class::InvalidRequest
    );
}

#[test]
fn text_never_overrules_an_outage() {
    assert_eq!(read(&OPENAI, Some(500), "", "content_filter", "policy"), Class::ServerError);
    assert_eq!(read(&ANTHROPIC, Some(502), "", "", "prompt is too long"), Class::ServerError);
}

#[test]
fn an_overload_is_known_by_its_code_under_any_status_and_inside_a_stream() {
    assert_eq!(read(&ANTHROPIC, Some(500), "overloaded_error", "", "Overloaded"), Class::Overloaded);
    assert_eq!(read(&ANTHROPIC, None, "overloaded_error", "", "Overloaded"), Class::Overloaded);
    assert_eq!(read(&OPENAI, None, "server_error", "", "The server had an error"), Class::ServerError);
}

#[test]
fn a_response_that_failed_says_by_its_code_whose_fault_it_was() {
    assert_eq!(read(&OPENAI, None, "", "invalid_prompt", ""), Class::InvalidRequest);
    assert_eq!(read(&OPENAI, None, "", "image_too_small", ""), Class::InvalidRequest);
    assert_eq!(read(&OPENAI, None, "", "bio_policy", ""), Class::ContentPolicy);
    assert_eq!(read(&OPENAI, None, "", "image_content_policy_violation", ""), Class::ContentPolicy);
    assert_eq!(read(&OPENAI, None, "", "vector_store_timeout", ""), Class::ServerError);
}

#[test]
fn an_error_in_a_stream_that_nobody_knows_is_a_server_error() {
    assert_eq!(read(&OPENAI, None, "novelty", "", ""), Class::ServerError);
}
