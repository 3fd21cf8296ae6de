//! What of a body must not go on as it is, even to a member of the same dialect: seals of others, calls that
//! another provider's model has made without any, and the name of the model, which some callers repeat.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use serde_json::value::RawValue;

use super::family::Family;
use super::read::{self, Path, camel, entries};
use super::{route, seal, text, unreadable};
use crate::dialect::quoted::quoted;
use crate::dialect::{Invalid, Target};
use crate::facts::Losses;

/// May err on the side of `true`: a prompt can quote what is looked for.
pub(crate) fn holds_foreign(body: &[u8], target: &Target<'_>) -> bool {
    seal::is_in(body) || names_model(body) || lacks_seal(body, target)
}

/// Is there a call that would be refused for want of a seal? The vendor's own models seal theirs, so that this
/// looks closer for nothing only where tools are called.
fn lacks_seal(body: &[u8], target: &Target<'_>) -> bool {
    let has_calls =
        || [&b"functionCall\""[..], b"function_call\""].iter().any(|word| memmem::find(body, word).is_some());
    Family::of(target).is_recent
        && has_calls()
        && edits(body, target, &mut Losses::new()).is_ok_and(|edits| !edits.is_empty())
}

/// Is there a field `model`? As a value the word stands in most bodies: it is who speaks.
fn names_model(body: &[u8]) -> bool {
    const WORD: &[u8] = b"\"model\"";
    memmem::find_iter(body, WORD).any(|at| body[at + WORD.len()..].trim_ascii_start().starts_with(b":"))
}

/// Takes the seals of others off, with the parts and contents that are nothing without; gives calls that must
/// show one the value that stands for none; and names the member's model where the caller named his. All else
/// stays byte for byte.
pub(crate) fn scrub(body: &[u8], target: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    let edits = edits(body, target, losses)?;
    let mut out = Vec::with_capacity(body.len());
    let mut copied = 0;
    for (span, new) in edits {
        out.extend_from_slice(&body[copied..span.start]);
        out.extend_from_slice(&new);
        copied = span.end;
    }
    out.extend_from_slice(&body[copied..]);
    Ok(out)
}

/// What becomes of which bytes. They do not overlap.
type Edits = Vec<(Range<usize>, Vec<u8>)>;

/// What is to be changed, from the front to the back.
fn edits(body: &[u8], target: &Target<'_>, losses: &mut Losses) -> Result<Edits, Invalid> {
    let whole: &RawValue =
        serde_json::from_str(text(body)?).map_err(|error| unreadable(&error.to_string()))?;
    let mut scrub = Scrub { body, edits: Vec::new(), needs_seals: Family::of(target).is_recent, losses };
    scrub.request(&Path::Root, whole, target)?;
    let mut edits = scrub.edits;
    edits.sort_by_key(|(span, _)| span.start);
    Ok(edits)
}

struct Scrub<'b, 'l> {
    body: &'b [u8],
    edits: Edits,
    /// A call without any seal would be refused.
    needs_seals: bool,
    losses: &'l mut Losses,
}

type Field<'a> = (Cow<'a, str>, &'a RawValue);
type Part<'a> = (&'a RawValue, Vec<Field<'a>>);

/// A content, as far as it is looked at.
struct Content<'a> {
    is_models: bool,
    parts: Vec<Part<'a>>,
}

impl<'a> Content<'a> {
    fn read(path: &Path<'_>, content: &'a RawValue) -> Result<Self, Invalid> {
        let fields = fields(content)?;
        let is_model = |(name, value): &Field<'_>| name == "role" && value.get() == "\"model\"";
        let list = fields.iter().find(|(name, _)| name == "parts").map(|(_, list)| *list);
        let list = list.map_or_else(|| Ok(Vec::new()), |list| read::list(path, list))?;
        let read = |part: &'a RawValue| self::fields(part).map(|fields| (part, fields));
        let parts = list.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { is_models: fields.iter().any(is_model), parts })
    }

    fn has(&self, kind: &str) -> bool {
        self.parts.iter().any(|(_, fields)| fields.iter().any(|(name, _)| name == kind))
    }
}

impl Scrub<'_, '_> {
    fn request(&mut self, path: &Path<'_>, value: &RawValue, target: &Target<'_>) -> Result<(), Invalid> {
        if !value.get().starts_with('{') {
            return Err(path.wrong("an object"));
        }
        let is_outer = matches!(path, Path::Root);
        for (name, value) in fields(value)? {
            let path = &path.field(&name);
            match &*name {
                "contents" => self.contents(path, value)?,
                // Counting tokens may wrap a whole request, and that must name the model. It does not wrap another.
                "generateContentRequest" if is_outer => self.request(path, value, target)?,
                "model" if value.get().starts_with('"') => {
                    let mut name = Vec::new();
                    quoted(&mut name, &route::resource(target.model));
                    self.edits.push((self.span(value), name));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn contents(&mut self, path: &Path<'_>, list: &RawValue) -> Result<(), Invalid> {
        let list = read::list(path, list)?;
        let mut contents = Vec::with_capacity(list.len());
        for (index, content) in list.iter().enumerate() {
            contents.push(Content::read(&path.index(index).field("parts"), content)?);
        }
        let mut gone = Vec::with_capacity(contents.len());
        for (index, content) in contents.iter().enumerate() {
            gone.push(self.content(&path.index(index).field("parts"), content));
        }
        self.remove(&list, &gone);
        if self.needs_seals {
            let kept: Vec<_> =
                contents.iter().zip(gone).filter(|(_, is_gone)| !is_gone).map(|(kept, _)| kept).collect();
            self.seal(&kept);
        }
        Ok(())
    }

    /// Looks after the calls of the current turn, which began with the last words of the user.
    fn seal(&mut self, contents: &[&Content<'_>]) {
        let is_question = |content: &&Content<'_>| !content.is_models && !content.has("functionResponse");
        let current = contents.iter().rposition(is_question).map_or(0, |question| question + 1);
        let mut is_sealed = false;
        for content in &contents[current..] {
            // A step may come in pieces, and its first call must show a seal.
            is_sealed &= content.is_models;
            if content.is_models && !is_sealed {
                is_sealed = self.seal_first_call(content);
            }
        }
    }

    /// Gives the first call what stands for no seal, if it has none; `false` where there is no call.
    fn seal_first_call(&mut self, content: &Content<'_>) -> bool {
        let is_call = |(_, fields): &&Part<'_>| fields.iter().any(|(name, _)| name == "functionCall");
        let Some((part, fields)) = content.parts.iter().find(is_call) else { return false };
        if !fields.iter().any(|(name, _)| name == "thoughtSignature") {
            let end = self.span(part).end - 1;
            let none = format!(",\"thoughtSignature\":\"{}\"", seal::NONE);
            self.edits.push((end..end, none.into_bytes()));
        }
        true
    }

    /// Cleans a content; `true` where nothing is left of it.
    fn content(&mut self, path: &Path<'_>, content: &Content<'_>) -> bool {
        let before = self.edits.len();
        let mut gone = Vec::with_capacity(content.parts.len());
        for (index, part) in content.parts.iter().enumerate() {
            gone.push(self.part(&path.index(index), part));
        }
        if !gone.is_empty() && gone.iter().all(|is_gone| *is_gone) {
            self.edits.truncate(before);
            return true;
        }
        let parts: Vec<_> = content.parts.iter().map(|(part, _)| *part).collect();
        self.remove(&parts, &gone);
        false
    }

    /// Takes a foreign seal off a part; `true` where nothing is left of it.
    fn part(&mut self, path: &Path<'_>, (part, fields): &Part<'_>) -> bool {
        let is_seal = |(name, value): &Field<'_>| {
            name == "thoughtSignature" && read::string(value).is_some_and(|seal| seal::is_foreign(&seal))
        };
        let Some(at) = fields.iter().position(is_seal) else { return false };
        self.losses.dropped(path.field("thoughtSignature").to_string());
        let says_something = |(name, value): &Field<'_>| match &**name {
            "thought" | "thoughtSignature" => false,
            "text" => value.get() != "\"\"",
            _ => true,
        };
        if !fields.iter().any(says_something) {
            return true;
        }
        let is_call = fields.iter().any(|(name, _)| name == "functionCall");
        if is_call && self.needs_seals {
            self.edits.push((self.span(fields[at].1), format!("\"{}\"", seal::NONE).into_bytes()));
        } else {
            self.remove_field(part, fields, at);
        }
        false
    }

    /// Removes items of a list, each with the comma that it no longer needs.
    fn remove(&mut self, items: &[&RawValue], gone: &[bool]) {
        let spans: Vec<_> = items.iter().map(|item| self.span(item)).collect();
        let mut has_kept = false;
        for (index, span) in spans.iter().enumerate() {
            if !gone[index] {
                has_kept = true;
            } else if has_kept {
                self.edits.push((spans[index - 1].end..span.end, Vec::new()));
            } else {
                let end = spans.get(index + 1).map_or(span.end, |next| next.start);
                self.edits.push((span.start..end, Vec::new()));
            }
        }
    }

    /// Removes a field of an object, likewise.
    fn remove_field(&mut self, object: &RawValue, fields: &[Field<'_>], at: usize) {
        let end = self.span(fields[at].1).end;
        let span = match at.checked_sub(1) {
            Some(before) => self.span(fields[before].1).end..end,
            None => {
                let comma = fields.get(1).and_then(|_| memchr::memchr(b',', &self.body[end..]));
                self.span(object).start + 1..comma.map_or(end, |comma| end + comma + 1)
            }
        };
        self.edits.push((span, Vec::new()));
    }

    /// Where a value that was read from the body stands in it.
    fn span(&self, value: &RawValue) -> Range<usize> {
        let start = value.get().as_ptr().addr().saturating_sub(self.body.as_ptr().addr());
        start..start + value.get().len()
    }
}

/// The fields of an object as they stand, their names in camelCase; none of what is no object.
fn fields(object: &RawValue) -> Result<Vec<Field<'_>>, Invalid> {
    if !object.get().starts_with('{') {
        return Ok(Vec::new());
    }
    let mut fields = entries(object.get())?;
    for (name, _) in &mut fields {
        if let Some(camel) = camel(name) {
            *name = Cow::Owned(camel);
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(body: &str, model: &str) -> (String, String) {
        let mut losses = Losses::new();
        let out = scrub(body.as_bytes(), &Target::new(model), &mut losses).unwrap();
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    const BODY: &str = r#"{"n":1.50e3, "contents" : [ {"role":"user","parts":[{"text":"\"ZmFpbG92ZXI6"}]},
        {"role":"model","parts":[{"text":"","thoughtSignature":"ZmFpbG92ZXI6bzp6"}, {"thought":true,"text":"","thought_signature":"ZmFpbG92ZXI6bzp6"}]},
        {"parts":[ {"thoughtSignature" : "ZmFpbG92ZXI6bzp6" , "text":"a"}, {"text":"b", "thoughtSignature":"ZmFpbG92ZXI6bzp6"} ,{"thoughtSignature":"Eq=="}], "role":"model"},
        {"role":"model","parts":[{"text":"","thoughtSignature":"ZmFpbG92ZXI6bzp6"} , {"functionCall":{"name":"f"}, "thoughtSignature":"ZmFpbG92ZXI6bzp6" }]} ] }"#;

    #[test]
    fn scrubbing_takes_off_the_seals_of_others_and_changes_nothing_else() {
        assert!(holds_foreign(BODY.as_bytes(), &Target::new("m")));
        let (out, losses) = scrubbed(BODY, "gemini-2.5-flash");
        let wanted = r#"{"n":1.50e3, "contents" : [ {"role":"user","parts":[{"text":"\"ZmFpbG92ZXI6"}]},
        {"parts":[ { "text":"a"}, {"text":"b"} ,{"thoughtSignature":"Eq=="}], "role":"model"},
        {"role":"model","parts":[{"functionCall":{"name":"f"} }]} ] }"#;
        assert_eq!(out, wanted);
        assert_eq!(losses.split(", ").count(), 6, "{losses}");
        assert!(losses.contains("dropped=contents[2].parts[1].thoughtSignature"), "{losses}");
    }

    #[test]
    fn where_a_call_must_show_a_seal_it_shows_that_there_is_none() {
        let (out, _) = scrubbed(BODY, "gemini-3-pro-preview");
        assert!(out.contains(
            r#"{"functionCall":{"name":"f"}, "thoughtSignature":"skip_thought_signature_validator" }"#
        ));
    }

    #[test]
    fn calls_that_another_model_has_made_without_a_seal_do_not_stop_a_recent_one() {
        let call =
            |name: &str| format!(r#"{{"role":"model","parts":[{{"functionCall":{{"name":"{name}"}} }}]}}"#);
        let result = r#"{"role":"user","parts":[{"functionResponse":{"name":"x"}}]}"#;
        let question = r#"{"role":"user","parts":[{"text":"q"}]}"#;
        let body = format!(
            r#"{{"contents":[{question},{},{result},{question},{},{},{result},{}]}}"#,
            call("a"),
            call("b"),
            call("c"),
            call("d")
        );
        assert!(!holds_foreign(body.as_bytes(), &Target::new("gemini-2.5-pro")));
        assert!(holds_foreign(body.as_bytes(), &Target::new("gemini-3-pro")));
        let (out, losses) = scrubbed(&body, "gemini-3-pro");
        let sealed = |name: &str| format!(r#"{{"name":"{name}"}} ,"thoughtSignature":"{}""#, seal::NONE);
        let is_sealed = ["a", "b", "c", "d"].map(|name| out.contains(&sealed(name)));
        assert_eq!((is_sealed, &*losses), ([false, true, false, true], ""), "{out}");
        assert!(!holds_foreign(out.as_bytes(), &Target::new("gemini-3-pro")));
    }

    #[test]
    fn a_model_named_in_the_body_is_the_members() {
        let body =
            r#"{"generateContentRequest":{"model" : "models/workhorse","contents":[]},"x":{"model":"a"}}"#;
        assert!(holds_foreign(body.as_bytes(), &Target::new("m")));
        assert_eq!(scrubbed(body, "gemini-3-pro").0, body.replace("models/workhorse", "models/gemini-3-pro"));
        let plain = br#"{"contents":[{"role":"model","parts":[]}]}"#;
        assert!(!holds_foreign(plain, &Target::new("m")));
        let deep = format!("{}1{}", r#"{"generateContentRequest":"#.repeat(100_000), "}".repeat(100_000));
        assert_eq!(scrubbed(&deep, "m").0, deep, "no stack would hold it");
        assert_eq!(scrubbed(r#"{"contents":[]}"#, "m"), (r#"{"contents":[]}"#.to_owned(), String::new()));
        assert!(scrub(b"[]", &Target::new("m"), &mut Losses::new()).is_err());
    }
}
