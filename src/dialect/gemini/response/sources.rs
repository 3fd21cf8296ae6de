//! Where an answer comes from, as the API tells it: three kinds of metadata beside the text.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::place::Texts;
use super::wire::{self, Candidate, Leaf, Raw, count};
use crate::dialect::canonical::{Citation, Text};
use crate::dialect::gemini::NAME;

/// A source, and the text that it is about.
#[derive(Debug)]
pub(crate) struct Cited<'a> {
    pub(crate) text: usize,
    pub(crate) citation: Citation<'a>,
}

/// What a candidate, or one chunk of it, tells of its sources.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Metadata<'a> {
    grounding: Raw<'a>,
    citations: Raw<'a>,
    urls: Raw<'a>,
}

/// The same, kept until the end of a stream.
#[derive(Debug)]
pub(crate) struct Kept {
    grounding: Option<Box<RawValue>>,
    citations: Option<Box<RawValue>>,
    urls: Option<Box<RawValue>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Grounding<'a> {
    #[serde(borrow, alias = "grounding_chunks")]
    grounding_chunks: Option<Vec<Chunk<'a>>>,
    #[serde(borrow, alias = "grounding_supports")]
    grounding_supports: Option<Vec<Support<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    web: Option<Source<'a>>,
    #[serde(borrow, alias = "retrieved_context")]
    retrieved_context: Option<Source<'a>>,
    #[serde(borrow)]
    maps: Option<Source<'a>>,
    #[serde(borrow)]
    image: Option<Source<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow, alias = "sourceUri")]
    uri: Leaf<'a>,
    #[serde(borrow)]
    title: Leaf<'a>,
    #[serde(borrow)]
    text: Leaf<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Support<'a> {
    #[serde(borrow)]
    segment: Option<Segment<'a>>,
    #[serde(alias = "grounding_chunk_indices")]
    grounding_chunk_indices: Option<Vec<usize>>,
}

/// Both the words that a source supports, and a source of words recited.
#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Segment<'a> {
    #[serde(borrow, alias = "start_index")]
    start_index: Raw<'a>,
    #[serde(borrow, alias = "end_index")]
    end_index: Raw<'a>,
    #[serde(borrow)]
    text: Leaf<'a>,
    #[serde(borrow)]
    uri: Leaf<'a>,
    #[serde(borrow)]
    title: Leaf<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Recited<'a> {
    /// What Vertex calls `citations`.
    #[serde(borrow, alias = "citations", alias = "citation_sources")]
    citation_sources: Option<Vec<Segment<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct UrlContext<'a> {
    #[serde(borrow, alias = "url_metadata")]
    url_metadata: Option<Vec<Url<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Url<'a> {
    #[serde(borrow, alias = "retrieved_url")]
    retrieved_url: Leaf<'a>,
    #[serde(borrow, alias = "url_retrieval_status")]
    url_retrieval_status: Leaf<'a>,
}

impl Kept {
    pub(crate) fn metadata(&self) -> Metadata<'_> {
        Metadata {
            grounding: self.grounding.as_deref(),
            citations: self.citations.as_deref(),
            urls: self.urls.as_deref(),
        }
    }
}

/// Reads the sources of all chunks of an answer, in the order of the texts they are about.
pub(crate) fn read<'a>(chunks: &[Metadata<'a>], texts: &Texts<'_>) -> Vec<Cited<'a>> {
    let mut cited = Vec::new();
    grounding(chunks, texts, &mut cited);
    for metadata in chunks {
        metadata.recited(texts, &mut cited);
    }
    let mut known = None;
    for metadata in chunks {
        metadata.urls(texts, &mut cited, &mut known);
    }
    cited.sort_by_key(|cited| cited.text);
    cited
}

/// The most that is told of sources in the places of what they support, in bytes.
const MOST_REPEATED: usize = 4 * 1024 * 1024;

/// A later chunk tells only of sources that no earlier one told of; supports count through all of them.
fn grounding<'a>(chunks: &[Metadata<'a>], texts: &Texts<'_>, cited: &mut Vec<Cited<'a>>) {
    let raws = || chunks.iter().filter_map(|metadata| metadata.grounding);
    let groundings = raws().filter_map(|raw| wire::read::<Grounding<'a>>(Some(raw)));
    let (mut sources, mut supports) = (Vec::new(), Vec::new());
    for grounding in groundings {
        let found = grounding.grounding_chunks.unwrap_or_default().into_iter().map(Chunk::citation);
        sources.extend(found);
        supports.extend(grounding.grounding_supports.unwrap_or_default());
    }
    let mut is_used = vec![false; sources.len()];
    // A source is told anew for everything that it supports.
    let mut room = MOST_REPEATED;
    for support in supports {
        let segment = support.segment.unwrap_or_default();
        for index in support.grounding_chunk_indices.unwrap_or_default() {
            let Some(source): Option<&Citation<'a>> = sources.get(index) else { continue };
            let texts_of_it = [&source.url, &source.title, &source.quote].into_iter().flatten();
            let size = texts_of_it.map(|text| text.len()).sum::<usize>() + size_of::<Cited<'_>>();
            let Some(left) = room.checked_sub(size) else { continue };
            (room, is_used[index]) = (left, true);
            cited.push(segment.of(source.clone(), texts));
        }
    }
    // What was found and is not said to support anything in particular.
    let unused = sources.into_iter().zip(is_used).filter(|(_, is_used)| !is_used);
    cited.extend(unused.map(|(source, _)| Cited::of_all(source, texts)));
    // The whole of it, once: what only callers of this API can be told.
    if let (Some(first), Some(raw), None) = (cited.first_mut(), raws().next(), raws().nth(1)) {
        first.citation.raw = Some((Cow::Borrowed(NAME), Cow::Borrowed(raw)));
    }
}

impl<'a> Metadata<'a> {
    pub(crate) const fn of(candidate: &Candidate<'a>) -> Self {
        Self {
            grounding: candidate.grounding_metadata,
            citations: candidate.citation_metadata,
            urls: candidate.url_context_metadata,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.grounding.is_none() && self.citations.is_none() && self.urls.is_none()
    }

    pub(crate) fn keep(self) -> Kept {
        let keep = |raw: Raw<'_>| raw.map(ToOwned::to_owned);
        Kept { grounding: keep(self.grounding), citations: keep(self.citations), urls: keep(self.urls) }
    }

    fn recited(&self, texts: &Texts<'_>, cited: &mut Vec<Cited<'a>>) {
        let Some(recited) = wire::read::<Recited<'a>>(self.citations) else { return };
        for segment in recited.citation_sources.unwrap_or_default() {
            let source =
                Citation { url: owned(&segment.uri), title: owned(&segment.title), ..Citation::default() };
            if source.url.is_some() || source.title.is_some() {
                cited.push(segment.of(source, texts));
            }
        }
    }

    /// `known` are the addresses of what is cited by now, once somebody has asked.
    fn urls(&self, texts: &Texts<'_>, cited: &mut Vec<Cited<'a>>, known: &mut Option<HashSet<Text<'a>>>) {
        let Some(context) = wire::read::<UrlContext<'a>>(self.urls) else { return };
        let known = known
            .get_or_insert_with(|| cited.iter().filter_map(|cited| cited.citation.url.clone()).collect());
        for url in context.url_metadata.unwrap_or_default() {
            let status = url.url_retrieval_status.as_text();
            let is_read = status.is_none_or(|status| status.ends_with("SUCCESS"));
            let Some(url) = url.retrieved_url.text().filter(|_| is_read) else { continue };
            if known.insert(url.clone()) {
                cited.push(Cited::of_all(Citation { url: Some(url), ..Citation::default() }, texts));
            }
        }
    }
}

impl<'a> Chunk<'a> {
    fn citation(self) -> Citation<'a> {
        let kinds = [self.web, self.retrieved_context, self.maps, self.image];
        let source = kinds.into_iter().flatten().next().unwrap_or_default();
        Citation {
            url: source.uri.text(),
            title: source.title.text(),
            quote: source.text.text(),
            ..Citation::default()
        }
    }
}

impl Segment<'_> {
    /// `source`, with the place of this segment.
    fn of<'a>(&self, source: Citation<'a>, texts: &Texts<'_>) -> Cited<'a> {
        let index = |raw| count(raw).and_then(|index| usize::try_from(index).ok());
        // Zero is left out.
        let start = index(self.start_index).unwrap_or(0);
        let words = self.text.as_text().map(|text| &**text);
        let place = index(self.end_index).and_then(|end| texts.find(&(start..end), words));
        let Some(place) = place else { return Cited::of_all(source, texts) };
        let (start, end) = (Some(place.characters.start), Some(place.characters.end));
        Cited { text: place.text, citation: Citation { start, end, ..source } }
    }
}

impl<'a> Cited<'a> {
    fn of_all(citation: Citation<'a>, texts: &Texts<'_>) -> Self {
        Self { text: texts.len().saturating_sub(1), citation }
    }
}

fn owned<'a>(leaf: &Leaf<'a>) -> Option<Text<'a>> {
    leaf.as_text().cloned()
}
