use serde::Serialize;

use crate::facts::{Attempt, Attempts};

/// The list of attempts as a JSON object; `None` where none is known.
pub(super) fn detail(attempts: Option<&Attempts>) -> Option<String> {
    let list = attempts?.list();
    if list.is_empty() {
        return None;
    }
    serde_json::to_string(&Detail { attempts: list.iter().map(Entry::of).collect() }).ok()
}

#[derive(Serialize)]
struct Detail {
    attempts: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    ms: u64,
}

impl Entry {
    fn of(attempt: &Attempt) -> Self {
        Self {
            member: attempt.member.as_ref().map(ToString::to_string),
            class: attempt.class.map(|class| class.as_str()),
            status: attempt.status.map(|status| status.as_u16()),
            ms: u64::try_from(attempt.elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;
    use crate::facts::Member;
    use crate::failure::{Class, Failure};

    #[test]
    fn each_attempt_is_listed_with_what_is_known_of_it() {
        let log = Attempts::default();
        assert_eq!(detail(Some(&log)), None);
        let failure = Failure::new(Class::Timeout).with_status(StatusCode::GATEWAY_TIMEOUT);
        let member = Member::new("openai").with_model("gpt-5");
        log.record(Attempt::failed(&failure, Duration::from_secs(1)).by(&member));
        log.record(Attempt::failed(&Failure::new(Class::CircuitOpen), Duration::ZERO));
        let expected = r#"{"attempts":[{"member":"openai/gpt-5","class":"timeout","status":504,"ms":1000},{"class":"circuit_open","ms":0}]}"#;
        assert_eq!(detail(Some(&log)).as_deref(), Some(expected));
    }
}
