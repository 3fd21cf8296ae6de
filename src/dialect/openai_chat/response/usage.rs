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

/// Writes what an answer cost. What is not known is left out: it is not zero.
pub(crate) fn write(out: &mut Vec<u8>, usage: Usage) {
    let mut fields = Fields { out, any: false };
    fields.out.push(b'{');
    fields.count("prompt_tokens", usage.input);
    fields.count("completion_tokens", usage.output);
    fields.count("total_tokens", usage.total());
    fields.object(
        "prompt_tokens_details",
        [("cached_tokens", usage.cache_read), ("cache_write_tokens", usage.cache_write)],
    );
    fields.object("completion_tokens_details", [("reasoning_tokens", usage.reasoning), ("", None)]);
    fields.out.push(b'}');
}

struct Fields<'o> {
    out: &'o mut Vec<u8>,
    any: bool,
}

impl Fields<'_> {
    fn key(&mut self, name: &str) {
        if std::mem::replace(&mut self.any, true) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn count(&mut self, name: &str, count: Option<u64>) {
        let Some(count) = count else { return };
        self.key(name);
        self.out.extend_from_slice(count.to_string().as_bytes());
    }

    fn object(&mut self, name: &str, counts: [(&str, Option<u64>); 2]) {
        if counts.iter().all(|(_, count)| count.is_none()) {
            return;
        }
        self.key(name);
        self.out.push(b'{');
        self.any = false;
        for (name, count) in counts {
            self.count(name, count);
        }
        self.out.push(b'}');
        self.any = true;
    }
}
