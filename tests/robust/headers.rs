//! What stands in headers.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Request};
use proptest::prelude::*;
use tokio::time::Instant;
use tower_failover::deadline::{DEADLINE_MS, DeadlinePolicy, HttpDeadline};
use tower_failover::failure::{Class, retry_after, should_retry};

use crate::tries;

fn value() -> impl Strategy<Value = HeaderValue> {
    let words = prop::sample::select(vec![
        "0",
        "-1",
        "1.5",
        "1e308",
        "1e-400",
        "NaN",
        "inf",
        "-0",
        "99999999999999999999999",
        "18446744073709551615",
        " 7 ",
        "7s",
        "1m12.5s",
        "Sun, 06 Nov 1994 08:49:47 GMT",
        "Sunday, 06-Nov-94 08:49:47 GMT",
        "Sun Nov  6 08:49:47 1994",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, 06 Nov 0000 08:49:47 GMT",
        "true",
        "TRUE",
        "",
        "0x10",
        "1,5",
        "1_000",
    ]);
    prop_oneof![
        words.prop_map(HeaderValue::from_static),
        any::<f64>().prop_map(|number| HeaderValue::from_str(&number.to_string()).unwrap()),
        prop::collection::vec(any::<u8>(), 0..30)
            .prop_filter_map("no value", |bytes| HeaderValue::from_bytes(&bytes).ok()),
    ]
}

proptest! {
    #![proptest_config(tries(4000))]

    #[test]
    fn a_hint_to_wait(
        values in prop::collection::vec((prop::sample::select(vec!["retry-after", "retry-after-ms", "x-should-retry"]), value()), 0..4),
        now in 0..u32::MAX,
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(now.into());
        let _ = (retry_after(&headers, now), should_retry(&headers));
    }

    #[test]
    fn a_deadline(values in prop::collection::vec(value(), 0..3)) {
        let mut request = Request::new(());
        for value in values {
            request.headers_mut().append(DEADLINE_MS, value);
        }
        match HttpDeadline::default().deadline(&mut request, Instant::now()) {
            Ok(deadline) => {
                prop_assert!(deadline.is_some());
                prop_assert!(!request.headers().contains_key(DEADLINE_MS), "it is no provider's business");
            }
            Err(failure) => prop_assert_eq!(failure.class(), Class::InvalidRequest),
        }
    }
}
