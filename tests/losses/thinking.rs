//! How to think, how much, and whether that is to be seen.

use serde_json::json;
use tower_failover::dialect::Flavour;

use super::{ANTHROPIC, CHAT, GEMINI, RESPONSES, asked, check, flavoured, sent};

#[test]
fn a_word_that_becomes_a_budget_is_not_the_same() {
    check(vec![
        (
            CHAT,
            json!({"reasoning_effort": "high"}),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "approximated=reasoning_effort",
        ),
        (
            CHAT,
            json!({"reasoning_effort": "high"}),
            GEMINI,
            "gemini-2.5-flash",
            "approximated=reasoning_effort",
        ),
        (CHAT, json!({"reasoning_effort": "high"}), ANTHROPIC, "claude-opus-5-5", ""),
        (CHAT, json!({"reasoning_effort": "none"}), GEMINI, "gemini-2.5-flash", ""),
        (
            RESPONSES,
            json!({"reasoning": {"effort": "low"}}),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "approximated=reasoning.effort",
        ),
        (
            GEMINI,
            json!({"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}}),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "approximated=generationConfig.thinkingConfig",
        ),
        (
            ANTHROPIC,
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
            GEMINI,
            "gemini-2.5-flash",
            "approximated=output_config.effort",
        ),
    ]);
}

#[test]
fn a_model_that_does_not_think_is_not_asked_to_in_silence() {
    check(vec![
        (ANTHROPIC, json!({"thinking": {"type": "adaptive"}}), CHAT, "gpt-4.1", "dropped=thinking"),
        (ANTHROPIC, json!({"thinking": {"type": "disabled"}}), CHAT, "gpt-4.1", ""),
        (
            ANTHROPIC,
            json!({"output_config": {"effort": "high"}}),
            CHAT,
            "gpt-4.1",
            "dropped=output_config.effort",
        ),
        (
            ANTHROPIC,
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
            RESPONSES,
            "gpt-4.1",
            "dropped=thinking, dropped=output_config.effort",
        ),
        (
            ANTHROPIC,
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
            GEMINI,
            "gemini-2.0-flash",
            "dropped=thinking, dropped=output_config.effort",
        ),
    ]);
}

#[test]
fn of_two_measures_the_one_that_is_not_told_is_named() {
    let both =
        json!({"thinking": {"type": "enabled", "budget_tokens": 2000}, "output_config": {"effort": "high"}});
    let off = json!({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}});
    check(vec![
        (ANTHROPIC, both.clone(), CHAT, "gpt-5-mini", "approximated=thinking"),
        (ANTHROPIC, both.clone(), RESPONSES, "gpt-5-mini", "approximated=thinking"),
        (ANTHROPIC, both.clone(), GEMINI, "gemini-2.5-flash", "approximated=output_config.effort"),
        (ANTHROPIC, both, GEMINI, "gemini-3-pro-preview", "approximated=thinking"),
        (ANTHROPIC, off.clone(), GEMINI, "gemini-2.5-flash", "dropped=output_config.effort"),
        (ANTHROPIC, off.clone(), CHAT, "gpt-5-mini", "dropped=output_config.effort, approximated=thinking"),
        (ANTHROPIC, off, RESPONSES, "gpt-5.1", "dropped=output_config.effort"),
    ]);
}

#[test]
fn a_model_that_cannot_be_told_not_to_think_thinks_as_little_as_it_can() {
    let off = json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}});
    let (written, losses) = sent(GEMINI, &asked(GEMINI, &off), RESPONSES, "gpt-5-mini");
    assert_eq!(written["reasoning"], json!({"effort": "minimal"}));
    assert_eq!(losses, "approximated=generationConfig.thinkingConfig");
    let (written, losses) = sent(GEMINI, &asked(GEMINI, &off), RESPONSES, "gpt-5.1");
    assert_eq!((&written["reasoning"], &*losses), (&json!({"effort": "none"}), ""));
}

#[test]
fn thoughts_are_shown_to_whoever_asks_and_to_nobody_else() {
    let level = |shown: bool| json!({"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": shown}}});
    let summary = |fields| {
        let (written, losses) = sent(GEMINI, &asked(GEMINI, &fields), RESPONSES, "gpt-5-mini");
        (written["reasoning"]["summary"].clone(), losses)
    };
    assert_eq!(summary(level(true)), (json!("auto"), String::new()));
    assert_eq!(summary(level(false)), (json!(null), String::new()));
    let budget = json!({"generationConfig": {"thinkingConfig": {"thinkingBudget": 2000}}});
    assert_eq!(summary(budget).0, json!(null), "here nobody sees them who does not ask");
    let hidden = |display: &str| {
        let fields = json!({"thinking": {"type": "adaptive", "display": display}});
        let (written, losses) = sent(ANTHROPIC, &asked(ANTHROPIC, &fields), RESPONSES, "gpt-5-mini");
        (written.get("reasoning").is_some(), losses)
    };
    assert_eq!(hidden("omitted"), (false, String::new()));
    assert_eq!(hidden("summarized"), (true, String::new()));
    let shown = "generationConfig.thinkingConfig.includeThoughts";
    check(vec![
        (GEMINI, level(true), CHAT, "gpt-5-mini", "dropped=generationConfig.thinkingConfig.includeThoughts"),
        (GEMINI, level(false), CHAT, "gpt-5-mini", ""),
        (ANTHROPIC, json!({"thinking": {"type": "adaptive", "display": "omitted"}}), CHAT, "gpt-5-mini", ""),
        (
            ANTHROPIC,
            json!({"thinking": {"type": "adaptive", "display": "summarized"}}),
            CHAT,
            "gpt-5-mini",
            "dropped=thinking.display",
        ),
    ]);
    let (_, losses) = flavoured(GEMINI, &asked(GEMINI, &level(true)), (CHAT, Flavour::Groq), "qwen3");
    assert_eq!(losses, format!("approximated={shown}"), "who shows them does so untold");
}

#[test]
fn a_word_that_nobody_knows_is_named_and_one_for_the_usual_measure_is_none() {
    check(vec![
        (CHAT, json!({"reasoning_effort": "default"}), ANTHROPIC, "claude-sonnet-4-5", ""),
        (CHAT, json!({"reasoning_effort": "default"}), RESPONSES, "gpt-5-mini", ""),
        (CHAT, json!({"reasoning_effort": "ultra"}), GEMINI, "gemini-2.5-flash", "dropped=reasoning_effort"),
        (
            ANTHROPIC,
            json!({"thinking": {"type": "adaptive", "display": "sideways"}}),
            RESPONSES,
            "gpt-5-mini",
            "dropped=thinking.display",
        ),
    ]);
}

#[test]
fn of_a_model_that_nobody_knows_it_is_not_known_that_it_does_not_think() {
    let off = json!({"thinking": {"type": "disabled"}});
    let lost = |flavour, model| flavoured(ANTHROPIC, &asked(ANTHROPIC, &off), (CHAT, flavour), model).1;
    assert_eq!(lost(Flavour::Ollama, "qwen3"), "dropped=thinking");
    // Claude thinks when it is asked to.
    assert_eq!(lost(Flavour::Standard, "claude-sonnet-4-5"), "");
    let both = json!({"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}});
    let (written, losses) =
        flavoured(ANTHROPIC, &asked(ANTHROPIC, &both), (CHAT, Flavour::DeepSeek), "deepseek-chat");
    assert_eq!(
        (&written["thinking"]["type"], &*losses),
        (&json!("disabled"), "dropped=output_config.effort")
    );
}
