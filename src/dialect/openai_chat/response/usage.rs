use crate::dialect::canonical::Usage;
use crate::dialect::openai_chat::wire::{self, count};

/// Reads what an answer cost.
pub(crate) fn read(usage: wire::Raw<'_>) -> Option<Usage> {
    let usage: wire::Usage<'_> = wire::read(usage)?;
    let prompt: Option<wire::PromptDetails<'_>> = wire::read(usage.prompt_tokens_details);
    let prompt = prompt.as_ref();
    let completion: Option<wire::CompletionDetails<'_>> = wire::read(usage.completion_tokens_details);
    let reasoning = completion.and_then(|details| count(details.reasoning_tokens));
    let input = count(usage.prompt_tokens);
    let mut output = count(usage.completion_tokens);
    if let (Some(said), Some(thought @ 1..)) = (output, reasoning) {
        let rest = count(usage.total_tokens).zip(input).and_then(|(total, input)| total.checked_sub(input));
        output = Some(with_thought(said, thought, rest));
    }
    Some(Usage {
        input,
        cache_read: prompt
            .and_then(|details| count(details.cached_tokens))
            .or_else(|| count(usage.prompt_cache_hit_tokens)),
        cache_write: prompt.and_then(|details| count(details.cache_write_tokens)),
        output,
        // It is a part of the output.
        reasoning: reasoning.map(|thought| thought.min(output.unwrap_or(thought))),
    })
}

/// The output, thoughts included, where the server says that `said` tokens are its answer, `thought` tokens a
/// thought, and `rest` what of the total is not the prompt.
///
/// xAI does not count thoughts as part of the answer: its total gives it away. Some gateways leave them out of the
/// total, too, although they bill them: then more was thought than said and thought together. Just a few more are
/// no sign of that; there the thought was counted once more, by another tokenizer.
fn with_thought(said: u64, thought: u64, rest: Option<u64>) -> u64 {
    let both = said.saturating_add(thought);
    let is_apart = rest == Some(both) || thought > said.saturating_add(said / 8);
    if is_apart { both } else { said }
}

/// What can be told of the cost: nothing where neither input nor output was counted.
pub(crate) fn known(usage: Option<Usage>) -> Option<Usage> {
    usage.filter(|usage| usage.input.is_some() || usage.output.is_some())
}

/// Writes what an answer cost. Details that nobody counted are left out. The three counts are not: typed clients
/// refuse the whole chunk that lacks one, and so a zero stands for what is not known.
pub(crate) fn write(out: &mut Vec<u8>, usage: Usage) {
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    out.push(b'{');
    number(out, "prompt_tokens", input);
    out.push(b',');
    number(out, "completion_tokens", output);
    out.push(b',');
    number(out, "total_tokens", input.saturating_add(output));
    let prompt = [("cached_tokens", usage.cache_read), ("cache_write_tokens", usage.cache_write)];
    details(out, "prompt_tokens_details", prompt);
    details(out, "completion_tokens_details", [("reasoning_tokens", usage.reasoning)]);
    out.push(b'}');
}

fn details<const N: usize>(out: &mut Vec<u8>, name: &str, counts: [(&str, Option<u64>); N]) {
    let known = counts.into_iter().filter_map(|(name, count)| Some((name, count?)));
    for (index, (detail, count)) in known.clone().enumerate() {
        if index == 0 {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":{");
        } else {
            out.push(b',');
        }
        number(out, detail, count);
    }
    if known.count() > 0 {
        out.push(b'}');
    }
}

fn number(out: &mut Vec<u8>, name: &str, count: u64) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(count.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_clients_find_every_count_they_demand() {
        let written = |usage: Usage| {
            let mut out = Vec::new();
            known(Some(usage)).into_iter().for_each(|usage| write(&mut out, usage));
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            written(Usage { output: Some(9), reasoning: Some(0), ..Usage::default() }),
            r#"{"prompt_tokens":0,"completion_tokens":9,"total_tokens":9,"completion_tokens_details":{"reasoning_tokens":0}}"#
        );
        assert_eq!(
            written(Usage { input: Some(7), cache_read: Some(1), cache_write: Some(2), ..Usage::default() }),
            r#"{"prompt_tokens":7,"completion_tokens":0,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":1,"cache_write_tokens":2}}"#
        );
        assert_eq!(written(Usage { cache_read: Some(1), ..Usage::default() }), "");
    }
}
