//! Whole inputs.

use proptest::prelude::*;
use proptest::sample::Index;
use tower_failover::dialect::AnyDialect;

use crate::any_dialect;
use crate::json::Json;
use crate::mutate::{changed, changes, cut, cuts};
use crate::seeds::{self, words};

/// Bytes that somebody says are of this dialect.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) dialect: AnyDialect,
    pub(crate) bytes: Vec<u8>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.dialect, self.bytes.escape_ascii())
    }
}

/// Noise, the dialect's own words at random, and what was valid before it was changed.
pub(crate) fn any_json(kind: &'static str) -> impl Strategy<Value = Input> {
    let noise = (any_dialect(), prop::collection::vec(any::<u8>(), 0..200));
    let changed = (seeds::any(kind), changes(6), cuts(2)).prop_map(|(seed, changes, cuts)| {
        let mut value = Json::parse(&seed.text).unwrap();
        changed(seed.dialect, &mut value, &changes);
        let mut bytes = value.to_string().into_bytes();
        // Most stay JSON: else only the reader of JSON is tried.
        cut(&mut bytes, if cuts.len() == 2 { &cuts } else { &[] });
        Input { dialect: seed.dialect, bytes }
    });
    let broken = (seeds::any(kind), cuts(4)).prop_map(|(seed, cuts)| {
        let mut bytes = seed.text.clone().into_bytes();
        cut(&mut bytes, &cuts);
        Input { dialect: seed.dialect, bytes }
    });
    prop_oneof![
        1 => noise.prop_map(|(dialect, bytes)| Input { dialect, bytes }),
        4 => worded(),
        12 => changed,
        3 => broken,
    ]
}

/// JSON out of the dialect's own words, each where it may not belong.
pub(crate) fn worded() -> impl Strategy<Value = Input> {
    #[derive(Clone, Debug)]
    enum Shape {
        Text(Index),
        List(Vec<Shape>),
        Object(Vec<(Index, Shape)>),
    }
    fn json(shape: &Shape, dialect: AnyDialect) -> Json {
        let words = words(dialect);
        match shape {
            Shape::Text(index) => Json::Text(index.get(&words.texts).clone()),
            Shape::List(items) => Json::List(items.iter().map(|item| json(item, dialect)).collect()),
            Shape::Object(fields) => {
                let field =
                    |(name, value): &(Index, Shape)| (name.get(&words.fields).clone(), json(value, dialect));
                Json::Object(fields.iter().map(field).collect())
            }
        }
    }
    let leaf = any::<Index>().prop_map(Shape::Text);
    let shape = leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Shape::List),
            3 => prop::collection::vec((any::<Index>(), inner), 0..6).prop_map(Shape::Object),
        ]
    });
    (any_dialect(), shape)
        .prop_map(|(dialect, shape)| Input { dialect, bytes: json(&shape, dialect).to_string().into_bytes() })
}

/// What is done to the frames of a stream.
#[derive(Clone, Debug)]
enum Frames {
    Keep,
    Swap(Index, Index),
    Again(Index, Index),
    Remove(Index),
    /// One of another stream of the dialect.
    Foreign(Index, Index),
}

pub(crate) fn any_stream() -> impl Strategy<Value = Input> {
    let place = any::<Index>;
    let order = prop_oneof![
        2 => Just(Frames::Keep),
        2 => (place(), place()).prop_map(|(one, other)| Frames::Swap(one, other)),
        2 => (place(), place()).prop_map(|(from, to)| Frames::Again(from, to)),
        2 => place().prop_map(Frames::Remove),
        2 => (place(), place()).prop_map(|(from, to)| Frames::Foreign(from, to)),
    ];
    let order = prop::collection::vec(order, 0..4);
    let data = prop::collection::vec((place(), changes(3)), 0..4);
    let made = (seeds::any(".sse"), order, data, cuts(1)).prop_map(|(seed, order, data, cuts)| {
        let mut frames = split(&seed.text);
        let all: String = seeds::all(".sse")
            .iter()
            .filter(|other| other.dialect == seed.dialect)
            .map(|other| &*other.text)
            .collect();
        let all = split(&all);
        for order in order {
            shuffle(&mut frames, &all, &order);
        }
        for (at, changes) in data {
            let length = frames.len().max(1);
            if let Some(frame) = frames.get_mut(at.index(length)) {
                change_data(seed.dialect, frame, &changes);
            }
        }
        let mut bytes = frames.concat().into_bytes();
        cut(&mut bytes, &cuts);
        Input { dialect: seed.dialect, bytes }
    });
    let worded = (any_dialect(), prop::collection::vec(worded(), 0..4)).prop_map(|(dialect, values)| {
        let frame = |value: Input| [b"data: ", &value.bytes[..], b"\n\n"].concat();
        Input { dialect, bytes: values.into_iter().flat_map(frame).collect() }
    });
    let noise = (any_dialect(), prop::collection::vec(any::<u8>(), 0..200))
        .prop_map(|(dialect, bytes)| Input { dialect, bytes });
    prop_oneof![20 => made, 2 => worded, 1 => noise]
}

fn split(stream: &str) -> Vec<String> {
    stream.replace("\r\n", "\n").split_inclusive("\n\n").map(str::to_owned).collect()
}

fn shuffle(frames: &mut Vec<String>, all: &[String], order: &Frames) {
    let length = frames.len();
    if length == 0 {
        return;
    }
    match order {
        Frames::Keep => {}
        Frames::Swap(one, other) => frames.swap(one.index(length), other.index(length)),
        Frames::Again(from, to) => frames.insert(to.index(length + 1), frames[from.index(length)].clone()),
        Frames::Remove(at) => drop(frames.remove(at.index(length))),
        Frames::Foreign(from, to) => frames.insert(to.index(length + 1), from.get(all).clone()),
    }
}

fn change_data(dialect: AnyDialect, frame: &mut String, changes: &[crate::mutate::Change]) {
    let Some((head, data)) = frame.split_once("data: ") else { return };
    if let Some(mut value) = Json::parse(data) {
        changed(dialect, &mut value, changes);
        *frame = format!("{head}data: {value}\n\n");
    }
}
