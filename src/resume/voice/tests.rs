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
    assert_whole_in_any_pieces(said, &["The quick brown fox jumps over."], &[STOP, Event::End], "M<er..2>");
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
    assert_whole(Way::Repeat, "ab", &[text("a"), PART_END, text("b"), call(), STOP, Event::End], "M<C.2>");
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
    let source = || Event::Citation { choice: 0, citation: crate::dialect::canonical::Citation::default() };
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
