//! Which conversation a request belongs to: by what it says it goes on from, or else by how it began.

use super::hash::Fnv;
use super::scan::Scan;
use crate::facts::Conversation;

/// So much of a text is looked at. What differs later in it is told apart by what else is hashed, or not at all.
const LIMIT: usize = 4096;

/// Where a dialect's requests have what is hashed.
#[derive(Debug)]
pub(super) struct Form {
    /// The fields that name what the request goes on from. The first in this list that is there decides.
    pub(super) goes_on: &'static [&'static str],
    /// The fields with what the model is told before the first turn.
    pub(super) system: &'static [&'static str],
    /// The field with the turns.
    pub(super) turns: &'static str,
}

/// The same for every turn of a conversation: the system prompt and the first turn of the user, of each the
/// beginning.
///
/// Only texts are hashed, and not how they are wrapped: the marks of a cache move from turn to turn, and some
/// clients write a text as a string first and as a part later. What a client changes in its system prompt from turn
/// to turn makes each of them a conversation of its own. One pass over the body, keeping nothing.
///
/// A request in which nobody has answered yet begins one.
pub(super) fn of(form: &Form, body: &[u8]) -> Option<Conversation> {
    let mut found = Found::default();
    let mut scan = Scan::new(body)?;
    // Nothing where it breaks off: then the body is no request, and goes to nobody.
    scan.object(|scan, field| {
        let is = |name: &&str| *name == field;
        if let Some(rank) = form.goes_on.iter().position(is) {
            let name = scan.raw()?;
            if name != "null" && found.goes_on.is_none_or(|(other, _)| rank < other) {
                found.goes_on = Some((rank, named(form.goes_on[rank], name)?));
            }
            return Some(());
        }
        if form.system.iter().any(is) {
            let text = scan.raw()?;
            found.system.texts(text);
            return Some(());
        }
        if is(&form.turns) { turns(scan, &mut found) } else { scan.skip() }
    })?;
    if let Some((_, conversation)) = found.goes_on {
        return Some(conversation);
    }
    let user = found.user?;
    let mut hash = Fnv::new();
    hash.write(&found.system.hash.finish().to_le_bytes());
    hash.write(&user.to_le_bytes());
    Some(Conversation::new(hash.finish() as u64).with_beginning(!found.has_history))
}

/// The name that a request goes on from, under the field that holds it; an object has it as its `id`.
pub(super) fn named(field: &str, raw: &str) -> Option<Conversation> {
    let mut name = raw;
    if raw.starts_with('{') {
        name = "";
        Scan::new(raw.as_bytes())?.object(|scan, key| {
            let value = scan.raw()?;
            if key == "id" {
                name = value;
            }
            Some(())
        })?;
    }
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    let mut hash = Fnv::new();
    hash.write(field.as_bytes());
    hash.write(b"=");
    hash.write(name.as_bytes());
    Some(Conversation::new(hash.finish() as u64))
}

#[derive(Default)]
struct Found {
    goes_on: Option<(usize, Conversation)>,
    system: Texts,
    user: Option<u128>,
    /// After the first turn of the user there are others than his.
    has_history: bool,
}

fn turns(scan: &mut Scan<'_>, found: &mut Found) -> Option<()> {
    match scan.peek()? {
        b'"' => {
            let text = scan.raw()?;
            found.user = Some(of_user(text));
            Some(())
        }
        b'[' => scan.list(|scan| match found.has_history {
            true => scan.skip(),
            false => turn(scan, found),
        }),
        _ => scan.skip(),
    }
}

/// One of the turns up to the first of the user, or the next after it that is another's.
fn turn(scan: &mut Scan<'_>, found: &mut Found) -> Option<()> {
    if scan.peek()? != b'{' {
        return scan.skip();
    }
    let (mut role, mut content) = (None, None);
    scan.object(|scan, field| {
        let value = scan.raw()?;
        match field {
            "role" => role = Some(value),
            "content" | "parts" => content = Some(value),
            _ => {}
        }
        Some(())
    })?;
    if found.user.is_some() {
        found.has_history = role != Some("\"user\"");
        return Some(());
    }
    match (role, content) {
        // Gemini's callers may leave the role out where there is one turn only.
        (Some("\"user\"") | None, Some(content)) => found.user = Some(of_user(content)),
        (Some("\"system\"" | "\"developer\""), Some(content)) => found.system.texts(content),
        _ => {}
    }
    Some(())
}

fn of_user(content: &str) -> u128 {
    let mut texts = Texts::default();
    texts.texts(content);
    if texts.room == LIMIT {
        // Nothing but media.
        texts.add(content);
    }
    texts.hash.finish()
}

/// The hash of the texts in a content, however it is wrapped.
struct Texts {
    hash: Fnv,
    room: usize,
}

impl Default for Texts {
    fn default() -> Self {
        Self { hash: Fnv::new(), room: LIMIT }
    }
}

impl Texts {
    fn texts(&mut self, content: &str) {
        // Where it is no JSON there is no text.
        let _ = Scan::new(content.as_bytes()).and_then(|mut scan| self.read(&mut scan));
    }

    fn read(&mut self, scan: &mut Scan<'_>) -> Option<()> {
        match scan.peek()? {
            b'"' => {
                let text = scan.string()?.written();
                self.add(text);
                Some(())
            }
            b'[' => scan.list(|scan| self.read(scan)),
            b'{' => scan.object(|scan, field| match field {
                "text" | "parts" | "content" => self.read(scan),
                _ => scan.skip(),
            }),
            _ => scan.skip(),
        }
    }

    fn add(&mut self, text: &str) {
        let text = &text.as_bytes()[..text.len().min(self.room)];
        self.room -= text.len();
        self.hash.write(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: Form = Form { goes_on: &[], system: &[], turns: "messages" };
    const MESSAGES: Form = Form { goes_on: &[], system: &["system"], turns: "messages" };
    const RESPONSES: Form = Form {
        goes_on: &["conversation", "previous_response_id"],
        system: &["instructions"],
        turns: "input",
    };
    const GEMINI: Form =
        Form { goes_on: &[], system: &["systemInstruction", "system_instruction"], turns: "contents" };

    fn all_the_same(form: &Form, bodies: &[&str]) {
        let keys: Vec<_> =
            bodies.iter().map(|body| of(form, body.as_bytes()).map(Conversation::key)).collect();
        assert!(keys[0].is_some() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    fn all_different(form: &Form, bodies: &[&str]) {
        let keys: Vec<_> =
            bodies.iter().map(|body| of(form, body.as_bytes()).map(Conversation::key)).collect();
        for (index, one) in keys.iter().enumerate() {
            assert!(one.is_some() && !keys[..index].contains(one), "{keys:?}");
        }
    }

    #[test]
    fn every_later_turn_has_the_key_of_the_first() {
        all_the_same(
            &CHAT,
            &[
                r#"{"model":"m","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi"}]}"#,
                r#" {"messages" : [ {"content":"be kind","role":"system"}, {"role":"user","content":"hi"},
                {"role":"assistant","content":"hello"},{"role":"user","content":"and now?"} ],"model":"n"}"#,
            ],
        );
        all_the_same(
            &RESPONSES,
            &[
                r#"{"input":"hi"}"#,
                r#"{"input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},{"type":"reasoning","id":"rs"}]}"#,
            ],
        );
        all_the_same(
            &GEMINI,
            &[
                r#"{"contents":[{"parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"be kind"}]}}"#,
                r#"{"system_instruction":{"parts":[{"text":"be kind"}]},
                "contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"hello"}]}]}"#,
            ],
        );
    }

    #[test]
    fn a_conversation_begins_as_long_as_nobody_has_answered() {
        let begins = |form, body: &str| of(form, body.as_bytes()).unwrap().begins();
        assert!(begins(
            &CHAT,
            r#"{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}"#
        ));
        assert!(begins(&RESPONSES, r#"{"input":"hi"}"#));
        assert!(!begins(
            &CHAT,
            r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#
        ));
        assert!(!begins(&RESPONSES, r#"{"input":[{"role":"user","content":"a"},{"type":"function_call"}]}"#));
        assert!(!begins(&RESPONSES, r#"{"input":"hi","previous_response_id":"resp_1"}"#));
    }

    #[test]
    fn the_mark_of_a_cache_that_moves_on_changes_no_key() {
        all_the_same(
            &MESSAGES,
            &[
                r#"{"system":"be kind","messages":[{"role":"user","content":[
                {"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]}]}"#,
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},
                {"role":"assistant","content":"hello"},
                {"role":"user","content":[{"type":"text","text":"more","cache_control":{"type":"ephemeral"}}]}],
                "system":[{"type":"text","text":"be kind","cache_control":{"type":"ephemeral"}}]}"#,
                r#"{"system":"be kind","messages":[{"role":"user","content":"hi"}]}"#,
            ],
        );
    }

    #[test]
    fn another_beginning_is_another_conversation() {
        all_different(
            &MESSAGES,
            &[
                r#"{"messages":[{"role":"user","content":"hi"}]}"#,
                r#"{"messages":[{"role":"user","content":"ho"}]}"#,
                r#"{"system":"be kind","messages":[{"role":"user","content":"hi"}]}"#,
                r#"{"system":"hi","messages":[{"role":"user","content":"be kind"}]}"#,
                r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"url":"a"}}]}]}"#,
                r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"url":"b"}}]}]}"#,
            ],
        );
    }

    #[test]
    fn what_a_request_says_it_goes_on_from_decides() {
        all_the_same(
            &RESPONSES,
            &[
                r#"{"input":"hi","conversation":"conv_1"}"#,
                r#"{"input":"ho","conversation":{"id":"conv_1"},"previous_response_id":null}"#,
            ],
        );
        all_different(
            &RESPONSES,
            &[
                r#"{"input":"hi","previous_response_id":"resp_1"}"#,
                r#"{"input":"hi","previous_response_id":"resp_2"}"#,
                r#"{"input":"hi","conversation":"resp_1"}"#,
                r#"{"input":"hi","previous_response_id":null,"conversation":null}"#,
            ],
        );
    }

    #[test]
    fn a_long_beginning_is_hashed_in_part() {
        let body = |tail: &str| {
            format!(r#"{{"messages":[{{"role":"user","content":"{}{tail}"}}]}}"#, "x".repeat(LIMIT))
        };
        all_the_same(&CHAT, &[&body("a"), &body("b")]);
    }

    #[test]
    fn what_is_no_request_belongs_nowhere() {
        for body in [
            "",
            "[]",
            "{",
            "{}",
            r#"{"messages":[]}"#,
            r#"{"messages":[{"role":"assistant","content":"x"}]}"#,
        ] {
            assert_eq!(of(&CHAT, body.as_bytes()), None, "{body}");
        }
        let deep = format!(r#"{{"messages":{}"#, "[".repeat(100_000));
        assert_eq!(of(&CHAT, deep.as_bytes()), None);
    }
}
