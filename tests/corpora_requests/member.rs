//! All that a member's request says, of which every caller's word takes its own.

use std::collections::HashMap;

use serde_json::Value;

use crate::additions;
use crate::audit::{Pair, short};
use crate::choice::is_of_choice;
use crate::leaves::leaves;
use crate::senses::{Said, said};

pub(crate) struct Member {
    leaves: Vec<Held>,
    /// Leaves, or pieces of them, by what they say, not taken yet.
    free: HashMap<(String, String), Vec<usize>>,
}

/// One leaf of the member's request.
struct Held {
    path: String,
    sense: String,
    /// Prose of which nothing has been taken yet.
    text: Option<String>,
    value: String,
    is_taken: bool,
}

impl Member {
    pub(crate) fn of(dialect: &str, body: &Value) -> Self {
        let mut this = Self { leaves: Vec::new(), free: HashMap::new() };
        for leaf in leaves(body).into_iter().filter(|leaf| !is_of_choice(&leaf.path)) {
            let Said { sense, value, is_prose, pieces } = said(dialect, body, &leaf);
            let index = this.leaves.len();
            let whole = (sense.clone(), value.clone());
            for piece in pieces.into_iter().chain([whole]) {
                this.free.entry(piece).or_default().push(index);
            }
            let text = is_prose.then(|| value.clone());
            this.leaves.push(Held { path: leaf.path, sense, text, value, is_taken: false });
        }
        this
    }

    /// Takes what says just that, whole or in pieces.
    pub(crate) fn takes(&mut self, said: &Said) -> bool {
        if self.take((&said.sense, &said.value)) {
            return true;
        }
        let are_there =
            said.pieces.iter().all(|piece| self.free.get(piece).is_some_and(|free| !free.is_empty()));
        are_there
            && !said.pieces.is_empty()
            && said.pieces.iter().all(|(sense, value)| self.take((sense, value)))
    }

    fn take(&mut self, (sense, value): (&str, &str)) -> bool {
        let key = (sense.to_owned(), value.to_owned());
        let Some(index) = self.free.get_mut(&key).and_then(Vec::pop) else { return false };
        let held = &mut self.leaves[index];
        held.is_taken = true;
        if let Some(text) = &mut held.text {
            *text = text.replacen(value, "\u{0}", 1);
        }
        true
    }

    /// Takes prose out of longer prose of the same speaker's: one text may hold several that were apart.
    pub(crate) fn holds(&mut self, said: &Said) -> bool {
        let words = said.value.trim_end();
        // The title of a document that is text stands above it.
        let is_title = said.sense == "title";
        if !(said.is_prose || is_title) || words.is_empty() {
            return false;
        }
        let is_it = |held: &&mut Held| {
            let is_place = held.sense == said.sense || (is_title && held.sense.starts_with("text "));
            is_place && held.text.as_ref().is_some_and(|text| text.contains(words))
        };
        let Some(held) = self.leaves.iter_mut().find(is_it) else { return false };
        held.text = held.text.as_ref().map(|text| text.replacen(words, "\u{0}", 1));
        held.is_taken = true;
        true
    }

    /// What nobody has taken, and is no addition that is known. What is about the same as something that the
    /// ledger names is what became of that; and a caller may be repeated.
    pub(crate) fn left(
        &self,
        pair: Pair<'_>,
        asked: &[Said],
        named: &[Said],
    ) -> impl Iterator<Item = (String, String)> {
        let left = self.leaves.iter().filter(|held| !held.is_taken);
        let is_made = |held: &&Held| {
            let is_same = |said: &&Said| about(&said.sense) == about(&held.sense);
            named.iter().any(|said| is_same(&said))
                || (about(&held.sense) == "thinking" && asked.iter().any(|said| is_same(&said)))
        };
        let is_repeated = |held: &&Held| {
            let is_same = |said: &Said| said.sense == held.sense && said.value == held.value;
            asked.iter().chain(named).any(is_same)
        };
        let left = left.filter(|held| !is_made(held) && !is_repeated(held));
        let left = left.filter(|held| !additions::is_known(pair, &held.path, &held.value));
        left.map(|held| (held.path.clone(), short(&held.value))).collect::<Vec<_>>().into_iter()
    }
}

/// What a sense is about, whoever says it, and wherever in a schema it stands.
fn about(sense: &str) -> &str {
    match sense.split_once(' ') {
        Some(("schema", _)) => "schema",
        Some(("text", _)) => "text",
        // One word for it stands for another.
        _ if matches!(sense, "effort" | "budget" | "thinking" | "includethoughts") => "thinking",
        _ => sense,
    }
}
