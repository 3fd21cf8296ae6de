//! When to come back, as headers say it.

use tower_failover::failure::Class;

use crate::case::{CHAT, Case, says};

fn limited() -> Case {
    says(
        CHAT,
        429,
        r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#,
    )
}

#[test]
fn retry_after_in_every_form() {
    for (value, millis) in [
        ("3", 3000),
        ("1.5", 1500),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("Sun Nov  6 08:49:37 1994", 0),
        ("99999999999999999", 30 * 24 * 3_600_000),
    ] {
        limited().header("retry-after", value).is_until(Class::RateLimited, millis);
    }
    for garbage in ["soon", "-5", "NaN", "1e999", ""] {
        limited().header("retry-after", garbage).is(Class::RateLimited);
    }
}

#[test]
fn the_reset_of_a_spent_limit_stands_in_for_a_missing_hint() {
    let spent =
        || limited().header("x-ratelimit-remaining-tokens", "0").header("x-ratelimit-reset-tokens", "6m0s");
    spent().is_until(Class::RateLimited, 360_000);
    // The limit is full again in six minutes; the next token is there much sooner.
    spent().header("retry-after", "2").is_until(Class::RateLimited, 2000);
    limited().header("x-ratelimit-reset-requests", "12ms").is_until(Class::RateLimited, 12);
    limited()
        .header("x-ratelimit-remaining-requests", "10")
        .header("x-ratelimit-reset-requests", "1h")
        .is(Class::RateLimited);
}

#[test]
fn the_limits_of_the_ietf_are_read() {
    limited().header("ratelimit-reset", "2").is_until(Class::RateLimited, 2000);
    limited().header("ratelimit-remaining", "1").header("ratelimit-reset", "2").is(Class::RateLimited);
    limited().header("ratelimit", r#""default";r=0;t=2"#).is_until(Class::RateLimited, 2000);
    limited().header("ratelimit", r#""burst";r=0;t=2, "day";r=4;t=3600"#).is_until(Class::RateLimited, 2000);
    limited().header("ratelimit", "limit=10, remaining=0, reset=3").is_until(Class::RateLimited, 3000);
}

#[test]
fn a_moment_in_words_may_have_two_parts() {
    let body = r#"{"error":{"message":"Rate limit reached. Please try again in 1 minute and 30 seconds."}}"#;
    says(CHAT, 429, body).is_until(Class::RateLimited, 90_000);
}

#[test]
fn limits_say_nothing_of_other_failures() {
    let down = says(CHAT, 500, "")
        .header("x-ratelimit-remaining-tokens", "0")
        .header("x-ratelimit-reset-tokens", "6m0s");
    down.is(Class::ServerError);
}
