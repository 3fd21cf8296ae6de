//! Sources, told as the API does: a list of them, and which words each supports.

use super::json;
use super::place;
use crate::dialect::canonical::Citation;
use crate::dialect::gemini::NAME;
use crate::dialect::quoted::quoted;
use crate::dialect::slots::Slots;

/// The most that is kept of sources until the end of a stream, in bytes.
const MOST: usize = 1024 * 1024;

/// The sources of one answer.
#[derive(Debug, Default)]
pub(crate) struct Grounding {
    /// As a member of this dialect told them.
    own: Option<String>,
    chunks: Vec<Vec<u8>>,
    slots: Slots<Vec<u8>>,
    /// How much has been read of the texts to find places in them.
    read: usize,
    /// JSON, without the brackets of its list.
    supports: Vec<u8>,
    bytes: usize,
}

/// The text that a source is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'t> {
    pub(crate) text: &'t str,
    /// How many bytes of the answer came before it, where they are counted on.
    pub(crate) before: usize,
    /// Which part it is, where there are several.
    pub(crate) part: Option<usize>,
}

impl Grounding {
    pub(crate) fn add(&mut self, citation: &Citation<'_>, about: About<'_>) {
        if self.own.is_some() {
            return;
        }
        match &citation.raw {
            Some((dialect, raw)) if dialect == NAME => self.own = Some(raw.get().to_owned()),
            _ if self.bytes < MOST => self.source(citation, about),
            _ => {}
        }
    }

    fn source(&mut self, citation: &Citation<'_>, about: About<'_>) {
        let chunk = chunk(citation);
        self.bytes += chunk.len();
        let known = self.slots.get(&chunk);
        let index = known.unwrap_or(self.chunks.len());
        if known.is_none() {
            self.slots.insert(chunk.clone(), index);
            self.chunks.push(chunk);
        }
        let characters = citation.start.zip(citation.end).map(|(start, end)| start..end);
        let characters = characters.filter(|_| self.read <= place::MOST_READ);
        self.read = self.read.saturating_add(about.text.len());
        let Some(span) = characters.and_then(|characters| place::bytes(about.text, &characters)) else {
            return;
        };
        let out = &mut self.supports;
        let before = out.len();
        out.extend_from_slice(if out.is_empty() { b"{" } else { b",{" });
        out.extend_from_slice(b"\"segment\":{");
        if let Some(part) = about.part {
            out.extend_from_slice(b"\"partIndex\":");
            json::number(out, part as u64);
            out.push(b',');
        }
        out.extend_from_slice(b"\"startIndex\":");
        json::number(out, (about.before + span.start) as u64);
        out.extend_from_slice(b",\"endIndex\":");
        json::number(out, (about.before + span.end) as u64);
        out.extend_from_slice(b",\"text\":");
        quoted(out, &about.text[span]);
        out.extend_from_slice(b"},\"groundingChunkIndices\":[");
        json::number(out, index as u64);
        out.extend_from_slice(b"]}");
        self.bytes += out.len() - before;
    }

    /// Appends `,"groundingMetadata":{…}` where there is a source.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if let Some(own) = &self.own {
            out.extend_from_slice(b",\"groundingMetadata\":");
            return json::line(out, own);
        }
        if self.chunks.is_empty() {
            return;
        }
        out.extend_from_slice(b",\"groundingMetadata\":{\"groundingChunks\":[");
        out.extend_from_slice(&self.chunks.join(&b","[..]));
        out.push(b']');
        if !self.supports.is_empty() {
            out.extend_from_slice(b",\"groundingSupports\":[");
            out.extend_from_slice(&self.supports);
            out.push(b']');
        }
        out.push(b'}');
    }
}

/// A page of the web, or a passage where its words are known.
fn chunk(citation: &Citation<'_>) -> Vec<u8> {
    let kind: &[u8] = if citation.quote.is_some() { b"{\"retrievedContext\":{" } else { b"{\"web\":{" };
    let mut out = kind.to_vec();
    let fields = [("uri", &citation.url), ("title", &citation.title), ("text", &citation.quote)];
    let known = fields.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?)));
    for (at, (name, text)) in known.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        quoted(&mut out, name);
        out.push(b':');
        quoted(&mut out, text);
    }
    out.extend_from_slice(b"}}");
    out
}
