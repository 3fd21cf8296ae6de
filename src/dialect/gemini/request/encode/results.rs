use super::super::json;
use super::Writer;
use super::media::titled;
use super::turns::Contents;
use crate::dialect::canonical::{Content, Part, Source, ToolResult};
use crate::dialect::quoted::quoted;
use crate::failure::Failure;

impl<'a> Writer<'_, 'a> {
    /// What a tool answered. Media stands in it where the model takes it there, and after it otherwise.
    pub(super) fn result(
        &mut self,
        contents: &mut Contents,
        result: &ToolResult<'a>,
        (part, seal): (&Part<'a>, Option<&str>),
    ) -> Result<(), Failure> {
        let (mut texts, mut attached, mut following) = (String::new(), Vec::new(), Vec::new());
        let path = self.path(part.position, if self.is_own { "functionResponse" } else { "" });
        for inner in &result.parts {
            let text = match &inner.content {
                Content::Text(text) | Content::Refusal(text) => text.clone(),
                Content::Document { source: Source::Text(text), name } => titled(text, name.as_ref()).into(),
                content => {
                    let media = self.attachment(inner, &format!("{path}.parts[{}]", attached.len()))?;
                    let is_inside = self.is_own || (self.family.is_recent && is_inline(content));
                    if is_inside {
                        attached.push(media);
                    } else {
                        following.push(media);
                    }
                    continue;
                }
            };
            if !texts.is_empty() {
                texts.push('\n');
            }
            texts.push_str(&text);
        }
        if !following.is_empty() {
            self.losses.approximated(self.path(part.position, ""));
        }
        let out = if self.is_own { contents.part() } else { contents.result() };
        self.write_result(out, (result, part), &texts, &attached);
        self.close(out, part, seal);
        for media in following {
            contents.part().extend_from_slice(&media);
        }
        Ok(())
    }

    fn attachment(&mut self, inner: &Part<'a>, path: &str) -> Result<Vec<u8>, Failure> {
        if let (Content::Unknown { value, .. }, true) = (&inner.content, self.is_own) {
            return Ok(value.get().as_bytes().to_vec());
        }
        let path = if self.is_own { path.to_owned() } else { self.path(inner.position, "").into_owned() };
        let mut out = b"{".to_vec();
        self.media(&mut out, inner, &path)?;
        self.rest(&mut out, &path, &[]);
        out.push(b'}');
        Ok(out)
    }

    fn write_result(
        &mut self,
        out: &mut Vec<u8>,
        (result, part): (&ToolResult<'a>, &Part<'a>),
        text: &str,
        attached: &[Vec<u8>],
    ) {
        let path = if self.is_own { self.path(part.position, "functionResponse") } else { "".into() };
        // The name must be said; callers of other dialects say the id, and the call the name.
        let name = self.called.get(&*result.id).copied().or(result.name.as_deref());
        let name = if self.is_own { result.name.as_deref().or(name) } else { name };
        let name = name.unwrap_or(&result.id).to_owned();
        out.extend_from_slice(b"{\"functionResponse\":{");
        if !result.id.is_empty() && self.wording(&format!("{path}.id")).is_none() {
            json::string_field(out, "id", &result.id);
        }
        json::string_field(out, "name", &self.tool_name(&name));
        match self.wording(&format!("{path}.response")) {
            Some(response) => json::raw_field(out, "response", response.get()),
            None if self.is_own && result.parts.is_empty() => {}
            None => respond(out, text, result.is_error),
        }
        if !attached.is_empty() {
            json::raw_field(out, "parts", "[");
            for media in attached {
                json::separate(out);
                out.extend_from_slice(media);
            }
            out.push(b']');
        }
        self.rest(out, &path, &["response", "id"]);
        out.push(b'}');
    }
}

const fn is_inline(content: &Content<'_>) -> bool {
    matches!(
        content,
        Content::Image { source: Source::Base64 { .. }, .. }
            | Content::Document { source: Source::Base64 { .. }, .. }
            | Content::Audio { source: Source::Base64 { .. } }
    )
}

/// An object is demanded. One is sent as it is, anything else under the names the vendor suggests.
fn respond(out: &mut Vec<u8>, text: &str, is_error: bool) {
    json::key(out, "response");
    let object = json::object(text);
    match (object, is_error) {
        (Some(object), false) => out.extend_from_slice(object.get().as_bytes()),
        (object, _) => {
            out.push(b'{');
            json::key(out, if is_error { "error" } else { "output" });
            match object {
                Some(object) => out.extend_from_slice(object.get().as_bytes()),
                None => quoted(out, text),
            }
            out.push(b'}');
        }
    }
}
