//! A request of this dialect for a provider that refuses some of its words.
//!
//! Its callers know the dialect, not who serves them: what means the same under another name is renamed, and what
//! the provider refuses is left out. Values are copied byte for byte.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::memmem;
use serde_json::value::RawValue;

use super::decode::is_default;
use super::read::{self, Object, Path, unreadable};
use super::turns::UNDERSTOOD;
use crate::dialect::Invalid;
use crate::dialect::canonical::Text;
use crate::dialect::openai::leaf;
use crate::dialect::openai_chat::habits::Habits;
use crate::dialect::openai_chat::{json, names, wire};
use crate::dialect::scan::Scan;
use crate::facts::Losses;

/// The fields of a message that a provider with a strict order takes; it refuses all others.
const MESSAGE: [&str; 6] = ["role", "content", "tool_calls", "tool_call_id", "name", "prefix"];

/// A field and its value.
type Field<'a> = (Text<'a>, Cow<'a, str>);

/// May the body hold something that is refused? A word in a prompt is enough for a yes.
pub(super) fn may_refuse(habits: &Habits, body: &[u8]) -> bool {
    let has_key = |word: &str| quoted(body, word).any(|rest| rest.trim_ascii_start().starts_with(b":"));
    let has_value = |word: &str| quoted(body, word).next().is_some();
    habits.refused.iter().any(|word| has_key(word))
        || habits.renamed.iter().any(|(word, _)| has_key(word))
        || (!habits.developer && has_value("developer"))
        || (!habits.names && has_key("name"))
        || (habits.is_strict && (has_value("assistant") || has_other_fields(body)))
        || (habits.short_ids && has_key("tool_call_id"))
}

/// Has a message a field that a strict provider refuses? What cannot be read may have one.
fn has_other_fields(body: &[u8]) -> bool {
    let mut has_other = false;
    let mut message = |scan: &mut Scan<'_>| match scan.peek()? {
        b'{' => scan.object(|scan, key| {
            has_other |= !MESSAGE.contains(&key);
            scan.skip()
        }),
        _ => scan.skip(),
    };
    let read = Scan::new(body).and_then(|mut scan| {
        scan.object(|scan, key| match (key, scan.peek()?) {
            ("messages", b'[') => scan.list(&mut message),
            _ => scan.skip(),
        })
    });
    read.is_none() || has_other
}

/// What follows the word, wherever it stands in quotes.
fn quoted<'b>(body: &'b [u8], word: &'b str) -> impl Iterator<Item = &'b [u8]> {
    memmem::find_iter(body, word).filter_map(move |at| {
        let rest = body[at + word.len()..].strip_prefix(b"\"")?;
        body[..at].ends_with(b"\"").then_some(rest)
    })
}

/// Words a request anew.
pub(super) fn reword(habits: &Habits, body: &[u8], losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    let fields = Object::all(body)?;
    let names: HashSet<&str> = fields.iter().map(|(name, _)| &**name).collect();
    let mut kept: Vec<Field<'_>> = Vec::with_capacity(fields.len());
    for (name, value) in &fields {
        if name == "messages" {
            kept.push((name.clone(), messages(habits, value, losses)?.into()));
        // Who does not forbid the field itself takes it where it says what holds anyway.
        } else if habits.takes(name) || (!habits.is_strict && is_default(name, value)) {
            let word = habits.word(name);
            if word == name || !names.contains(word) {
                kept.push((word.to_owned().into(), value.get().into()));
            }
        } else if !is_default(name, value) && !says_nothing(name, value) {
            losses.dropped(name.clone().into_owned());
        }
    }
    let mut out = Vec::with_capacity(body.len());
    write(&kept, &mut out);
    Ok(out)
}

/// What a stream costs is told unasked where it must not be asked for.
fn says_nothing(name: &str, value: &RawValue) -> bool {
    // An object may ask for something by being there: `"web_search_options": {}`.
    let is_nothing = matches!(value.get(), "null" | "false") || wire::is_empty(value);
    name == "stream_options" || (is_nothing && !value.get().starts_with('{'))
}

fn messages(habits: &Habits, list: &RawValue, losses: &mut Losses) -> Result<String, Invalid> {
    let path = &Path::Root.field("messages");
    let items = read::list(path, list)?;
    let mut out: Vec<u8> = Vec::with_capacity(list.get().len() + 64);
    let mut follows_result = false;
    let count = items.len();
    for (index, item) in items.into_iter().enumerate() {
        out.push(if index == 0 { b'[' } else { b',' });
        let path = &path.index(index);
        let Some(mut message) = Message::read(item) else {
            out.extend_from_slice(item.get().as_bytes());
            continue;
        };
        if habits.is_strict && follows_result && message.role == "user" {
            losses.approximated(path.to_string());
            let turn = format!(r#"{{"role":"assistant","content":"{UNDERSTOOD}"}},"#);
            out.extend_from_slice(turn.as_bytes());
        }
        follows_result = message.role == "tool";
        message.adapt(habits, path, losses);
        if habits.is_strict && index + 1 == count {
            message.begin(path, losses);
        }
        match message.changed {
            true => write(&message.fields, &mut out),
            false => out.extend_from_slice(item.get().as_bytes()),
        }
    }
    out.extend_from_slice(if count == 0 { b"[]" } else { b"]" });
    String::from_utf8(out).map_err(|error| unreadable(&error.to_string()))
}

struct Message<'a> {
    role: Text<'a>,
    fields: Vec<Field<'a>>,
    changed: bool,
}

impl<'a> Message<'a> {
    fn read(item: &'a RawValue) -> Option<Self> {
        let fields = Object::fields(item.get()).ok()?;
        let role = fields.iter().find(|(name, _)| name == "role").and_then(|(_, role)| leaf::string(role))?;
        let fields = fields.into_iter().map(|(name, value)| (name, Cow::Borrowed(value.get())));
        Some(Self { role, fields: fields.collect(), changed: false })
    }

    fn adapt(&mut self, habits: &Habits, path: &Path<'_>, losses: &mut Losses) {
        if !habits.developer && self.role == "developer" {
            self.set("role", |_| Some(r#""system""#.to_owned()));
        }
        if habits.short_ids {
            if self.set("tool_call_id", short) {
                losses.renamed(path.field("tool_call_id").to_string());
            }
            let calls = &path.field("tool_calls");
            self.set("tool_calls", |list| short_ids(list, calls, losses));
        }
        let is_result = self.role == "tool";
        let is_taken = |name: &str| match name {
            "name" => habits.names || is_result,
            _ => !habits.is_strict || MESSAGE.contains(&name),
        };
        let before = self.fields.len();
        self.fields.retain(|(name, value)| {
            let keeps = is_taken(name);
            if !keeps && !matches!(&**value, "null" | "\"\"" | "[]" | "{}") {
                losses.dropped(path.field(name).to_string());
            }
            keeps
        });
        self.changed |= self.fields.len() < before;
    }

    /// The assistant's words at the very end: refused, but as a beginning to go on with.
    fn begin(&mut self, path: &Path<'_>, losses: &mut Losses) {
        let has = |name: &str| self.fields.iter().any(|(field, value)| field == name && value != "null");
        if self.role == "assistant" && !has("tool_calls") && !has("prefix") {
            losses.approximated(path.to_string());
            self.fields.push(("prefix".into(), "true".into()));
            self.changed = true;
        }
    }

    /// Changes a field, if it is there and is to be changed. Is it?
    fn set(&mut self, name: &str, change: impl FnOnce(&str) -> Option<String>) -> bool {
        let Some((_, value)) = self.fields.iter_mut().find(|(field, _)| field == name) else { return false };
        let Some(changed) = change(value) else { return false };
        *value = Cow::Owned(changed);
        self.changed = true;
        true
    }
}

/// The id, if it has to be another.
fn short(id: &str) -> Option<String> {
    let id: String = serde_json::from_str(id).ok()?;
    (!names::is_short(&id)).then(|| format!("\"{}\"", names::short_id(&id)))
}

/// The calls, if one has to have another id.
fn short_ids(calls: &str, path: &Path<'_>, losses: &mut Losses) -> Option<String> {
    let calls: Vec<&RawValue> = serde_json::from_str(calls).ok()?;
    let mut any = false;
    let mut written: Vec<String> = Vec::with_capacity(calls.len());
    for (index, call) in calls.into_iter().enumerate() {
        let mut fields: Vec<Field<'_>> = Vec::new();
        for (name, value) in Object::fields(call.get()).ok()? {
            let id = if name == "id" { short(value.get()) } else { None };
            if id.is_some() {
                any = true;
                losses.renamed(path.index(index).field("id").to_string());
            }
            fields.push((name, id.map_or(Cow::Borrowed(value.get()), Cow::Owned)));
        }
        let mut out = Vec::new();
        write(&fields, &mut out);
        written.push(String::from_utf8(out).ok()?);
    }
    any.then(|| format!("[{}]", written.join(",")))
}

fn write(fields: &[Field<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::string(out, name);
        out.push(b':');
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::super::{holds_foreign, scrub};
    use super::*;
    use crate::dialect::{Flavour, Target};

    fn at(flavour: Flavour, body: &str) -> (String, String) {
        let target = Target::new("m").with_flavour(flavour);
        let mut losses = Losses::new();
        assert!(holds_foreign(body.as_bytes(), &target), "{body}");
        let scrubbed = scrub(body.as_bytes(), &target, &mut losses).unwrap();
        (String::from_utf8(scrubbed).unwrap(), losses.to_string())
    }

    #[test]
    fn the_standard_form_is_left_as_it_is() {
        let body = br#"{"model":"m","stream_options":{"include_usage":true},"max_completion_tokens":9,
            "messages":[{"role":"developer","content":"x"},{"role":"tool","tool_call_id":"call_1","content":""}]}"#;
        for flavour in [Flavour::Standard, Flavour::Azure] {
            assert!(!holds_foreign(body, &Target::new("m").with_flavour(flavour)));
        }
        let mistral = Target::new("m").with_flavour(Flavour::Mistral);
        assert!(!holds_foreign(br#"{"messages":[{"role":"user","content":"x"}]}"#, &mistral));
        assert!(holds_foreign(br#"{"messages":[{"role":"user","content":"x","id":"1"}]}"#, &mistral));
        // The same word elsewhere is none of its business.
        let elsewhere =
            br#"{"id":"1","messages":[{"role":"user","content":[{"type":"text","text":"x","id":"1"}]}]}"#;
        assert!(!holds_foreign(elsewhere, &mistral));
    }

    #[test]
    fn fields_that_mistral_calls_otherwise_are_renamed_and_those_it_refuses_left_out() {
        let (body, losses) = at(
            Flavour::Mistral,
            r#"{"model":"m","max_completion_tokens":1.0e1,"seed":7,"stream":true,"stream_options":{"include_usage":true},"store":false,"user":"u","messages":[]}"#,
        );
        assert_eq!(body, r#"{"model":"m","max_tokens":1.0e1,"random_seed":7,"stream":true,"messages":[]}"#);
        assert_eq!(losses, "dropped=user");
    }

    #[test]
    fn mistral_gets_ids_and_turns_as_it_wants_them_and_call_and_result_agree() {
        let (body, losses) = at(
            Flavour::Mistral,
            concat!(
                r#"{"messages":[{"role":"developer","content":"d"},{"role":"user","content":"u","name":"n"},"#,
                r#"{"role":"assistant","content":null,"refusal":null,"annotations":[],"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},"#,
                r#"{"role":"tool","tool_call_id":"call_1","content":"r"},{"role":"user","content":"and?"}],"model":"m"}"#,
            ),
        );
        let id = names::short_id("call_1");
        assert_eq!(
            body,
            format!(
                concat!(
                    r#"{{"messages":[{{"role":"system","content":"d"}},{{"role":"user","content":"u"}},"#,
                    r#"{{"role":"assistant","content":null,"tool_calls":[{{"id":"{id}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}]}},"#,
                    r#"{{"role":"tool","tool_call_id":"{id}","content":"r"}},{{"role":"assistant","content":"Understood."}},"#,
                    r#"{{"role":"user","content":"and?"}}],"model":"m"}}"#,
                ),
                id = id
            )
        );
        let renamed = "renamed=messages[2].tool_calls[0].id, renamed=messages[3].tool_call_id";
        assert_eq!(losses, format!("dropped=messages[1].name, approximated=messages[4], {renamed}"));
    }

    #[test]
    fn words_of_the_assistant_at_the_end_are_a_beginning_for_mistral() {
        let (body, losses) = at(Flavour::Mistral, r#"{"messages":[{"role":"assistant","content":"{"}]}"#);
        assert_eq!(body, r#"{"messages":[{"role":"assistant","content":"{","prefix":true}]}"#);
        assert_eq!(losses, "approximated=messages[0]");
    }

    #[test]
    fn servers_of_the_older_words_get_these() {
        for flavour in [Flavour::DeepSeek, Flavour::Together, Flavour::Ollama] {
            let (body, losses) = at(
                flavour,
                r#"{"max_completion_tokens":5,"messages":[{"role":"developer","content":"x","name":"n"}]}"#,
            );
            assert_eq!(body, r#"{"max_tokens":5,"messages":[{"role":"system","content":"x","name":"n"}]}"#);
            assert_eq!(losses, "");
        }
        let (body, losses) = at(Flavour::Groq, r#"{"n":1,"logprobs":true,"top_logprobs":0,"messages":[]}"#);
        assert_eq!((&*body, &*losses), (r#"{"n":1,"top_logprobs":0,"messages":[]}"#, "dropped=logprobs"));
    }
}
