use super::super::json;
use super::super::part::is_stored;
use super::{Writer, refuse};
use crate::dialect::canonical::{Content, Part, Position, Source, Text};
use crate::failure::Failure;

impl<'a> Writer<'_, 'a> {
    /// Writes what a part of media holds; `path` is where the caller has put it.
    pub(super) fn media(&mut self, out: &mut Vec<u8>, part: &Part<'a>, path: &str) -> Result<(), Failure> {
        let (source, name) = match &part.content {
            Content::Image { source, detail } => {
                if detail.as_ref().is_some_and(|detail| detail != "auto") {
                    self.losses.dropped(self.path(part.position, self.request.names.detail));
                }
                (source, None)
            }
            Content::Document { source, name } => (source, name.as_ref()),
            Content::Audio { source } => (source, None),
            Content::Unknown { kind, .. } => {
                return Err(refuse(path, &format!("the member has no such part: {kind}")));
            }
            _ => return Err(refuse(path, "the member takes no such part here")),
        };
        self.source(out, source, name, (path, part.position))
    }

    fn source(
        &mut self,
        out: &mut Vec<u8>,
        source: &Source<'a>,
        name: Option<&Text<'a>>,
        (path, at): (&str, Position),
    ) -> Result<(), Failure> {
        match source {
            Source::Base64 { media_type, data } => {
                if !self.is_own && !is_taken(media_type) {
                    return Err(refuse(path, &format!("the member takes nothing of type {media_type}")));
                }
                // Some write the type that does not exist.
                let media_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type };
                let name = self.file_name(name, at, source);
                json::object_field(out, "inlineData", |out| {
                    json::string_field(out, "mimeType", media_type);
                    json::string_field(out, "data", data);
                    if let Some(name) = name {
                        json::string_field(out, "displayName", name);
                    }
                    self.rest(out, &format!("{path}.inlineData"), &[]);
                });
            }
            Source::Text(text) => json::string_field(out, "text", &titled(text, name)),
            Source::Url(uri) | Source::File(uri) if self.is_own || is_fetched(uri) => {
                let name = self.file_name(name, at, source);
                json::object_field(out, "fileData", |out| {
                    json::string_field(out, "fileUri", uri);
                    if let Some(name) = name {
                        json::string_field(out, "displayName", name);
                    }
                    self.rest(out, &format!("{path}.fileData"), &[]);
                });
            }
            Source::Url(_) => return Err(refuse(path, "the member does not fetch files by their URL")),
            Source::File(_) => return Err(refuse(path, "the file is stored at another provider")),
        }
        Ok(())
    }

    /// The name of a file, where there is a place for it. The public API has none.
    fn file_name<'n>(
        &mut self,
        name: Option<&'n Text<'a>>,
        at: Position,
        source: &Source<'_>,
    ) -> Option<&'n str> {
        let name = name.filter(|name| !name.is_empty())?;
        if !self.is_own {
            self.losses.dropped(self.request.names.file_name(at, source));
            return None;
        }
        Some(name)
    }
}

/// The text with its title above it.
pub(super) fn titled(text: &str, name: Option<&Text<'_>>) -> String {
    name.map_or_else(|| text.to_owned(), |name| format!("{name}\n\n{text}"))
}

fn is_taken(media_type: &str) -> bool {
    let kind = media_type.split_once('/').map_or("", |(kind, _)| kind);
    matches!(kind, "image" | "audio" | "text") || media_type == "application/pdf"
}

/// Does the API itself fetch what is there? Of the web that is only the vendor's own.
fn is_fetched(uri: &str) -> bool {
    const VIDEOS: [&str; 3] = ["https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/"];
    is_stored(uri) || VIDEOS.iter().any(|site| uri.starts_with(site))
}
