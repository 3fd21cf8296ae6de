use std::error::Error;
use std::fmt;

/// How deep the kinds of what is open are known. Deeper down only brackets and strings are followed.
const KNOWN_DEPTH: u32 = u128::BITS;

/// JSON text in pieces: is it one whole value? Nothing of it is kept, however long it is.
///
/// It takes for JSON what `serde_json` does, to the last escape and digit, up to a depth of 128. What stands deeper is
/// taken for JSON if its brackets close.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arguments {
    state: State,
    /// Of what is open, a bit for each: is it an object?
    objects: u128,
    depth: u32,
    is_key: bool,
    /// What it begins with, as soon as anything but space has come.
    first: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing but space so far.
    #[default]
    Nothing,
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    Text,
    Escape,
    /// So many digits of an escape are to come.
    Hex(u8),
    /// The rest of `true`, `false` or `null`.
    Word(&'static [u8]),
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    Sign,
    Power,
    /// A value is over.
    After,
    Deep,
    DeepText,
    DeepEscape,
    /// No JSON, whatever follows.
    Bad,
}

impl Arguments {
    pub(super) fn follow(&mut self, piece: &str) {
        let mut rest = piece.as_bytes();
        while let Some((byte, more)) = rest.split_first() {
            rest = more;
            self.state = self.next(*byte);
            if self.state == State::Text {
                let is_plain = |byte: &u8| *byte >= b' ' && !matches!(byte, b'"' | b'\\');
                let plain = rest.iter().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
                rest = &rest[plain..];
            }
        }
    }

    /// Nothing was said, which is how some say that there are none.
    pub(super) fn are_none(&self) -> bool {
        self.state == State::Nothing
    }

    /// Are they one JSON value, or none at all?
    pub(super) fn are_sound(&self) -> bool {
        let is_number = matches!(self.state, State::Zero | State::Digits | State::Fraction | State::Power);
        self.are_none() || (self.depth == 0 && (is_number || self.state == State::After))
    }

    /// Is there an object to its last brace, or what some models say in place of one with nothing in it?
    pub(super) fn are_over(&self) -> bool {
        self.depth == 0 && self.state == State::After && matches!(self.first, b'{' | b'n')
    }

    fn next(&mut self, byte: u8) -> State {
        match self.state {
            State::Text | State::Escape | State::Hex(_) => self.in_text(byte),
            State::Deep | State::DeepText | State::DeepEscape => self.deep(byte),
            State::Word([next, rest @ ..]) if *next == byte => {
                if rest.is_empty() {
                    State::After
                } else {
                    State::Word(rest)
                }
            }
            State::Word(_) | State::Bad => State::Bad,
            State::After => self.after(byte),
            State::Minus
            | State::Zero
            | State::Digits
            | State::Point
            | State::Fraction
            | State::Exponent
            | State::Sign
            | State::Power => self.number(byte),
            before if is_space(byte) => before,
            State::Nothing => {
                self.first = byte;
                self.begin(byte)
            }
            State::ValueOrEnd if byte == b']' => self.close(),
            State::KeyOrEnd if byte == b'}' => self.close(),
            State::Value | State::ValueOrEnd => self.begin(byte),
            State::Key | State::KeyOrEnd if byte == b'"' => {
                self.is_key = true;
                State::Text
            }
            State::Colon if byte == b':' => State::Value,
            State::Key | State::KeyOrEnd | State::Colon => State::Bad,
        }
    }

    fn in_text(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Text, b'"') if std::mem::take(&mut self.is_key) => State::Colon,
            (State::Text, b'"') => State::After,
            (State::Text, b'\\') => State::Escape,
            (State::Text, b' '..) => State::Text,
            (State::Escape, b'u') => State::Hex(4),
            (State::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => State::Text,
            (State::Hex(left), digit) if digit.is_ascii_hexdigit() => {
                if left == 1 {
                    State::Text
                } else {
                    State::Hex(left - 1)
                }
            }
            _ => State::Bad,
        }
    }

    fn number(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Minus, b'0') => State::Zero,
            (State::Minus, b'1'..=b'9') | (State::Digits, b'0'..=b'9') => State::Digits,
            (State::Zero | State::Digits, b'.') => State::Point,
            (State::Point | State::Fraction, b'0'..=b'9') => State::Fraction,
            (State::Zero | State::Digits | State::Fraction, b'e' | b'E') => State::Exponent,
            (State::Exponent, b'+' | b'-') => State::Sign,
            (State::Exponent | State::Sign | State::Power, b'0'..=b'9') => State::Power,
            (State::Zero | State::Digits | State::Fraction | State::Power, byte) => self.after(byte),
            _ => State::Bad,
        }
    }

    fn begin(&mut self, byte: u8) -> State {
        match byte {
            b'{' => self.open(true),
            b'[' => self.open(false),
            b'"' => State::Text,
            b'-' => State::Minus,
            b'0' => State::Zero,
            b'1'..=b'9' => State::Digits,
            b't' => State::Word(b"rue"),
            b'f' => State::Word(b"alse"),
            b'n' => State::Word(b"ull"),
            _ => State::Bad,
        }
    }

    fn open(&mut self, is_object: bool) -> State {
        self.depth += 1;
        if self.depth > KNOWN_DEPTH {
            return State::Deep;
        }
        self.objects = self.objects << 1 | u128::from(is_object);
        if is_object { State::KeyOrEnd } else { State::ValueOrEnd }
    }

    fn close(&mut self) -> State {
        self.depth -= 1;
        self.objects >>= 1;
        State::After
    }

    fn after(&mut self, byte: u8) -> State {
        let is_in_object = self.objects & 1 == 1;
        match byte {
            byte if is_space(byte) => State::After,
            _ if self.depth == 0 => State::Bad,
            b',' if is_in_object => State::Key,
            b',' => State::Value,
            b'}' if is_in_object => self.close(),
            b']' if !is_in_object => self.close(),
            _ => State::Bad,
        }
    }

    fn deep(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::DeepEscape, _) => State::DeepText,
            (State::DeepText, b'"') => State::Deep,
            (State::DeepText, b'\\') => State::DeepEscape,
            (State::DeepText, _) => State::DeepText,
            (_, b'"') => State::DeepText,
            (_, b'{' | b'[') => {
                self.depth = self.depth.saturating_add(1);
                State::Deep
            }
            (_, b'}' | b']') => {
                self.depth -= 1;
                if self.depth == 0 { State::After } else { State::Deep }
            }
            _ => State::Deep,
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A tool was called with arguments that are not JSON, though nothing cut the answer off. In the chain of sources of an
/// error it says that the model is at fault for how a stream ended, and not the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a value without parts, named like one")]
pub struct GarbledCall;

impl GarbledCall {
    /// Is it in this error, or in the chain of its sources?
    #[must_use]
    pub fn is_in(error: &(dyn Error + 'static)) -> bool {
        let mut next = Some(error);
        while let Some(error) = next {
            if error.is::<Self>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

impl fmt::Display for GarbledCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer calls a tool with arguments that are not JSON")
    }
}

impl Error for GarbledCall {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;
    use crate::dialect::wordings;

    fn after(pieces: &[&str]) -> Arguments {
        let mut arguments = Arguments::default();
        pieces.iter().for_each(|piece| arguments.follow(piece));
        arguments
    }

    /// JSON, and what is nearly JSON: whole, cut anywhere, with something behind it.
    fn texts() -> impl Strategy<Value = String> {
        let inner = wordings::object(&[("a", wordings::odd()), ("b", wordings::list(wordings::odd()))]);
        let outer = wordings::object(&[("c", inner), ("d", wordings::odd())]);
        let soup = prop::collection::vec("null|true|[{}\\[\\],:\"\\\\/u0-9aeE.+\\- \n\u{1}\u{e4}]", 0..12);
        let text = prop_oneof![outer, wordings::odd(), soup.prop_map(|tokens| tokens.concat())];
        let tail = prop_oneof![4 => Just(""), 1 => Just(" \n"), 1 => Just("}"), 1 => Just("{}")];
        let cut = prop_oneof![Just(None), any::<prop::sample::Index>().prop_map(Some)];
        (text, cut, tail).prop_map(|(text, cut, tail)| {
            let at = cut.map_or(text.len(), |cut| cut.index(text.len() + 1));
            let end = (0..=at).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            format!("{}{tail}", &text[..end])
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]
        #[test]
        fn however_it_is_split_it_is_json_to_the_parser_or_it_is_not(
            text in texts(),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            let is_nothing = text.bytes().all(is_space);
            prop_assert_eq!(after(&[&text]).are_sound(), is_json || is_nothing, "{}", text);

            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            at.retain(|at| text.is_char_boundary(*at));
            at.extend([0, text.len()]);
            at.sort_unstable();
            let pieces: Vec<&str> = at.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
            let [whole, split] = [after(&[&text]), after(&pieces)];
            prop_assert_eq!(whole.are_sound(), split.are_sound(), "{:?}", pieces);
            prop_assert_eq!(whole.are_over(), split.are_over(), "{:?}", pieces);
        }
    }

    #[test]
    fn an_object_is_over_with_its_own_brace_and_null_stands_for_one() {
        let whole = r#" {"a":"}\"{","b":[{},-1.5e+3,true]}"#;
        let mut arguments = Arguments::default();
        for at in 0..whole.len() {
            assert!(!arguments.are_over(), "{at}");
            arguments.follow(&whole[at..=at]);
        }
        assert!(arguments.are_over() && after(&["nu", "ll "]).are_over());
        assert!(!after(&["[1]"]).are_over() && after(&["[1]"]).are_sound());
        assert!(!after(&["{\"a\":", "\"x"]).are_sound() && !after(&["{}", "}"]).are_sound());
    }

    #[test]
    fn none_are_as_good_as_an_empty_object() {
        assert!(after(&[""]).are_none() && after(&["", " \n"]).are_none() && after(&[]).are_sound());
        assert!(!after(&["{"]).are_none());
    }

    #[test]
    fn what_is_too_deep_to_be_known_has_to_close_all_the_same() {
        for depth in [127, 128, 129, 5000] {
            let open = "{\"a\":[".repeat(depth / 2) + &"[".repeat(depth % 2);
            let close = "]".repeat(depth % 2) + &"]}".repeat(depth / 2);
            assert!(after(&[&open, "\"]\\\"\"", &close]).are_over() || depth == 1, "{depth}");
            assert!(!after(&[&open, &close[1..]]).are_sound(), "{depth}");
        }
        assert!(!after(&[&"[".repeat(1 << 20)]).are_sound());
    }
}
