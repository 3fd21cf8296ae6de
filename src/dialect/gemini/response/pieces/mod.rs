//! Calls whose arguments come in pieces: `partialArgs`, each with the path it belongs at.
//!
//! A caller can ask for that (`streamFunctionCallArguments`), and the API then tells a call over several chunks:
//! its name, then values, or more of one, and at last a call with nothing in it. No other dialect tells arguments
//! by their paths, so they are put together first.

mod tree;

use self::tree::Tree;
use super::wire::{self, FunctionCall, Leaf, Raw};
use crate::dialect::canonical::Text;
use crate::dialect::surrogates::mended;

/// The most that is held of a call's arguments, in bytes.
const MOST: usize = 1024 * 1024;

/// One piece of the arguments.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Piece<'a> {
    #[serde(borrow, alias = "json_path")]
    json_path: Leaf<'a>,
    #[serde(borrow, alias = "string_value")]
    string_value: Leaf<'a>,
    #[serde(borrow, alias = "number_value")]
    number_value: Raw<'a>,
    #[serde(borrow, alias = "bool_value")]
    bool_value: Raw<'a>,
    #[serde(borrow, alias = "null_value")]
    null_value: Raw<'a>,
}

/// The call that is being put together, if one is.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    open: Option<Assembled>,
}

/// A call, as far as it has come.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) seal: Option<String>,
    arguments: Tree,
    bytes: usize,
    /// What stands in for arguments that are not whole: the path of a piece that has no place, or what there is.
    odd: Option<String>,
}

/// What became of a part that is a call.
#[derive(Debug)]
pub(crate) enum Taken<'a> {
    /// It is a call by itself.
    Whole(FunctionCall<'a>, Option<Text<'a>>),
    /// More is to come.
    Held,
    /// It was the last piece.
    Done(Assembled),
}

impl Pieces {
    /// Takes a call, or a piece of one. A name begins the next.
    pub(crate) fn take<'a>(&mut self, call: FunctionCall<'a>, seal: Option<Text<'a>>) -> Taken<'a> {
        let goes_on = call.will_continue.is_true();
        let begins = call.name.as_text().is_some();
        if (begins && !goes_on && call.partial_args.is_none()) || (!begins && self.open.is_none()) {
            return Taken::Whole(call, seal);
        }
        if begins {
            self.open = Some(Assembled::default());
        }
        let Some(open) = &mut self.open else { return Taken::Held };
        open.name.push_str(&call.name.text().unwrap_or_default());
        open.id = open.id.take().or_else(|| call.id.text().map(Text::into_owned));
        open.seal = open.seal.take().or_else(|| seal.map(Text::into_owned));
        let mended = || call.partial_args.and_then(|json| mended(json.get().as_bytes()));
        match wire::read::<Vec<Piece<'_>>>(call.partial_args) {
            Some(pieces) => pieces.into_iter().for_each(|piece| open.add(piece)),
            // A text that is cut into pieces may be cut within a character.
            None => mended().iter().for_each(|json| {
                let pieces: Vec<Piece<'_>> = serde_json::from_slice(json).unwrap_or_default();
                pieces.into_iter().for_each(|piece| open.add(piece));
            }),
        }
        match goes_on {
            true => Taken::Held,
            false => self.open.take().map_or(Taken::Held, Taken::Done),
        }
    }

    /// The call whose last piece never came: cut off, and so are its arguments.
    pub(crate) fn rest(&mut self) -> Option<Assembled> {
        let mut rest = self.open.take()?;
        let mut json = rest.arguments.to_json();
        json.pop();
        rest.odd.get_or_insert(json);
        Some(rest)
    }
}

impl Assembled {
    fn add(&mut self, piece: Piece<'_>) {
        let path = piece.json_path.text().unwrap_or_default();
        let text = piece.string_value.string();
        let value = [piece.number_value, piece.bool_value].into_iter().flatten().next();
        let value = value.map(|value| value.get()).or_else(|| piece.null_value.map(|_| "null"));
        self.bytes += path.len() + text.as_ref().map_or(0, |text| text.len()) + value.map_or(0, str::len);
        let is_set = self.bytes <= MOST
            && match (text, value) {
                (Some(text), _) => self.arguments.append(&path, &text),
                (None, Some(json)) => self.arguments.set(&path, json),
                (None, None) => true,
            };
        if !is_set && self.odd.is_none() {
            self.odd = Some(path.chars().take(64).collect());
        }
    }

    /// The arguments as JSON; no JSON where the pieces do not fit together, so that nobody calls with half of them.
    pub(crate) fn arguments(&self) -> String {
        match &self.odd {
            Some(odd) => odd.clone(),
            None => self.arguments.to_json(),
        }
    }
}
