//! What nearly every frame of a stream is: a piece of text, and what it cost so far.
//!
//! Frames of this API repeat who answers and all counts with each few words. So they are read by hand, in one
//! pass; about three times as fast as the reader of everything else.

use crate::dialect::canonical::{Text, Usage};
use crate::dialect::gemini::response::usage::Counts;
use crate::dialect::scan::{Once, Scan};

/// A piece of the first answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plain<'a> {
    pub(super) text: Text<'a>,
    pub(super) is_thought: bool,
    pub(super) usage: Option<Usage>,
}

impl<'a> Plain<'a> {
    /// Reads such a frame; `None` for any other, which then is parsed. What is read here is JSON to its last
    /// brace, so that a malformed frame never passes.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let (mut plain, mut once, mut candidates) = (Self::default(), Once::default(), 0);
        let mut scan = Scan::new(data)?;
        scan.object(|scan, key| match key {
            "candidates" => once.first(0, scan)?.list(|scan| {
                candidates += 1;
                plain.candidate(scan)
            }),
            "usageMetadata" => {
                plain.usage = Counts::scan(once.first(1, scan)?)?.usage();
                Some(())
            }
            "modelVersion" => name(once.first(2, scan)?),
            "responseId" => name(once.first(3, scan)?),
            "createTime" => name(once.first(4, scan)?),
            _ => None,
        })?;
        (scan.is_over() && candidates == 1 && !plain.text.is_empty()).then_some(plain)
    }

    fn candidate(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let mut once = Once::default();
        scan.object(|scan, key| match key {
            "content" => self.content(once.first(0, scan)?),
            "index" => (once.first(1, scan)?.number()? == "0").then_some(()),
            "safetyRatings" | "tokenCount" => scan.skip(),
            _ => None,
        })
    }

    fn content(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let (mut once, mut parts) = (Once::default(), 0);
        scan.object(|scan, key| match key {
            "parts" => once.first(0, scan)?.list(|scan| {
                parts += 1;
                // A second one is for the parser.
                (parts == 1).then(|| self.part(scan))?
            }),
            "role" => scan.skip(),
            _ => None,
        })
    }

    fn part(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let mut once = Once::default();
        scan.object(|scan, key| {
            match key {
                "text" => self.text = once.first(0, scan)?.string()?.text()?,
                "thought" => self.is_thought = once.first(1, scan)?.flag()?,
                _ => return None,
            }
            Some(())
        })
    }
}

/// What the parser would read, though none wants to know it again.
fn name(scan: &mut Scan<'_>) -> Option<()> {
    scan.string()?.text().map(drop)
}

#[cfg(test)]
mod tests;
