//! The configuration file.

use proptest::prelude::*;
use tower_failover::config::Config;

use crate::mutate::{cut, cuts};
use crate::{bounded, tries};

const FILE: &str = r#"
listen = "127.0.0.1:8080"

[providers.openai]
dialect = "openai-chat"
base_url = "https://api.example.org/v1"
api_key = "sk-secret-secret"

[providers.openai.timeouts]
total = "10s"

[providers.claude]
dialect = "anthropic-messages"
base_url = "https://claude.example.org"
api_key_env = "KEY"

[[classes.workhorse.members]]
provider = "openai"
model = "gpt-5-mini"

[[classes.workhorse.members]]
provider = "claude"
model = "claude-sonnet-4-6"

[classes.workhorse.retry]
attempts = 2
base = "250ms"

[circuit_breaker]
open = "30s"

[limits]
request_body = "1.5MiB"

[losses]
default = "warn"
"temperature" = "skip_member"

[models."our-*"]
context = 8192
"#;

fn check(text: &str) -> String {
    let read = bounded("a configuration", 4 * text.len() + 4096, || {
        Config::parse_with(text, |_| Some("key".to_owned()))
    });
    match read {
        Ok(config) => format!("{config:?}"),
        Err(error) => {
            assert!(!error.problems().is_empty());
            format!("{error} {error:?}")
        }
    }
}

#[test]
fn the_file_itself_is_read() {
    let read = Config::parse_with(FILE, |_| Some("key".to_owned()));
    assert!(read.is_ok(), "{}", read.unwrap_err());
}

proptest! {
    #![proptest_config(tries(1000))]

    #[test]
    fn with_any_change(cuts in cuts(6)) {
        let mut bytes = FILE.as_bytes().to_vec();
        cut(&mut bytes, &cuts);
        // A cut can make a name of what was a key, and names are shown.
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn with_its_lines_and_values_in_any_order(lines in prop::collection::vec((0..40_usize, 0..40_usize), 0..30)) {
        let known: Vec<&str> = FILE.lines().collect();
        let line = |(at, value): (usize, usize)| {
            let line = known[at % known.len()];
            // The value of a key that is none for credentials may be shown.
            let value = known[value % known.len()].split_once('=').map(|(_, value)| value);
            let value = value.filter(|value| !value.contains("secret"));
            match (line.split_once('='), value) {
                (Some((key, _)), Some(value)) => format!("{key}={value}\n"),
                _ => format!("{line}\n"),
            }
        };
        let told = check(&lines.into_iter().map(line).collect::<String>());
        assert!(!told.contains("sk-secret-secret"), "{told}");
    }

    #[test]
    fn of_any_text(text in ".{0,200}") {
        check(&text);
    }
}
