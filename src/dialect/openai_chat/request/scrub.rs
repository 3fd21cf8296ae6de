use memchr::memmem;
use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use super::reword;
use crate::dialect::openai_chat::habits::Habits;
use crate::dialect::openai_chat::{json, wire};
use crate::dialect::{Invalid, Target};
use crate::facts::Losses;

/// The field in which this dialect carries the seals of others.
const DETAILS: &str = "reasoning_details";
/// Formats written here, for thoughts whose issuer speaks another dialect. OpenRouter's own formats are not
/// among them: they have to go back to it.
const FOREIGN: [&str; 3] = ["anthropic-messages", "openai-responses", "gemini"];

/// May there be something that this provider cannot be sent? A word in a prompt is enough for a yes.
pub(crate) fn holds_foreign(body: &[u8], target: &Target<'_>) -> bool {
    let habits = Habits::of(target);
    holds_seals(body) || (habits.rewrites() && reword::may_refuse(habits, body))
}

/// Takes out thoughts that another dialect has sealed, and words anew what the provider refuses.
pub(crate) fn scrub(body: &[u8], target: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    let habits = Habits::of(target);
    let unsealed = unseal(body, losses)?;
    if habits.rewrites() { reword::reword(habits, &unsealed, losses) } else { Ok(unsealed) }
}

/// May there be a thought that another dialect has sealed?
fn holds_seals(body: &[u8]) -> bool {
    memmem::find(body, b"\"reasoning_details\"").is_some()
        && FOREIGN.iter().any(|format| memmem::find(body, format.as_bytes()).is_some())
}

/// Removes thoughts that another dialect has sealed, with the readable text written beside the seal. All
/// other bytes stay: what DeepSeek or OpenRouter said themselves, they want back.
fn unseal(body: &[u8], losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    let fields = Object::all(body)?;
    let mut out = Vec::with_capacity(body.len());
    let mut copied = 0;
    for (_, messages) in fields.into_iter().filter(|(name, _)| name == "messages") {
        let path = &Path::Root.field("messages");
        for (index, item) in read::list(path, messages)?.into_iter().enumerate() {
            if !holds_seals(item.get().as_bytes()) {
                continue;
            }
            let start = item.get().as_ptr().addr() - body.as_ptr().addr();
            let mut message = Vec::new();
            if !rewrite(item, &mut message)? {
                continue;
            }
            losses.dropped(path.index(index).field(DETAILS).to_string());
            out.extend_from_slice(&body[copied..start]);
            out.extend_from_slice(&message);
            copied = start + item.get().len();
        }
    }
    out.extend_from_slice(&body[copied..]);
    Ok(out)
}

/// Writes the message without foreign thoughts; `false` where it holds none.
fn rewrite(message: &RawValue, out: &mut Vec<u8>) -> Result<bool, Invalid> {
    let Ok(mut fields) = Object::fields(message.get()) else { return Ok(false) };
    let Some(index) = fields.iter().position(|(name, _)| name == DETAILS) else { return Ok(false) };
    let Ok(details) = serde_json::from_str::<Vec<&RawValue>>(fields[index].1.get()) else { return Ok(false) };
    let kept: Vec<&RawValue> = details.iter().copied().filter(|detail| !is_foreign(detail)).collect();
    if kept.len() == details.len() {
        return Ok(false);
    }
    let list = serde_json::value::to_raw_value(&kept)?;
    if kept.is_empty() {
        fields.remove(index);
    } else {
        fields[index].1 = &list;
    }
    // The text of a sealed thought stands a second time beside it.
    fields.retain(|(name, _)| name != "reasoning_content");
    out.push(b'{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::string(out, name);
        out.push(b':');
        out.extend_from_slice(value.get().as_bytes());
    }
    out.push(b'}');
    Ok(true)
}

fn is_foreign(detail: &RawValue) -> bool {
    let detail: Option<wire::Detail<'_>> = wire::read(Some(detail));
    let format = detail.and_then(|detail| wire::text(detail.format));
    format.is_some_and(|format| FOREIGN.contains(&&*format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_foreign_thought_goes_and_every_other_byte_stays() {
        let body = br#"{ "x": 1.50, "model":"a", "messages": [ {"role":"user","content":"hi"},
            {"role":"assistant","reasoning_content":"hm","content":"ho","reasoning_details":[
            {"type":"reasoning.text","text":"hm","signature":"c2ln","format":"anthropic-messages"}]} ] , "big": 12345678901234567890123 }"#;
        assert!(holds_foreign(body, &Target::new("m")));
        let mut losses = Losses::new();
        let scrubbed = String::from_utf8(unseal(body, &mut losses).unwrap()).unwrap();
        assert_eq!(
            scrubbed,
            r#"{ "x": 1.50, "model":"a", "messages": [ {"role":"user","content":"hi"},
            {"role":"assistant","content":"ho"} ] , "big": 12345678901234567890123 }"#
        );
        assert_eq!(losses.to_string(), "dropped=messages[1].reasoning_details");
    }

    #[test]
    fn thoughts_of_servers_of_this_dialect_go_back_to_them() {
        let deepseek = br#"{"messages":[{"role":"assistant","reasoning_content":"hm"}]}"#;
        assert!(!holds_foreign(deepseek, &Target::new("m")));
        let router = br#"{"messages":[{"role":"assistant","content":"anthropic-messages",
            "reasoning_details":[{"type":"reasoning.text","format":"anthropic-claude-v1"}]}]}"#;
        let mut losses = Losses::new();
        assert_eq!(unseal(router, &mut losses).unwrap(), router);
        assert!(losses.is_empty());
    }

    #[test]
    fn a_message_without_seals_is_left_as_it_is() {
        let body = br#"{"messages":[7,"\"reasoning_details\" gemini",{"reasoning_details":"gemini"}]}"#;
        assert_eq!(unseal(body, &mut Losses::new()).unwrap(), body);
        assert!(unseal(b"[]", &mut Losses::new()).is_err());
    }
}
