use super::Seam;
use super::step::Way;
use crate::dialect::canonical::{Event, Usage};
use crate::failure::BoxError;

/// So much of the beginning of an answer, said once more, is no accident: it is being said afresh. In bytes.
const SURE: usize = 16;
/// A whole answer of fewer bytes is said once more by accident, too: after `1` comes `10`, or it is `10`.
const LEAST: usize = 4;
/// The longest pattern of a ruler, in bytes.
const PATTERN: usize = 16;
/// An answer that has grown beyond this is not completed a second time, in bytes.
const MOST_TEXT: usize = 1024 * 1024;

/// What of another stream the caller gets to hear. Pure: no clock, no I/O.
#[derive(Debug)]
pub(super) struct Voice {
    mode: Mode,
    /// White space at the end of what the caller has, of which the other stream was told nothing.
    owed: String,
    /// Written before the first word.
    mark: Vec<u8>,
    model: Option<String>,
    /// What the attempts before this have cost.
    spent: Usage,
    usage: Usage,
    /// The part that is open is one which the caller does not see.
    is_thinking: bool,
    has_spoken: bool,
    is_plain: bool,
    /// Places in the text are those of the whole.
    is_repeated: bool,
    end: Option<End>,
}

#[derive(Debug)]
enum Mode {
    /// The first words of a continuation, as long as they are those of the whole answer: some servers take what they
    /// are to go on with for a question, and some models now and then. Only what has repeated all that was said is
    /// taken for a repetition. It is compared with what the other stream was told, without white space at its end.
    Begin { held: String },
    /// The answer is said again, and so much of it was the same.
    Repeat { at: usize },
    /// All is for the caller.
    Flow,
}

/// What the first words of a continuation are, once they can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Continuation,
    Repetition,
    /// Another answer, or nobody can tell: either way out may say something twice, or leave it out.
    Unclear,
}

impl Reading {
    /// Of words that are the same as the first of the answer, `is_all` of it or not, and then are over or differ.
    ///
    /// Of a ruler (dashes, the line below the head of a table) both are possible, and it is believed that who was
    /// asked to go on does so. If not, a line is longer than it was to be; the other mistake would lose one.
    fn of(same: &[u8], is_all: bool) -> Self {
        match is_all {
            true if same.len() < LEAST => Self::Unclear,
            _ if is_ruler(same) => Self::Continuation,
            true => Self::Repetition,
            false if same.len() < SURE => Self::Continuation,
            false => Self::Unclear,
        }
    }
}

/// A short pattern, again and again.
fn is_ruler(text: &[u8]) -> bool {
    let most = PATTERN.min(text.len() / 2);
    (1..=most).any(|pattern| text.iter().zip(&text[pattern..]).all(|(one, next)| one == next))
}

/// How the other stream ended.
#[derive(Debug)]
pub(super) enum End {
    /// The answer is whole.
    Whole,
    /// It is another answer.
    Foiled,
    /// It broke off, too.
    Cut(Option<BoxError>),
}

impl Voice {
    pub(super) fn new(way: Way, seam: &Seam, spent: Usage, mark: Vec<u8>) -> Self {
        let mode = match way {
            Way::Repeat => Mode::Repeat { at: 0 },
            Way::Continue => Mode::Begin { held: String::new() },
        };
        let owed = if way == Way::Continue { &seam.text[seam.text.trim_end().len()..] } else { "" };
        Self {
            mode,
            owed: owed.to_owned(),
            mark,
            model: None,
            spent,
            usage: Usage::default(),
            is_thinking: false,
            has_spoken: false,
            is_plain: true,
            is_repeated: way == Way::Repeat,
            end: None,
        }
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.end, Some(End::Whole))
    }

    /// How it ended; told once.
    pub(super) const fn take_end(&mut self) -> Option<End> {
        self.end.take()
    }

    /// The caller has heard something of it.
    pub(super) const fn has_spoken(&self) -> bool {
        self.has_spoken
    }

    /// The caller has heard nothing but text.
    pub(super) fn is_plain(&self, seam: &Seam) -> bool {
        self.is_plain && seam.text.len() <= MOST_TEXT
    }

    /// What this attempt has cost, as far as it was told.
    pub(super) const fn usage(&self) -> Usage {
        self.usage
    }

    pub(super) fn event(&mut self, event: &Event<'_>, seam: &mut Seam, out: &mut Vec<u8>) {
        if self.has_ended() {
            return;
        }
        match event {
            Event::Start { model, .. } => self.model = model.as_deref().map(str::to_owned),
            Event::Usage(usage) => self.usage = self.usage.updated(*usage),
            Event::Text { choice: 0, text } if !text.is_empty() => {
                self.is_thinking = false;
                self.text(text, seam, out);
            }
            // What the answer was begun with had none.
            Event::Reasoning { .. } | Event::Signature { .. } | Event::Redacted { .. } => {
                self.is_thinking = true;
            }
            Event::PartEnd { choice: 0 } => {
                let is_hidden = std::mem::take(&mut self.is_thinking) || !self.has_spoken;
                if !is_hidden {
                    self.say(event, seam, out);
                }
            }
            Event::Refusal { choice: 0, text } if !text.is_empty() => {
                // Somebody else may not refuse to go on, and as yet nothing is lost.
                if self.has_spoken { self.other(event, seam, out) } else { self.end = Some(End::Foiled) }
            }
            Event::ToolCall { choice: 0, .. } | Event::Arguments { choice: 0, .. } => {
                self.other(event, seam, out);
            }
            Event::Citation { choice: 0, .. } if self.is_repeated && self.has_spoken => {
                self.say(event, seam, out);
            }
            Event::Finish { choice: 0, .. } => {
                self.release(seam, out);
                if self.is_flowing() { self.say(event, seam, out) } else { self.end = Some(End::Foiled) }
            }
            Event::Error(failure) => self.end = Some(End::Cut(Some(failure.clone().into()))),
            Event::End => self.finish(None, seam, out),
            _ => {}
        }
    }

    /// The other stream is over: completes the answer, if the model said why it stopped.
    pub(super) fn finish(&mut self, error: Option<BoxError>, seam: &mut Seam, out: &mut Vec<u8>) {
        if self.has_ended() {
            return;
        }
        // What is held back may be the beginning of either, and was heard by nobody.
        self.end = Some(match self.is_flowing() {
            false => End::Cut(error),
            true => {
                seam.encoder.encode(&Event::Usage(self.spent.plus(self.usage)), out);
                if seam.encoder.finish(out) { End::Whole } else { End::Cut(error) }
            }
        });
    }

    const fn is_flowing(&self) -> bool {
        matches!(self.mode, Mode::Flow)
    }

    fn text(&mut self, text: &str, seam: &mut Seam, out: &mut Vec<u8>) {
        match &mut self.mode {
            Mode::Flow => self.tell(text, seam, out),
            Mode::Begin { held } => {
                held.push_str(text);
                let told = seam.text.trim_end();
                let same = held.bytes().zip(told.bytes()).take_while(|(new, old)| new == old).count();
                if same == told.len() || same < held.len() {
                    let reading = Reading::of(&told.as_bytes()[..same], same == told.len());
                    self.begin(reading, seam, out);
                }
            }
            Mode::Repeat { at } => {
                let missing = &seam.text[*at..];
                if missing.starts_with(text) && missing.len() > text.len() {
                    *at += text.len();
                } else if let Some(rest) = text.strip_prefix(missing) {
                    self.mode = Mode::Flow;
                    self.tell(rest, seam, out);
                } else {
                    self.end = Some(End::Foiled);
                }
            }
        }
    }

    /// No more text comes: what was held back is all of it, and may be a short continuation.
    fn release(&mut self, seam: &mut Seam, out: &mut Vec<u8>) {
        if let Mode::Begin { held } = &self.mode {
            let reading = Reading::of(held.as_bytes(), false);
            self.begin(reading, seam, out);
        }
    }

    /// It is known what was held back.
    fn begin(&mut self, reading: Reading, seam: &mut Seam, out: &mut Vec<u8>) {
        let Mode::Begin { held } = &mut self.mode else { return };
        let held = std::mem::take(held);
        match reading {
            Reading::Continuation => {
                self.mode = Mode::Flow;
                self.tell(&held, seam, out);
            }
            Reading::Repetition => {
                self.mode = Mode::Repeat { at: 0 };
                self.owed.clear();
                self.is_repeated = true;
                self.text(&held, seam, out);
            }
            Reading::Unclear => self.end = Some(End::Foiled),
        }
    }

    /// Tells text, without the white space that the caller has already.
    fn tell(&mut self, text: &str, seam: &mut Seam, out: &mut Vec<u8>) {
        let known = text.chars().zip(self.owed.chars()).take_while(|(new, old)| new == old);
        let known: usize = known.map(|(new, _)| new.len_utf8()).sum();
        let text = &text[known..];
        if text.is_empty() {
            self.owed.drain(..known);
            return;
        }
        self.owed.clear();
        self.say(&Event::Text { choice: 0, text: text.into() }, seam, out);
        seam.text.push_str(text);
    }

    /// What is no text follows it where all of the text was said.
    fn other(&mut self, event: &Event<'_>, seam: &mut Seam, out: &mut Vec<u8>) {
        self.release(seam, out);
        if !self.is_flowing() {
            self.end = Some(End::Foiled);
            return;
        }
        self.is_plain = false;
        self.say(event, seam, out);
    }

    fn say(&mut self, event: &Event<'_>, seam: &mut Seam, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.has_spoken, true) {
            out.append(&mut self.mark);
            let model = self.model.take().map(Into::into);
            seam.encoder.encode(&Event::Start { id: None, model }, out);
        }
        seam.encoder.encode(event, out);
    }
}

#[cfg(test)]
mod tests;
