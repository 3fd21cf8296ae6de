//! What nearly every frame of a stream is: a piece of one answer, and nothing else that is new.
//!
//! Frames of this API repeat who answers with each few words. So they are read by hand, in one pass and without
//! allocation; about four times as fast as the reader of everything else. Fields that none reads may stand in them
//! (vendors add their own), and be of any form; those that the parser reads must be as they usually are, and once.

use super::calls::Fragment;
use crate::dialect::canonical::Text;
use crate::dialect::scan::{Once, Scan};

/// A piece of one answer. What is not said is empty.
#[derive(Debug, Default)]
pub(super) struct Plain<'a> {
    pub(super) choice: u32,
    pub(super) thought: Text<'a>,
    pub(super) text: Text<'a>,
    pub(super) call: Option<Fragment<'a>>,
}

impl<'a> Plain<'a> {
    /// Reads such a frame; `None` for any other, which then is parsed. What is read here is JSON to its last
    /// brace, so that a malformed frame never passes.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let (mut plain, mut once, mut choices) = (Self::default(), Once::default(), 0);
        let mut scan = Scan::new(data)?;
        scan.object(|scan, key| match key {
            "choices" => once.first(0, scan)?.list(|scan| {
                choices += 1;
                plain.choice(scan)
            }),
            // Known since the stream has begun.
            "id" => once.first(1, scan)?.skip(),
            "model" => once.first(2, scan)?.skip(),
            "usage" => once.first(3, scan)?.null(),
            "x_groq" => once.first(4, scan)?.null(),
            "error" => once.first(5, scan)?.null(),
            _ => scan.skip(),
        })?;
        (scan.is_over() && choices == 1).then_some(plain)
    }

    fn choice(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let mut once = Once::default();
        scan.object(|scan, key| match key {
            "delta" => self.delta(once.first(0, scan)?),
            "index" => {
                self.choice = once.first(1, scan)?.number()?.parse().ok()?;
                Some(())
            }
            "message" => once.first(2, scan)?.null(),
            "logprobs" => once.first(3, scan)?.null(),
            "finish_reason" => once.first(4, scan)?.null(),
            "usage" => once.first(5, scan)?.null(),
            _ => scan.skip(),
        })
    }

    fn delta(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let mut once = Once::default();
        scan.object(|scan, key| {
            match key {
                "content" => self.text = text(once.first(0, scan)?)?,
                "reasoning_content" => {
                    let thought = text(once.first(1, scan)?)?;
                    if !thought.is_empty() {
                        self.thought = thought;
                    }
                }
                // The same in other words.
                "reasoning" => {
                    let thought = text(once.first(2, scan)?)?;
                    if self.thought.is_empty() {
                        self.thought = thought;
                    }
                }
                "tool_calls" => self.calls(once.first(3, scan)?)?,
                "reasoning_details" => nothing(once.first(4, scan)?)?,
                "annotations" => nothing(once.first(5, scan)?)?,
                "refusal" => once.first(6, scan)?.null()?,
                "function_call" => once.first(7, scan)?.null()?,
                "audio" => once.first(8, scan)?.null()?,
                _ => scan.skip()?,
            }
            Some(())
        })
    }

    /// One fragment of one call.
    fn calls(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        if scan.peek()? == b'n' {
            return scan.null();
        }
        scan.list(|scan| {
            let is_first = self.call.replace(fragment(scan)?).is_none();
            is_first.then_some(())
        })
    }
}

fn fragment<'a>(scan: &mut Scan<'a>) -> Option<Fragment<'a>> {
    let (mut fragment, mut once) = (Fragment::default(), Once::default());
    scan.object(|scan, key| {
        match key {
            "index" => fragment.number = Some(once.first(0, scan)?.number()?.parse().ok()?),
            "id" => fragment.id = Some(text(once.first(1, scan)?)?).filter(|id| !id.is_empty()),
            "function" => function(once.first(2, scan)?, &mut fragment)?,
            "custom" => once.first(3, scan)?.null()?,
            _ => scan.skip()?,
        }
        Some(())
    })?;
    Some(fragment)
}

fn function<'a>(scan: &mut Scan<'a>, fragment: &mut Fragment<'a>) -> Option<()> {
    let mut once = Once::default();
    scan.object(|scan, key| {
        match key {
            "name" => fragment.name = Some(text(once.first(0, scan)?)?).filter(|name| !name.is_empty()),
            "arguments" => fragment.arguments = text(once.first(1, scan)?)?,
            _ => scan.skip()?,
        }
        Some(())
    })
}

/// A text, or nothing.
fn text<'a>(scan: &mut Scan<'a>) -> Option<Text<'a>> {
    match scan.peek()? {
        b'n' => scan.null().map(|()| Text::default()),
        _ => scan.string()?.text(),
    }
}

/// `null`, or a list of nothing.
fn nothing(scan: &mut Scan<'_>) -> Option<()> {
    let says_something = matches!(scan.peek()?, b'n' | b'[').then(|| scan.value())??;
    (!says_something).then_some(())
}

#[cfg(test)]
mod tests;
