//! Who imports whom.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, arguments, closing, words};
use super::{Breach, said};

const LAYERS: &[&str] = &[
    "array_stream",
    "buffer",
    "circuit_breaker",
    "cooldown",
    "deadline",
    "degraded_marker",
    "health_routing",
    "keepalive",
    "rescue",
    "resume",
    "retry_budget",
    "schema_normalizer",
    "stream_guard",
    "vitals",
];
/// They put layers together, so they may know them.
const ASSEMBLIES: [&str; 2] = ["stack", "config"];

/// What a dialect would need in order to wait, to be told the time or to reach the world.
const IMPURE: [&str; 16] = [
    "async",
    "await",
    "tokio",
    "tower",
    "tower_layer",
    "tower_service",
    "tower_http",
    "hyper",
    "hyper_util",
    "tracing",
    "Instant",
    "SystemTime",
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
];

type Path = Vec<String>;

/// Module, and an item that it re-exports, to the module that has it.
type ReExports = BTreeMap<Path, Path>;

struct Import {
    to: Path,
    place: String,
}

/// Circles among the modules at the top, and among those of `dialect`.
pub(crate) fn cycles(sources: &[Source]) -> Vec<Breach> {
    let top = graph(sources, |path| path.first().cloned());
    let dialect = graph(sources, |path| match path {
        [first, second, ..] if first == "dialect" => Some(format!("dialect::{second}")),
        _ => None,
    });
    [top, dialect].iter().filter_map(circle).collect()
}

/// Layers that know another layer, and support that knows any.
pub(crate) fn layers(sources: &[Source]) -> Vec<Breach> {
    let re_exports = re_exports(sources);
    let mut breaches = Vec::new();
    for source in sources {
        let Some(from) = source.module.first() else { continue };
        if ASSEMBLIES.contains(&from.as_str()) {
            continue;
        }
        for import in imports(source, &re_exports) {
            let Some(to) = import.to.first().filter(|to| LAYERS.contains(&to.as_str()) && *to != from) else {
                continue;
            };
            breaches.push(Breach {
                place: import.place,
                what: format!("`{from}` imports the layer `{to}`"),
                mend: "layers talk by facts: put what both need into `facts`, `failure` or `body`",
            });
        }
    }
    breaches
}

/// Files of `dialect` that are not pure.
pub(crate) fn impure_dialects(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources.iter().filter(|source| source.module.first().is_some_and(|top| top == "dialect")) {
        for word in IMPURE {
            breaches.extend(words(&source.code, word).map(|at| Breach {
                place: source.place(at),
                what: format!("`{word}` in a dialect"),
                mend: "a dialect is a pure function of bytes: leave waiting, time and I/O to the layer that uses it",
            }));
        }
    }
    breaches
}

/// Node to node, with a place where the one imports the other.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

fn graph(sources: &[Source], node: impl Fn(&[String]) -> Option<String>) -> Graph {
    let re_exports = re_exports(sources);
    let mut graph = Graph::new();
    for source in sources {
        let Some(from) = node(&source.module) else { continue };
        for import in imports(source, &re_exports) {
            if let Some(to) = node(&import.to).filter(|to| *to != from) {
                graph.entry(from.clone()).or_default().entry(to).or_insert(import.place);
            }
        }
    }
    graph
}

fn circle(graph: &Graph) -> Option<Breach> {
    let path = graph.keys().find_map(|start| walk(graph, &mut vec![start], &mut BTreeSet::new()))?;
    let (from, to) = (&path[path.len() - 2], &path[path.len() - 1]);
    Some(Breach {
        place: graph[from][to].clone(),
        what: format!("a circle of imports: {}", path.join(" → ")),
        mend: "move what both sides need below both of them",
    })
}

/// Depth first, until a node of the path comes up again.
fn walk<'a>(graph: &'a Graph, path: &mut Vec<&'a String>, done: &mut BTreeSet<&'a String>) -> Option<Path> {
    let last = *path.last()?;
    for next in graph.get(last).into_iter().flat_map(BTreeMap::keys) {
        if let Some(start) = path.iter().position(|node| *node == next) {
            return Some(path[start..].iter().chain([&next]).map(|node| (*node).clone()).collect());
        }
        if done.insert(next) {
            path.push(next);
            if let Some(found) = walk(graph, path, done) {
                return Some(found);
            }
            path.pop();
        }
    }
    None
}

/// `pub use self::api::Dialect` in `dialect`: whoever names `dialect::Dialect` means `dialect::api`.
fn re_exports(sources: &[Source]) -> ReExports {
    let mut re_exports = ReExports::new();
    for source in sources {
        for (at, path) in paths(source) {
            if is_re_export(&source.code, at) {
                let item = source.module.iter().cloned().chain(path.last().cloned()).collect();
                re_exports.insert(item, path[..path.len() - 1].to_vec());
            }
        }
    }
    re_exports
}

fn imports(source: &Source, re_exports: &ReExports) -> Vec<Import> {
    let imported = paths(source).into_iter().filter(|(at, path)| {
        let is_own = path.starts_with(&source.module);
        !(is_own && is_re_export(&source.code, *at))
    });
    imported.map(|(at, path)| Import { to: resolved(path, re_exports), place: source.place(at) }).collect()
}

/// Follows re-exports: of the path, or of a beginning of it.
fn resolved(path: Path, re_exports: &ReExports) -> Path {
    (1..=path.len()).rev().find_map(|end| re_exports.get(&path[..end])).cloned().unwrap_or(path)
}

fn is_re_export(code: &str, at: usize) -> bool {
    let before = code[..at].trim_end();
    before.ends_with("pub use") || before.ends_with("pub(crate) use") || before.ends_with("pub(super) use")
}

/// Every path of the crate that the code names, from the root, and where.
fn paths(source: &Source) -> Vec<(usize, Path)> {
    let code = &source.code;
    let mut paths = Vec::new();
    for (root, is_absolute) in [("crate", true), ("self", false), ("super", false)] {
        for at in words(code, root).filter(|&at| code[at + root.len()..].starts_with("::")) {
            // `super::super::x` is read from its first `super`.
            if code[..at].ends_with("::") {
                continue;
            }
            let mut base = if is_absolute { Vec::new() } else { source.module.clone() };
            let mut rest = &code[at..];
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            let rest = rest.strip_prefix("crate::").or_else(|| rest.strip_prefix("self::")).unwrap_or(rest);
            tree(&base, rest, &mut |path| paths.push((at, path)));
        }
    }
    paths
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn tree(base: &[String], text: &str, emit: &mut dyn FnMut(Path)) {
    let mut path = base.to_vec();
    let mut rest = text.trim_start();
    loop {
        if rest.starts_with('{') {
            let inner = &rest[1..closing(rest, 0)];
            return arguments(inner).into_iter().for_each(|branch| tree(&path, branch, emit));
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if end > 0 && &rest[..end] != "self" {
            path.push(rest[..end].to_owned());
        }
        match rest[end..].strip_prefix("::") {
            Some(after) if end > 0 => rest = after.trim_start(),
            _ => return emit(path),
        }
    }
}

#[test]
fn a_circle_is_found_through_groups_supers_and_re_exports() {
    let sources = [
        Source::new("src/a/mod.rs", "mod x; pub use self::x::X;"),
        Source::new("src/a/x.rs", "use super::super::{c::Y, d};"),
        Source::new("src/c/mod.rs", "fn f() { crate::a::X::new() }"),
    ];
    assert_eq!(said(&cycles(&sources)), ["a circle of imports: a → c → a"]);
    assert_eq!(cycles(&sources)[0].place, "src/c/mod.rs:1");
    assert!(cycles(&sources[..2]).is_empty());
}

#[test]
fn a_circle_within_dialect_is_found_and_a_re_export_is_none() {
    let api = Source::new("src/dialect/api.rs", "use super::canonical::Event; use super::Invalid;");
    let invalid = Source::new("src/dialect/invalid.rs", "");
    let root = Source::new("src/dialect/mod.rs", "pub use self::{api::Dialect, invalid::Invalid};");
    let good = Source::new("src/dialect/canonical/event.rs", "use super::super::Invalid;");
    let bad = Source::new("src/dialect/canonical/bad.rs", "use crate::dialect::Dialect;");
    let mut sources = vec![api, invalid, root, good];
    assert!(cycles(&sources).is_empty());
    sources.push(bad);
    let expected = "a circle of imports: dialect::api → dialect::canonical → dialect::api";
    assert_eq!(said(&cycles(&sources)), [expected]);
}

#[test]
fn a_layer_that_knows_another_is_found() {
    let sources = [
        Source::new("src/deadline/layer.rs", "use super::service::Deadline; use crate::facts;"),
        Source::new("src/rescue/service.rs", "use crate::{facts, deadline::Elapsed};"),
        Source::new("src/facts/mod.rs", "use super::buffer::Buffer;"),
        Source::new("src/stack/mod.rs", "use crate::rescue::RescueLayer;"),
    ];
    let expected = ["`rescue` imports the layer `deadline`", "`facts` imports the layer `buffer`"];
    assert_eq!(said(&layers(&sources)), expected);
}

#[test]
fn a_dialect_that_waits_or_looks_at_the_clock_is_found() {
    let bad = "use tokio::io; async fn f() { Instant::now(); std::fs::read(x); }";
    let sources = [
        Source::new("src/dialect/x.rs", bad),
        Source::new("src/dialect/good.rs", "use std::time::Duration; fn asynchronous() {}"),
        Source::new("src/client/mod.rs", bad),
    ];
    let expected =
        ["`async` in a dialect", "`tokio` in a dialect", "`Instant` in a dialect", "`std::fs` in a dialect"];
    assert_eq!(said(&impure_dialects(&sources)), expected);
}
