//! A configuration that is changed while members are in trouble.

#![allow(missing_docs, clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use tower_failover::circuit_breaker::CircuitState;
use tower_failover::config::{Config, Lasting};
use tower_failover::stack::Stack;

const MINUTE: Duration = Duration::from_secs(60);

fn file(head: &str, key: &str) -> Config {
    format!(
        r#"
        {head}
        [providers.first]
        dialect = "openai-chat"
        base_url = "http://127.0.0.1:9/v1"
        api_key = "{key}"
        [providers.second]
        dialect = "anthropic-messages"
        base_url = "http://127.0.0.1:9"
        api_key = "k2"
        [[classes.workhorse.members]]
        provider = "first"
        model = "a"
        [[classes.workhorse.members]]
        provider = "second"
        model = "b"
        "#
    )
    .parse()
    .unwrap()
}

/// Of each member in order.
fn states(stack: &Stack) -> Vec<CircuitState> {
    stack.classes().flat_map(|class| class.circuits()).map(|circuit| circuit.state()).collect()
}

fn open_the_first(stack: &Stack) {
    stack.classes().next().unwrap().circuits().next().unwrap().force_open(MINUTE);
}

const OPEN: [CircuitState; 2] = [CircuitState::Open, CircuitState::Closed];
const CLOSED: [CircuitState; 2] = [CircuitState::Closed, CircuitState::Closed];

#[tokio::test]
async fn a_member_in_trouble_is_not_healthy_again_because_a_file_was_saved() {
    let mut lasting = Lasting::default();
    let before = file("", "k1").stack_with(&mut lasting).unwrap();
    open_the_first(&before);
    let after = file("[stream]\nidle = \"5s\"", "k1").stack_with(&mut lasting).unwrap();
    assert_eq!(states(&after), OPEN);
    // It is the same circuit, not a copy: calls that are under way in the stack before still count.
    before.classes().next().unwrap().circuits().next().unwrap().force_closed();
    assert_eq!(states(&after), CLOSED);
}

#[tokio::test]
async fn other_settings_of_its_circuit_do_not_heal_it_either() {
    let mut lasting = Lasting::default();
    open_the_first(&file("", "k1").stack_with(&mut lasting).unwrap());
    let after = file("[circuit_breaker]\nfailures = 9", "k1").stack_with(&mut lasting).unwrap();
    assert_eq!(states(&after), OPEN);
}

#[tokio::test]
async fn another_key_is_another_member() {
    let mut lasting = Lasting::default();
    open_the_first(&file("", "k1").stack_with(&mut lasting).unwrap());
    let after = file("", "another-key").stack_with(&mut lasting).unwrap();
    assert_eq!(states(&after), CLOSED);
}

#[tokio::test]
async fn who_was_left_out_for_a_time_begins_anew() {
    let mut lasting = Lasting::default();
    open_the_first(&file("", "k1").stack_with(&mut lasting).unwrap());
    file("", "another-key").stack_with(&mut lasting).unwrap();
    let after = file("", "k1").stack_with(&mut lasting).unwrap();
    assert_eq!(states(&after), CLOSED);
}

#[test]
fn what_is_kept_shows_no_key() {
    let mut lasting = Lasting::default();
    file("", "sk-secret").stack_with(&mut lasting).unwrap();
    assert!(!format!("{lasting:?}").contains("sk-secret"));
}
