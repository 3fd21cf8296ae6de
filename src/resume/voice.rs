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
mod tests {
    use super::*;
    use crate::dialect::canonical::Finish;
    use crate::dialect::sse::Frame;
    use crate::dialect::{Decode, Encode, Invalid};
    use crate::failure::{Class, Failure};

    /// Writes the letters of events.
    struct Letters;

    impl Encode for Letters {
        fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
            match event {
                Event::Text { text, .. } => out.extend_from_slice(text.as_bytes()),
                Event::Start { .. } => out.push(b'<'),
                Event::PartEnd { .. } => out.push(b'|'),
                Event::ToolCall { .. } => out.push(b'C'),
                Event::Citation { .. } => out.push(b'S'),
                Event::Refusal { .. } => out.push(b'R'),
                Event::Usage(usage) => out.extend(usage.output.map(|tokens| b'0' + tokens as u8)),
                Event::Finish { .. } => out.push(b'.'),
                _ => out.push(b'?'),
            }
        }

        fn finish(&mut self, out: &mut Vec<u8>) -> bool {
            out.push(b'>');
            true
        }
    }

    impl Decode for Letters {
        fn decode(&mut self, _: &Frame<'_>, _: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
            Ok(())
        }
    }

    const STOP: Event<'static> = Event::Finish { choice: 0, reason: Finish::Stop };
    const PART_END: Event<'static> = Event::PartEnd { choice: 0 };

    fn text(text: &str) -> Event<'_> {
        Event::Text { choice: 0, text: text.into() }
    }

    fn call() -> Event<'static> {
        Event::ToolCall { choice: 0, index: 0, id: "c".into(), name: "f".into() }
    }

    fn refusal() -> Event<'static> {
        Event::Refusal { choice: 0, text: "no".into() }
    }

    /// What is heard after `said`, and how it ends.
    fn heard(way: Way, said: &str, events: &[Event<'_>]) -> (String, Option<End>) {
        let mut seam = Seam::new(said, Letters, || Letters);
        let spent = Usage { output: Some(2), ..Usage::default() };
        let mut voice = Voice::new(way, &seam, spent, b"M".to_vec());
        let mut out = Vec::new();
        for event in events {
            voice.event(event, &mut seam, &mut out);
        }
        (String::from_utf8(out).unwrap(), voice.take_end())
    }

    fn assert_whole(way: Way, said: &str, events: &[Event<'_>], expected: &str) {
        let (heard, end) = heard(way, said, events);
        assert_eq!(heard, expected);
        assert!(matches!(end, Some(End::Whole)), "{end:?}");
    }

    fn assert_foiled(way: Way, said: &str, events: &[Event<'_>]) {
        let (heard, end) = heard(way, said, events);
        assert_eq!(heard, "", "nothing of it is heard");
        assert!(matches!(end, Some(End::Foiled)), "{end:?}");
    }

    /// One letter at a time, and all at once.
    fn assert_whole_in_any_pieces(said: &str, other: &[&str], rest: &[Event<'_>], expected: &str) {
        let all = other.concat();
        let letters: Vec<String> = all.chars().map(String::from).collect();
        let pieces = [
            letters.iter().map(|letter| text(letter)).collect(),
            vec![text(&all)],
            other.iter().map(|piece| text(piece)).collect::<Vec<_>>(),
        ];
        for pieces in pieces {
            let events = [&pieces[..], rest].concat();
            assert_whole(Way::Continue, said, &events, expected);
        }
    }

    #[test]
    fn a_short_answer_that_is_said_again_is_heard_once() {
        let end = [STOP, Event::End];
        assert_whole_in_any_pieces("Paris is nice ", &["Paris is nice ", "and big"], &end, "M<and big.2>");
        assert_whole_in_any_pieces("Paris", &["Paris", " is nice"], &end, "M< is nice.2>");
        // So it begins, and is none.
        assert_whole_in_any_pieces("Paris, ", &["Paradise"], &end, "M<Paradise.2>");
        assert_whole_in_any_pieces("**Paris", &["**"], &end, "M<**.2>");
        assert_whole_in_any_pieces("```\na\n", &["```\n\nSo."], &end, "M<```\n\nSo..2>");
    }

    #[test]
    fn the_words_before_a_call_are_heard_once() {
        let rest = [call(), STOP, Event::End];
        assert_whole_in_any_pieces("Let me see. ", &["Let me", " see. "], &rest, "M<C.2>");
        assert_foiled(Way::Continue, "Let me see. ", &[text("Let me see."), call(), STOP, Event::End]);
    }

    #[test]
    fn of_a_few_letters_nobody_can_tell_whether_they_are_said_again() {
        for said in ["1", "ab", "## "] {
            assert_foiled(Way::Continue, said, &[text(said.trim_end()), text("0, say"), STOP, Event::End]);
        }
        assert_whole(Way::Continue, "1", &[text("20"), STOP, Event::End], "M<20.2>");
    }

    #[test]
    fn a_ruler_goes_on_as_it_began() {
        let end = [STOP, Event::End];
        for unit in ["-", "=-", "═", "| --- "] {
            let ruler = unit.repeat(24);
            let title = format!("{ruler}\nTitle");
            let expected = format!("M<{title}.2>");
            assert_whole_in_any_pieces(&ruler, &[&title], &end, &expected);
            let shorter = format!("{}\nTitle", unit.repeat(20));
            assert_whole_in_any_pieces(&ruler, &[&shorter], &end, &format!("M<{shorter}.2>"));
            let all = unit.repeat(20);
            assert_whole_in_any_pieces(&ruler, &[&all], &end, &format!("M<{all}.2>"));
        }
    }

    #[test]
    fn what_begins_like_the_answer_for_long_and_is_another_is_not_heard() {
        let said = "The quick brown fox jumps ov";
        assert_foiled(Way::Continue, said, &[text("The quick brown fox sleeps."), STOP, Event::End]);
        assert_foiled(Way::Continue, said, &[text("The quick brown fox"), STOP, Event::End]);
        assert_foiled(Way::Continue, said, &[text("The quick brown fox"), call(), STOP, Event::End]);
        assert_whole_in_any_pieces(
            said,
            &["The quick brown fox jumps over."],
            &[STOP, Event::End],
            "M<er..2>",
        );
    }

    #[test]
    fn thoughts_are_not_heard_and_end_no_part_of_the_answer() {
        let thought = Event::Reasoning { choice: 0, text: "hm".into() };
        let events = [thought, PART_END, text("b"), PART_END, STOP, Event::End];
        assert_whole(Way::Continue, "a", &events, "M<b|.2>");
    }

    #[test]
    fn the_cost_is_that_of_all_attempts() {
        let told = |output| Event::Usage(Usage { output: Some(output), ..Usage::default() });
        assert_whole(Way::Continue, "a", &[told(1), text("b"), told(5), STOP, Event::End], "M<b.7>");
    }

    #[test]
    fn a_call_follows_what_was_said_and_not_half_of_it() {
        assert_whole(Way::Continue, "a", &[call(), STOP, Event::End], "M<C.2>");
        assert_whole(
            Way::Repeat,
            "ab",
            &[text("a"), PART_END, text("b"), call(), STOP, Event::End],
            "M<C.2>",
        );
        assert_foiled(Way::Repeat, "ab", &[text("a"), call()]);
        assert_foiled(Way::Repeat, "ab", &[text("a"), STOP]);
    }

    #[test]
    fn who_refuses_from_the_beginning_leaves_it_to_others() {
        assert_foiled(Way::Continue, "a", &[refusal()]);
        assert_whole(Way::Continue, "a", &[text("b"), refusal(), STOP, Event::End], "M<bR.2>");
    }

    #[test]
    fn sources_are_told_only_where_their_places_are_those_of_the_whole_text() {
        let source =
            || Event::Citation { choice: 0, citation: crate::dialect::canonical::Citation::default() };
        assert_whole(Way::Repeat, "a", &[text("ab"), source(), STOP, Event::End], "M<bS.2>");
        assert_whole(Way::Continue, "a", &[text("b"), source(), STOP, Event::End], "M<b.2>");
    }

    #[test]
    fn an_answer_to_which_only_its_end_was_missing_gets_it() {
        assert_whole(Way::Continue, "a", &[STOP, Event::End], "M<.2>");
        assert_whole(Way::Repeat, "a", &[text("a"), STOP, Event::End], "M<.2>");
    }

    #[test]
    fn an_error_in_the_other_stream_is_no_end() {
        let error = Event::Error(Box::new(Failure::new(Class::Overloaded)));
        let (heard, end) = heard(Way::Continue, "a", &[text("b"), error, STOP, Event::End]);
        assert_eq!(heard, "M<b");
        assert!(matches!(end, Some(End::Cut(Some(_)))), "{end:?}");
    }
}
