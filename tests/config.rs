//! What the file accepts, what it makes of it, and what it says of mistakes.
#![cfg(feature = "config")]
#![allow(missing_docs)]

use std::io::Write;
use std::time::Duration;

use tokio::time::Instant;
use tower_failover::config::{Config, ConfigError, Problem, Secret, Settings, StreamRescue};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::canonical::Effort;
use tower_failover::dialect::{Flavour, Sampling, Thinking};
use tower_failover::facts;
use tower_failover::health_routing::WhenAllDown;
use tower_failover::schema_normalizer::{LossRules, Verdict};

/// The sample that the documentation shows: all values are the defaults.
const SAMPLE: &str = r#"
listen = "127.0.0.1:8080"

[providers.openai]
dialect  = "openai-chat"
base_url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"

[providers.anthropic]
dialect  = "anthropic-messages"
base_url = "https://api.anthropic.com"
api_key_env = "ANTHROPIC_API_KEY"

[classes.workhorse]
deadline = "60s"
[[classes.workhorse.members]]
provider = "anthropic"
model    = "claude-sonnet-4-6"
[[classes.workhorse.members]]
provider = "openai"
model    = "gpt-5-mini"
degraded = true

[retry]
attempts = 3
window   = "8s"
base     = "250ms"
cap      = "4s"
ratio    = 0.2

[circuit_breaker]
failures  = 5
rate      = 0.5
min_calls = 10
window    = "30s"
open      = "5s"
cap       = "30s"

[stream]
first_token = "10s"
idle        = "20s"
rescue      = "continue"

[timeouts]
connect = "5s"
attempt = "60s"
total   = "300s"

[limits]
request_body = "20MiB"

[losses]
default   = "warn"
essential = "skip_member"
"#;

/// Enough of a file for what is appended to it to be the only thing that can be wrong. Nine lines.
const MINIMAL: &str = r#"[providers.openai]
dialect = "openai-chat"
base_url = "https://api.openai.com/v1"
api_key = "sk-1"

[[classes.workhorse.members]]
provider = "openai"
model = "gpt-5-mini"

"#;

/// With an environment in which every key of a provider is set, and nothing else.
fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse_with(text, |name| name.ends_with("_API_KEY").then(|| format!("key-of-{name}\n")))
}

fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Line and message of each problem.
fn problems(text: &str) -> Vec<(usize, String)> {
    let error = parse(text).expect_err(text);
    let seen = |problem: &Problem| (problem.line().expect("a line"), problem.message().to_owned());
    error.problems().iter().map(seen).collect()
}

#[test]
fn the_documented_sample_is_the_defaults() {
    let config = good(SAMPLE);
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.listen, "127.0.0.1:8080");
    assert_eq!(good(MINIMAL).listen, config.listen);

    let Settings { retry, circuit_breaker, stream, timeouts, limits, .. } = good(MINIMAL).settings;
    let seconds = Duration::from_secs;
    assert_eq!((retry.attempts, retry.ratio), (3, 0.2));
    assert_eq!((retry.window, retry.base, retry.cap), (seconds(8), Duration::from_millis(250), seconds(4)));
    assert_eq!((circuit_breaker.failures, circuit_breaker.min_calls, circuit_breaker.rate), (5, 10, 0.5));
    assert_eq!(
        (circuit_breaker.window, circuit_breaker.open, circuit_breaker.cap),
        (seconds(30), seconds(5), seconds(30))
    );
    assert_eq!((stream.first_token, stream.idle), (seconds(10), seconds(20)));
    assert_eq!(stream.rescue, StreamRescue::Continue);
    assert_eq!((timeouts.connect, timeouts.attempt, timeouts.total), (seconds(5), seconds(60), seconds(300)));
    assert_eq!(limits.request_body, 20 * 1024 * 1024);
}

#[test]
fn the_documented_sample_has_its_providers_and_its_members_in_order() {
    let config = good(SAMPLE);
    let anthropic = &config.providers["anthropic"];
    assert_eq!(anthropic.dialect, AnthropicMessages.into());
    assert_eq!(anthropic.base_url, "https://api.anthropic.com");
    let key = anthropic.api_key.as_ref().expect("a key");
    assert_eq!(key.expose(), "key-of-ANTHROPIC_API_KEY");

    let class = config.class("workhorse").expect("the class");
    assert_eq!(class.time(), Duration::from_secs(60));
    let members: Vec<_> = class.members.iter().map(facts::Member::from).collect();
    assert_eq!(
        members,
        [
            facts::Member::new("anthropic").with_model("claude-sonnet-4-6"),
            facts::Member::new("openai").with_model("gpt-5-mini").with_degraded(true),
        ]
    );
}

#[test]
fn a_file_that_sets_little_is_complete() {
    let config = good(
        r#"
        # one attempt per member, limits of one second
        [providers.openai]
        dialect = "openai-chat"
        base_url = "http://127.0.0.1:9100/v1"
        api_key = "x"

        [providers.anthropic]
        dialect = "anthropic-messages"
        base_url = "http://127.0.0.1:9100"
        api_key = "x"

        [[classes.oai.members]]
        provider = "openai"
        model = "gpt-4o-mini"

        [[classes.ant.members]]
        provider = "anthropic"
        model = "claude-3-5-haiku-20241022"

        [[classes.fo.members]]
        provider = "openai"
        model = "gpt-4o-mini"
        [[classes.fo.members]]
        provider = "anthropic"
        model = "claude-3-5-haiku-20241022"

        [retry]
        attempts = 1

        [stream]
        first_token = "1s"

        [timeouts]
        attempt = "1s"
        "#,
    );
    let names: Vec<_> = config.classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(names, ["oai", "ant", "fo"], "in the order of the file");
    let settings = config.settings_for("fo", "anthropic").expect("a member");
    assert_eq!(settings.retry.attempts, 1);
    assert_eq!(settings.stream.first_token, Duration::from_secs(1));
    assert_eq!(settings.stream.idle, Duration::from_secs(20));
    assert_eq!(config.classes[2].time(), Duration::from_secs(300));
}

#[test]
fn a_class_overrides_a_provider_and_a_provider_the_top_level_key_by_key() {
    let config = good(
        r#"
        [retry]
        attempts = 7
        window = "7s"
        ratio = 0.7

        [providers.slow]
        dialect = "openai-chat"
        base_url = "http://localhost:1"
        [providers.slow.retry]
        attempts = 6
        window = "6s"
        [providers.plain]
        dialect = "openai-chat"
        base_url = "http://localhost:2"

        [classes.x.retry]
        attempts = 5
        [classes.x]
        members = [{ provider = "slow", model = "m" }, { provider = "plain", model = "m" }]
        [classes.y]
        members = [{ provider = "slow", model = "m" }]
        "#,
    );
    let seen = |class, provider| {
        let retry = &config.settings_for(class, provider).expect("a member").retry;
        (retry.attempts, retry.window.as_secs(), retry.ratio)
    };
    assert_eq!(seen("x", "slow"), (5, 6, 0.7));
    assert_eq!(seen("x", "plain"), (5, 7, 0.7));
    assert_eq!(seen("y", "slow"), (6, 6, 0.7));
    assert_eq!(config.class("x").expect("the class").settings.retry.attempts, 5);
    assert_eq!(config.providers["slow"].settings.retry.attempts, 6);
    assert_eq!(config.settings.retry.attempts, 7);
    assert!(config.settings_for("y", "plain").is_none());
}

#[test]
fn what_may_be_lost_is_overridden_field_by_field() {
    let config = good(
        r#"
        [losses]
        default = "allow"
        "tools.*" = "reject"
        top_k = "reject"

        [providers.p]
        dialect = "openai-chat"
        base_url = "http://localhost:1"
        [providers.p.losses]
        top_k = "skip_member"

        [classes.x]
        members = [{ provider = "p", model = "m" }]
        [classes.x.losses]
        essential = "reject"
        "tools[*].strict" = "warn"
        messages.content.file = "skip_member"
        "#,
    );
    let expected = LossRules::new()
        .with_default(Verdict::Allow)
        .with_essential(Verdict::Reject)
        .with_field("tools.*", Verdict::Reject)
        .with_field("top_k", Verdict::SkipMember)
        .with_field("tools.strict", Verdict::Warn)
        .with_field("messages.content.file", Verdict::SkipMember);
    assert_eq!(config.settings_for("x", "p").expect("a member").losses, expected);
    let stack = config.stack().expect("a stack");
    let class = stack.classes().next().expect("a class");
    let preview = class.losses().into_iter().find(|preview| preview.front == AnthropicMessages.into());
    let worst = preview.expect("a preview of the other dialect").verdict();
    assert_eq!(worst, Some(Verdict::SkipMember), "top_k");
}

#[test]
fn a_wait_or_its_cap_set_alone_takes_the_other_along() {
    let longer = good(&format!("{MINIMAL}[circuit_breaker]\nopen = \"60s\"")).settings.circuit_breaker;
    assert_eq!((longer.open, longer.cap), (Duration::from_secs(60), Duration::from_secs(60)));
    let shorter = good(&format!("{MINIMAL}[retry]\ncap = \"100ms\"")).settings.retry;
    assert_eq!((shorter.base, shorter.cap), (Duration::from_millis(100), Duration::from_millis(100)));
}

#[test]
fn names_of_classes_and_models_are_free() {
    let text = r#"
        [providers."my host"]
        dialect = "openai-chat"
        base_url = "http://[::1]:8000/v1/"
        [[classes."gpt-4o.2024/latest".members]]
        provider = "my host"
        model = "qwen/qwen3:8b@q4"
    "#;
    let config = good(text);
    assert_eq!(config.classes[0].name, "gpt-4o.2024/latest");
    assert_eq!(config.providers["my host"].base_url, "http://[::1]:8000/v1");
    assert!(config.providers["my host"].api_key.is_none());
}

#[test]
fn what_is_known_of_models_can_be_said_in_the_file_and_the_first_table_that_fits_holds() {
    let config = good(&format!(
        "{MINIMAL}[models.\"our-gpt-*\"]\nlike = \"gpt-4o\"\ncontext = 32000\nimages = false\n\
         efforts = [\"high\", \"low\"]\n[models.\"our-*\"]\nthinking = \"budget\"\nsampling = \"one-of\"\n\
         most_budget = 2048\nversion = \"2026-10-21\"\n[models.\"*\"]\ntools = false\n"
    ));
    let find = |model| config.models.find(model, "openai-chat").expect("a row fits");
    let ours = find("our-gpt-7");
    assert_eq!((ours.context, ours.max_output, ours.images), (Some(32_000), Some(16_384), false));
    assert_eq!(ours.efforts, [Effort::Low, Effort::High]);
    assert!(ours.tools && ours.is_known);
    let other = find("our-claude");
    assert_eq!((other.thinking, other.sampling), (Thinking::Budget, Sampling::OneOf));
    assert_eq!((other.most_budget, other.version), (Some(2048), Some("2026-10-21")));
    assert!(!find("llama").tools);
    assert!(good(MINIMAL).models.find("gpt-4o", "openai-chat").is_none());
}

#[test]
fn a_provider_may_have_its_own_flavour_of_a_dialect() {
    let flavoured = |dialect: &str, flavour: &str| {
        let text = MINIMAL.replace("\"openai-chat\"", &format!("\"{dialect}\"\nflavour = \"{flavour}\""));
        good(&text).providers["openai"].flavour
    };
    for flavour in Flavour::ALL {
        assert_eq!(flavoured("openai-chat", flavour.name()), *flavour);
    }
    assert_eq!(flavoured("openai-responses", "azure"), Flavour::Azure);
    assert_eq!(good(MINIMAL).providers["openai"].flavour, Flavour::Standard);
    let azure = MINIMAL
        .replace("\"openai-chat\"", "\"openai-chat\"\nflavour = \"azure\"\napi_version = \"2024-10-21\"");
    assert_eq!(good(&azure).providers["openai"].api_version.as_deref(), Some("2024-10-21"));
}

#[test]
fn the_plan_knows_what_the_file_says_of_a_model() {
    let refused = |text: &str| {
        let stack = good(text).stack().expect("a stack");
        let previews = stack.classes().next().expect("a class").losses();
        let refused = previews.iter().find_map(|preview| preview.losses.as_ref().err());
        refused.and_then(|failure| failure.report()).map(|report| report.message.clone())
    };
    let plain = MINIMAL.replace("gpt-5-mini", "llama");
    assert_eq!(refused(&plain), None);
    let toolless = format!("{plain}[models.llama]\ntools = false\n");
    assert_eq!(refused(&toolless).as_deref(), Some("tools: the model takes no tools"));
}

/// Each appended to a file that is right: the line it is about, and all that is said.
#[test]
fn a_mistake_is_met_with_its_line_and_its_remedy() {
    let second_member = "[[classes.workhorse.members]]\n";
    let provider = "[providers.p]\n";
    let cases: &[(&str, &str, usize, &str)] = &[
        // Models and flavours.
        (
            "[models.\"our-*\"]\n",
            "contxt = 8000",
            11,
            "unknown key `contxt` in [models.\"our-*\"]; did you mean `context`?",
        ),
        (
            "[models.m]\n",
            "sampling = \"refuse\"",
            11,
            "`sampling` in [models.m] cannot be `refuse`; did you mean `refused`?",
        ),
        (
            "[models.m]\n",
            "efforts = [\"low\", \"lots\"]",
            11,
            "`efforts` in [models.m] cannot be `lots`; write one of `none`, `minimal`, `low`, `medium`, `high`, \
            `xhigh`, `max`",
        ),
        (
            "[models.m]\n",
            "like = \"llama-3\"",
            11,
            "`like` in [models.m] is `llama-3`, of which nothing is built in; name a model that is, as \"gpt-4o\", \
            or leave it out",
        ),
        (
            "[models.m]\n",
            "version = \"2026-10-12\"",
            11,
            "`version` in [models.m] cannot be `2026-10-12`; did you mean `2026-10-21`?",
        ),
        ("[models]\n", "m = 8000", 11, "`m` in [models] must be a table, as [models.m], not an integer"),
        (
            "[providers.p]\ndialect = \"anthropic-messages\"\nbase_url = \"https://h\"\n",
            "flavour = \"mistral\"",
            13,
            "`flavour` in [providers.p] is `mistral`, which is a flavour of `openai-chat`; the dialect is \
            `anthropic-messages`",
        ),
        (
            "[providers.p]\ndialect = \"openai-chat\"\nbase_url = \"https://h\"\n",
            "flavour = \"mistrall\"",
            13,
            "`flavour` in [providers.p] cannot be `mistrall`; did you mean `mistral`?",
        ),
        (
            "[providers.p]\ndialect = \"openai-chat\"\nbase_url = \"https://h\"\n",
            "api_version = \"2024-10-21\"",
            13,
            "`api_version` in [providers.p] is for flavour = \"azure\" only; leave it out",
        ),
        // Keys.
        (
            second_member,
            "provder = \"openai\"\nmodel = \"m\"",
            11,
            "unknown key `provder` in [[classes.workhorse.members]]; did you mean `provider`?",
        ),
        (
            "[retry]\n",
            "temperature = 1",
            11,
            "unknown key `temperature` in [retry]; the keys here are `attempts`, `window`, `base`, `cap`, `ratio`",
        ),
        (
            "",
            "[retries]",
            10,
            "unknown key `retries` in the top level; the keys here are `listen`, `retry`, \
            `circuit_breaker`, `stream`, `timeouts`, `limits`, `losses`, `debug`, `providers`, `models`, `classes`",
        ),
        (
            "",
            "[circuit-breaker]",
            10,
            "unknown key `circuit-breaker` in the top level; did you mean `circuit_breaker`?",
        ),
        (
            "[losses]\n",
            "stop = \"rejct\"",
            11,
            "`stop` in [losses] cannot be `rejct`; did you mean `reject`?",
        ),
        (
            "[losses]\n",
            "stop = true",
            11,
            "`stop` in [losses] must be one of `allow`, `warn`, `skip_member`, `reject`, not a boolean",
        ),
        (
            "[classes.workhorse.losses]\n",
            "\"tools.*.strict\" = \"allow\"",
            11,
            "`tools.*.strict` in [classes.workhorse.losses] has a `*` before its end; write the beginning of a field, as \"tools.*\"",
        ),
        (
            "[losses]\n",
            "defualt = \"allow\"",
            11,
            "`defualt` in [losses] is no field of a request; did you mean `default`?",
        ),
        (
            "[classes.workhorse.retry]\n",
            "atempts = 2",
            11,
            "unknown key `atempts` in [classes.workhorse.retry]; did you mean `attempts`?",
        ),
        (
            "[providers.openai.timeouts]\n",
            "atempt = \"2s\"",
            11,
            "unknown key `atempt` in [providers.openai.timeouts]; did you mean `attempt`?",
        ),
        (
            second_member,
            "provider = \"openai\"",
            10,
            "[[classes.workhorse.members]] has no `model`; name it as the provider does, as model = \"gpt-5-mini\"",
        ),
        (
            second_member,
            "model = \"m\"",
            10,
            "[[classes.workhorse.members]] has no `provider`; name one of [providers]",
        ),
        (
            provider,
            "base_url = \"http://h\"",
            10,
            "[providers.p] has no `dialect`; say which API it speaks, as dialect = \"openai-chat\" (or openai-responses, \
            anthropic-messages, gemini)",
        ),
        (
            provider,
            "dialect = \"openai-chat\"",
            10,
            "[providers.p] has no `base_url`; give it the address its official SDK takes, as \
            base_url = \"https://api.openai.com/v1\"",
        ),
        // Members and classes.
        (
            second_member,
            "provider = \"opnai\"\nmodel = \"m\"",
            11,
            "`provider` in [[classes.workhorse.members]] names the unknown provider `opnai`; did you mean `openai`?",
        ),
        (
            second_member,
            "provider = \"mistral\"\nmodel = \"m\"",
            11,
            "`provider` in [[classes.workhorse.members]] names the unknown provider `mistral`; the providers are \
            `openai`; or add [providers.mistral]",
        ),
        (
            second_member,
            "provider = \"openai\"\nmodel = \"gpt-5-mini\"",
            10,
            "`gpt-5-mini` at `openai` is in [[classes.workhorse.members]] twice; asking it again is what [retry] \
            is for, so remove one",
        ),
        (
            second_member,
            "provider = \"openai\"\nmodel = \" \"",
            12,
            "`model` in [[classes.workhorse.members]] is empty",
        ),
        (
            second_member,
            "provider = \"openai\"\nmodel = \"m\"\ndegraded = \"yes\"",
            13,
            "`degraded` in [[classes.workhorse.members]] must be true or false, not a string",
        ),
        (
            "",
            "[classes.\"a b\"]",
            10,
            "[classes.\"a b\"] has no `members`; add [[classes.\"a b\".members]] with `provider` and `model` for \
            each member, the primary first",
        ),
        (
            "[classes.x]\n",
            "members = []",
            11,
            "`members` in [classes.x] is empty; write [[classes.x.members]], in double brackets, for each",
        ),
        (
            "",
            "[classes.x.members]\nprovider = \"openai\"",
            10,
            "`members` in [classes.x] must be a list of tables, not a table; write [[classes.x.members]], in double brackets, for each",
        ),
        (
            "[classes.x]\n",
            "members = [\"openai\"]",
            11,
            "`members` in [classes.x] must hold tables, not a string; write [[classes.x.members]], in double brackets, for \
            each",
        ),
        // Providers.
        (
            provider,
            "base_url = \"http://h\"\ndialect = \"openai\"",
            12,
            "`dialect` in [providers.p] cannot be `openai`; did you mean `openai-chat`?",
        ),
        (
            provider,
            "base_url = \"http://h\"\ndialect = 5",
            12,
            "`dialect` in [providers.p] must be one of `openai-chat`, `openai-responses`, `anthropic-messages`, `gemini`, not an integer",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"api.openai.com/v1\"",
            12,
            "`base_url` in [providers.p] is no URL; write it as \"https://api.openai.com/v1\"",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"ftp://h\"",
            12,
            "`base_url` in [providers.p] must begin with http:// or https://; write it as \
            \"https://api.openai.com/v1\"",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"https://h?key=1\"",
            12,
            "`base_url` in [providers.p] has a query or fragment; a path is put after it, so end it before the \
            `?` or `#`",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"https://a:b@h\"",
            12,
            "`base_url` in [providers.p] has a user name or password in it; put the credential into api_key_env",
        ),
        (
            provider,
            "dialect = \"anthropic-messages\"\nbase_url = \"https://api.anthropic.com/v1\"",
            12,
            "`base_url` in [providers.p] ends in /v1, which this dialect adds itself; leave it out",
        ),
        (
            provider,
            "dialect = \"gemini\"\nbase_url = \"https://generativelanguage.googleapis.com/v1beta/\"",
            12,
            "`base_url` in [providers.p] ends in /v1beta, which this dialect adds itself; leave it out",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"https://api.openai.com/v1/chat/completions\"",
            12,
            "`base_url` in [providers.p] ends in /chat/completions, which this dialect adds itself; leave it out",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"http://h\"\napi_key_env = \"NOT_SET\"",
            13,
            "`api_key_env` in [providers.p] names the environment variable `NOT_SET`, which is not set; set it to \
            the key, or give api_key",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"http://h\"\napi_key = \"a b\"",
            13,
            "`api_key` in [providers.p] has characters that cannot stand in a header; check that it was copied whole",
        ),
        (
            provider,
            "dialect = \"openai-chat\"\nbase_url = \"http://h\"\napi_key_env = \"A_API_KEY\"\napi_key = \"a\"",
            14,
            "[providers.p] has both `api_key` and `api_key_env`; keep one of them",
        ),
        (
            "[providers]\n",
            "p = \"https://h\"",
            11,
            "`p` in [providers] must be a table, as [providers.p], not a string",
        ),
        // Values.
        (
            "[retry]\n",
            "attempts = 0",
            11,
            "`attempts` in [retry] must be at least 1 and at most 4294967295, not 0",
        ),
        ("[retry]\n", "attempts = \"3\"", 11, "`attempts` in [retry] must be a whole number, not a string"),
        ("[retry]\n", "attempts = 1.5", 11, "`attempts` in [retry] must be a whole number, not a float"),
        (
            "[retry]\n",
            "window = 8",
            11,
            "`window` in [retry] must be a duration with its unit; write \"8s\" or \"8ms\"",
        ),
        (
            "[retry]\n",
            "window = \"8 sec\"",
            11,
            "`window` in [retry] is no duration: `8 sec`; write a number and a unit (ms, s, m, h), as in \
            \"250ms\" or \"8s\"",
        ),
        ("[retry]\n", "window = \"0s\"", 11, "`window` in [retry] must be longer than zero"),
        (
            "[retry]\n",
            "base = \"2s\"\ncap = \"1s\"",
            12,
            "`cap` in [retry] is shorter than `base`; raise it to 2s or more",
        ),
        (
            "[retry]\n",
            "ratio = 20",
            11,
            "`ratio` in [retry] must be between 0 and 1, not 20; for 20 % write 0.2",
        ),
        ("[retry]\n", "ratio = nan", 11, "`ratio` in [retry] must be between 0 and 1, not NaN"),
        (
            "[circuit_breaker]\n",
            "rate = -0.5",
            11,
            "`rate` in [circuit_breaker] must be between 0 and 1, not -0.5",
        ),
        (
            "[circuit_breaker]\n",
            "rate = 0",
            11,
            "`rate` in [circuit_breaker] must be above 0; at 0 even calls that \
            succeed would open the circuit",
        ),
        (
            "[stream]\n",
            "rescue = \"contine\"",
            11,
            "`rescue` in [stream] cannot be `contine`; did you mean `continue`?",
        ),
        (
            "[stream]\n",
            "rescue = \"never\"",
            11,
            "`rescue` in [stream] cannot be `never`; write one of `continue`, `error`",
        ),
        (
            "[limits]\n",
            "request_body = \"20mb\"",
            11,
            "`request_body` in [limits] is no size: `20mb`; write a number and a unit (B, KB, MB, KiB, MiB, GiB), \
            as in \"20MiB\"",
        ),
        (
            "[limits]\n",
            "request_body = true",
            11,
            "`request_body` in [limits] must be a size such as \"20MiB\", not a boolean",
        ),
        // Syntax.
        ("[retry]\n", "attempts = ", 11, "not valid TOML: "),
        ("[retry]\n", "attempts = 1\nattempts = 2", 12, "not valid TOML: duplicate key"),
    ];
    for (header, rest, line, message) in cases {
        let found = problems(&format!("{MINIMAL}{header}{rest}\n"));
        let [(found_line, found_message)] = &found[..] else { panic!("{rest}: {found:#?}") };
        assert_eq!(found_line, line, "{rest}: {found_message}");
        match *message {
            "not valid TOML: " => assert!(found_message.starts_with(message), "{found_message}"),
            message => assert_eq!(found_message, message),
        }
    }
}

#[test]
fn an_address_is_a_host_and_a_port() {
    let listen = |address: &str| format!("listen = \"{address}\"\n{MINIMAL}");
    for address in ["127.0.0.1:0", "localhost:8080", "[::1]:80"] {
        assert_eq!(good(&listen(address)).listen, address);
    }
    for address in ["localhost", ":8080", "127.0.0.1:80800", "::1", "http://localhost:80"] {
        let expected = format!(
            "`listen` in the top level is no address: `{address}`; write host and port, as \"127.0.0.1:8080\" or \
            \"0.0.0.0:8080\""
        );
        assert_eq!(problems(&listen(address)), [(1, expected)]);
    }
}

#[test]
fn a_file_without_classes_says_where_to_begin() {
    let remedy = "add one with [[classes.workhorse.members]], and below it `provider` and `model`";
    let missing = format!("the top level has no `classes`; {remedy}");
    assert_eq!(problems(""), [(1, missing.clone())]);
    assert_eq!(problems("\n# nothing yet\n\n"), [(2, missing)]);
    let empty = format!("`classes` in the top level has no class; {remedy}");
    assert_eq!(problems("\n[classes]\n"), [(2, empty)]);
}

#[test]
fn a_member_without_any_provider_is_told_to_add_one() {
    let found = problems("[[classes.x.members]]\nprovider = \"openai\"\nmodel = \"m\"\n");
    let expected = "`provider` in [[classes.x.members]] names the unknown provider `openai`; add [providers.openai] \
        with `dialect` and `base_url`";
    assert_eq!(found, [(2, expected.to_owned())]);
}

#[test]
fn a_mistake_that_concerns_several_members_is_reported_once() {
    let member = "[[classes.workhorse.members]]\nprovider = \"openai\"\nmodel = \"other\"\n";
    let found = problems(&format!("{MINIMAL}{member}[classes.workhorse.retry]\nattempts = 0\nbogus = 1\n"));
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [14, 15], "{found:#?}");
}

#[test]
fn all_problems_are_reported_at_once_in_the_order_of_the_file() {
    let text = r#"listn = "127.0.0.1:1"
[providers.openai]
dialect = "openai-chatt"
base_url = "nowhere"
[classes.x]
deadline = 60
[[classes.x.members]]
provider = "openai"
[retry]
attempts = 0
"#;
    let lines: Vec<_> = problems(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 3, 4, 6, 7, 10]);
    let broken = problems("a = \n[x\nb = 1\nb = 2\n");
    assert!(broken.len() > 1, "also those of the syntax: {broken:#?}");
}

#[test]
fn an_error_names_the_file_and_shows_the_line() {
    let mut file = tempfile("wrong.toml");
    write!(file.1, "{MINIMAL}[retry]\n  attempts = 0  # none\n").expect("written");
    let error = Config::load(&file.0).expect_err("zero attempts");
    let path = file.0.display();
    assert_eq!(
        error.to_string(),
        format!(
            "{path}:11: `attempts` in [retry] must be at least 1 and at most 4294967295, not 0\n    11 | attempts = 0  # none"
        ),
    );
}

#[test]
fn a_file_is_loaded_and_one_that_is_not_there_is_named() {
    let mut file = tempfile("right.toml");
    write!(file.1, "{MINIMAL}").expect("written");
    assert_eq!(Config::load(&file.0).expect("a right file").classes.len(), 1);
    let error = Config::load("no/such/gateway.toml").expect_err("no file");
    assert!(error.to_string().starts_with("no/such/gateway.toml: cannot be read: "), "{error}");
}

#[test]
fn no_error_and_no_debug_output_shows_a_credential() {
    let secrets = [
        "[providers.p]\napi_key = \"SECRET",
        "[providers.p]\napi_key = \"SECRET bad\"",
        "[providers.p]\nApiKey = \"SECRET\"",
        "[providers.p]\napi_key_env = \"SECRET-1\"",
        "[providers.p]\napi_key_env = \"xSECRET\"",
        "[providers.p]\napi_key = [\"SECRET\"]",
        "[providers.p]\nbase_url = \"https://u:SECRET@h\"",
        "[providers.p]\nbase_url = \"https://h/?key=SECRET\"",
        "[providers.p]\napi_key = \"\"\"\nSECRET",
        "[providers]\np = { api_key = \"SECRET\", x = 1 }",
        "[retry]\nbase = { api_key = \"SECRET\" }",
    ];
    for text in secrets {
        let error = parse(&format!("{MINIMAL}{text}\n")).expect_err(text);
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{text}: {error}");
    }
    let config = good(&MINIMAL.replace("sk-1", "SECRET"));
    assert_eq!(config.providers["openai"].api_key.as_ref().map(Secret::expose), Some("SECRET"));
    assert!(!format!("{config:?}").contains("SECRET"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let text = MINIMAL.replace("api_key = \"sk-1\"", "api_key_env = \"EMPTY\"");
    let error = Config::parse_with(&text, |_| Some(" \n".to_owned())).expect_err("no key");
    assert!(error.to_string().contains("`EMPTY`, which is not set"), "{error}");
}

#[test]
fn any_beginning_of_a_file_is_read_or_refused_with_lines_that_exist() {
    let text = SAMPLE.replace("sonnet", "s\u{f6}nn\u{e9}t \u{1f600}");
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        let beginning = &text[..end];
        let Err(error) = parse(beginning) else { continue };
        let last = beginning.lines().count().max(1);
        let lines = error.problems().iter().map(|problem| problem.line().expect("a line"));
        assert!(lines.clone().count() > 0 && lines.max() <= Some(last), "{beginning}\n{error}");
    }
}

/// A file of this test run, in the folder that cargo keeps for it.
fn tempfile(name: &str) -> (std::path::PathBuf, std::fs::File) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let file = std::fs::File::create(&path).expect("a writable target folder");
    (path, file)
}

/// What is doubted of a provider with these lines, which serves a class.
fn doubts(lines: &str) -> Vec<String> {
    let member = "[[classes.workhorse.members]]\nprovider = \"p\"\nmodel = \"m\"\n";
    let config = good(&format!("[providers.p]\n{lines}\n{member}"));
    config.warnings().iter().map(|warning| warning.message().to_owned()).collect()
}

const KEY: &str = "api_key_env = \"P_API_KEY\"";

#[test]
fn who_is_far_away_and_has_no_key_is_doubted() {
    let chat = |url: &str| format!("dialect = \"openai-chat\"\nbase_url = {url:?}\n");
    assert_eq!(
        doubts(&chat("https://api.openai.com/v1")),
        [
            "[providers.p] has no key, so api.openai.com will most likely refuse its calls; name the variable that \
          holds it, as api_key_env = \"OPENAI_API_KEY\""
        ]
    );
    assert_eq!(
        doubts("dialect = \"gemini\"\nbase_url = \"https://generativelanguage.googleapis.com\"").len(),
        1
    );
    for well in [
        chat("http://127.0.0.1:8000/v1"),
        chat("http://ollama:11434/v1"),
        chat("https://llm.corp.internal/v1"),
        format!("{}flavour = \"vllm\"", chat("https://gpu.example.com/v1")),
        format!("{}{KEY}", chat("https://api.openai.com/v1")),
    ] {
        assert_eq!(doubts(&well), [""; 0], "{well}");
    }
}

#[test]
fn a_key_that_goes_over_the_open_net_in_clear_is_doubted() {
    let claude = |url: &str| format!("dialect = \"anthropic-messages\"\nbase_url = {url:?}\n{KEY}");
    assert_eq!(
        doubts(&claude("http://api.anthropic.com")),
        [
            "[providers.p] sends its key to api.anthropic.com over plain http, where all on the way can read it; write \
          https:// in base_url"
        ]
    );
    for near in [
        "http://localhost:1",
        "http://10.1.2.3",
        "http://[::1]:8080",
        "http://proxy",
        "https://api.anthropic.com",
    ] {
        assert_eq!(doubts(&claude(near)), [""; 0], "{near}");
    }
}

#[test]
fn an_address_without_the_version_that_its_dialect_wants_is_doubted() {
    let chat =
        |url: &str, more: &str| format!("dialect = \"openai-chat\"\nbase_url = {url:?}\n{more}\n{KEY}");
    assert_eq!(
        doubts(&chat("https://api.openai.com", "")),
        [
            "[providers.p] has a base_url without a version, so its calls go to /chat/completions at api.openai.com and \
          most likely get a 404; end it in /v1, as \"https://api.openai.com/v1\" does"
        ]
    );
    let groq = doubts(&chat("https://api.groq.com/openai", "flavour = \"groq\""));
    assert!(groq[0].contains("end it in /openai/v1"), "{groq:?}");
    let gemini = doubts(&chat("https://generativelanguage.googleapis.com", ""));
    assert!(gemini[0].contains("end it in /v1beta/openai"), "{gemini:?}");
    assert_eq!(doubts(&chat("http://127.0.0.1:11434", "flavour = \"ollama\"")).len(), 1);

    let responses = format!("dialect = \"openai-responses\"\nbase_url = \"https://api.openai.com\"\n{KEY}");
    assert!(doubts(&responses)[0].contains("go to /responses at"), "{:?}", doubts(&responses));
}

#[test]
fn an_address_that_is_right_as_it_is_is_not_doubted() {
    for (url, flavour) in [
        ("https://api.openai.com/v1", "standard"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "standard"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://api.deepseek.com", "standard"),
        ("https://api.perplexity.ai", "standard"),
        ("https://us.openai.azure.com/openai/deployments/gpt", "azure"),
        ("https://us.openai.azure.com/openai/v1", "azure"),
        ("https://gateway.ai.cloudflare.com/v1/account/gateway/compat", "standard"),
        ("https://open.bigmodel.cn/api/paas/v4", "standard"),
        ("https://models.github.ai/inference", "standard"),
        ("https://host.example.com/serving-endpoints", "standard"),
        ("http://localhost:4000", "standard"),
        ("http://127.0.0.1:8000/v1", "vllm"),
    ] {
        let lines = format!("dialect = \"openai-chat\"\nbase_url = {url:?}\nflavour = {flavour:?}\n{KEY}");
        assert_eq!(doubts(&lines), [""; 0], "{url}");
    }
    for (dialect, url) in [
        ("anthropic-messages", "https://api.anthropic.com"),
        ("gemini", "https://generativelanguage.googleapis.com"),
    ] {
        let lines = format!("dialect = {dialect:?}\nbase_url = {url:?}\n{KEY}");
        assert_eq!(doubts(&lines), [""; 0], "{url}");
    }
}

#[test]
fn a_provider_that_serves_no_class_is_not_doubted() {
    let spare = "[providers.spare]\ndialect = \"openai-chat\"\nbase_url = \"http://api.openai.com\"\n";
    assert!(good(&format!("{MINIMAL}{spare}")).warnings().is_empty());
}

#[test]
fn routing_is_configured_by_member_and_by_class() {
    let config = "[debug]\nroutes = true\n\
        [providers.a]\ndialect = 'openai-chat'\nbase_url = 'http://h/v1'\n\
        [classes.w]\nwhen_all_down = 'last_resort'\n\
        [[classes.w.members]]\nprovider = 'a'\nmodel = 'one'\ninterchangeable = true\n\
        [[classes.w.members]]\nprovider = 'a'\nmodel = 'two'";
    let config: Config = config.parse().expect("a right configuration");
    assert!(config.debug.routes);
    assert_eq!(config.classes[0].when_all_down, WhenAllDown::LastResort);
    assert!(config.classes[0].members[0].interchangeable && !config.classes[0].members[1].interchangeable);
    let explanation = config.stack().unwrap().explain(Instant::now()).remove(0);
    assert_eq!(
        explanation.members.iter().map(|member| member.interchangeable).collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn what_may_be_written_when_all_are_down_is_told() {
    let error = "[providers.a]\ndialect = 'openai-chat'\nbase_url = 'http://h/v1'\n\
        [classes.w]\nwhen_all_down = 'park'\n[[classes.w.members]]\nprovider = 'a'\nmodel = 'm'"
        .parse::<Config>()
        .unwrap_err();
    assert!(error.to_string().contains("write one of `fail_fast`, `last_resort`"), "{error}");
}
