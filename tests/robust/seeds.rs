//! Valid requests, answers, streams and errors of every dialect, to begin from.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use tower_failover::dialect::{AnyDialect, Dialect};

use crate::json::Json;

#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) dialect: AnyDialect,
    pub(crate) name: String,
    pub(crate) text: String,
}

/// The names of fields in the seeds of a dialect, those of lists among them, and what else is written there.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) fields: Vec<String>,
    pub(crate) texts: Vec<String>,
    pub(crate) lists: Vec<String>,
}

static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(|| {
    let mut seeds = Vec::new();
    for (dialect, folder) in
        AnyDialect::ALL.iter().flat_map(|dialect| [(*dialect, "golden"), (*dialect, "data")])
    {
        let folder = Path::new("tests").join(folder).join(dialect.name().replace('-', "_"));
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".out") {
                seeds.push(Seed { dialect, name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    seeds.sort_by(|one, other| one.name.cmp(&other.name));
    seeds
});

static WORDS: LazyLock<Vec<Words>> = LazyLock::new(|| {
    let words = |dialect: &AnyDialect| {
        let mut words = Words::default();
        for seed in SEEDS.iter().filter(|seed| seed.dialect == *dialect) {
            let values = seed.text.lines().filter_map(|line| line.strip_prefix("data:")).chain([&*seed.text]);
            for value in values.filter_map(Json::parse) {
                value.words(&mut words);
            }
        }
        for list in [&mut words.fields, &mut words.texts, &mut words.lists] {
            list.sort_unstable();
            list.dedup();
        }
        words
    };
    AnyDialect::ALL.iter().map(words).collect()
});

pub(crate) fn words(dialect: AnyDialect) -> &'static Words {
    let index = AnyDialect::ALL.iter().position(|known| *known == dialect).unwrap();
    &WORDS[index]
}

/// All of one kind: `request`, `answer`, `error` or `.sse`.
pub(crate) fn all(kind: &str) -> Vec<&'static Seed> {
    let is_one = |seed: &&Seed| seed.name.starts_with(kind) || seed.name.ends_with(kind);
    let seeds: Vec<_> = SEEDS.iter().filter(is_one).collect();
    assert!(seeds.len() >= 5, "no {kind}");
    seeds
}

pub(crate) fn any(kind: &str) -> impl Strategy<Value = &'static Seed> {
    prop::sample::select(all(kind))
}
