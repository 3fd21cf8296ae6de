use crate::dialect::quoted::quoted;
use crate::dialect::slots::Slots;

/// Longer lists and deeper nesting than these are no arguments; nor are more items left out, of all lists.
const MOST_ITEMS: usize = 4096;
const MOST_STEPS: usize = 64;

/// Arguments, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Tree {
    root: Fields,
    /// How many items were left out.
    gaps: usize,
}

/// The fields of an object.
#[derive(Debug, Default)]
struct Fields {
    list: Vec<(String, Node)>,
    slots: Slots<String>,
}

#[derive(Debug)]
enum Node {
    Object(Fields),
    List(Vec<Node>),
    Text(String),
    /// A number, a flag or nothing, as it was written.
    Json(String),
}

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl Tree {
    /// Sets the value at `path`. Returns `false` where there is no such place.
    pub(super) fn set(&mut self, path: &str, json: &str) -> bool {
        self.node(path, || Node::Json(json.to_owned()))
            .map(|node| *node = Node::Json(json.to_owned()))
            .is_some()
    }

    /// Appends to the text at `path`. Returns `false` where there is no such place, or no text.
    pub(super) fn append(&mut self, path: &str, text: &str) -> bool {
        match self.node(path, || Node::Text(String::new())) {
            Some(Node::Text(said)) => said.push_str(text),
            _ => return false,
        }
        true
    }

    fn node(&mut self, path: &str, leaf: impl FnOnce() -> Node) -> Option<&mut Node> {
        let steps = steps(path)?;
        let Some((Step::Key(first), rest)) = steps.split_first() else { return None };
        let empty = |next: Option<&Step>| match next {
            Some(Step::Key(_)) => Some(Node::Object(Fields::default())),
            Some(Step::Index(_)) => Some(Node::List(Vec::new())),
            None => None,
        };
        let mut leaf = Some(leaf);
        let mut fresh = |next| empty(next).or_else(|| Some(leaf.take()?()));
        let mut node = field(&mut self.root, first, || fresh(rest.first()))?;
        for (at, step) in rest.iter().enumerate() {
            let new = || fresh(rest.get(at + 1));
            node = match (node, step) {
                (Node::Object(fields), Step::Key(key)) => field(fields, key, new)?,
                (Node::List(items), Step::Index(index)) => item(items, *index, &mut self.gaps, new)?,
                _ => return None,
            };
        }
        Some(node)
    }

    pub(super) fn to_json(&self) -> String {
        let mut out = Vec::new();
        write_fields(&mut out, &self.root);
        // Only strings and JSON are written.
        String::from_utf8(out).unwrap_or_default()
    }
}

fn field<'t>(fields: &'t mut Fields, key: &str, new: impl FnOnce() -> Option<Node>) -> Option<&'t mut Node> {
    let slot = match fields.slots.get(key) {
        Some(slot) => slot,
        None => {
            let slot = fields.list.len();
            fields.list.push((key.to_owned(), new()?));
            fields.slots.insert(key.to_owned(), slot);
            slot
        }
    };
    fields.list.get_mut(slot).map(|(_, node)| node)
}

/// Items come in order; one that was left out is `null`.
fn item<'t>(
    items: &'t mut Vec<Node>,
    index: usize,
    gaps: &mut usize,
    new: impl FnOnce() -> Option<Node>,
) -> Option<&'t mut Node> {
    if index >= items.len() {
        if index >= MOST_ITEMS {
            return None;
        }
        *gaps += index - items.len();
        if *gaps > MOST_ITEMS {
            return None;
        }
        items.resize_with(index, || Node::Json("null".to_owned()));
        items.push(new()?);
    }
    items.get_mut(index)
}

/// `$.name`, `['name']` and `[0]`, one after the other.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            (Step::Key(after[..end].to_owned()), &after[end..])
        } else {
            bracket(rest.strip_prefix('[')?)?
        };
        steps.push(step);
        if steps.len() > MOST_STEPS {
            return None;
        }
    }
    Some(steps)
}

/// What stands in brackets, from behind the first.
fn bracket(rest: &str) -> Option<(Step, &str)> {
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        let (index, rest) = rest.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    };
    let (mut key, mut is_escaped) = (String::new(), false);
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if std::mem::take(&mut is_escaped) => key.push(c),
            '\\' => is_escaped = true,
            c if c == quote => return Some((Step::Key(key), rest[at + 1..].strip_prefix(']')?)),
            c => key.push(c),
        }
    }
    None
}

fn write(out: &mut Vec<u8>, node: &Node) {
    match node {
        Node::Object(fields) => write_fields(out, fields),
        Node::Text(text) => quoted(out, text),
        Node::Json(json) => out.extend_from_slice(json.as_bytes()),
        Node::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        }
    }
}

fn write_fields(out: &mut Vec<u8>, fields: &Fields) {
    out.push(b'{');
    for (index, (key, node)) in fields.list.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        quoted(out, key);
        out.push(b':');
        write(out, node);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_their_paths_say_in_the_order_they_came() {
        let mut tree = Tree::default();
        assert!(tree.append("$.to", "a\"b"));
        assert!(tree.append("$.to", "c"));
        assert!(tree.set("$.list[0].n", "1.50"));
        assert!(tree.append("$.list[1]['x.y']", ""));
        assert!(tree.set("$[\"it's\"]", "true"));
        assert_eq!(tree.to_json(), r#"{"to":"a\"bc","list":[{"n":1.50},{"x.y":""}],"it's":true}"#);
    }

    #[test]
    fn a_path_without_a_place_is_refused() {
        let mut tree = Tree::default();
        assert!(tree.append("$.a", "x"));
        let deep = format!("${}", ".a".repeat(MOST_STEPS + 1));
        for path in
            ["", "$", "a", "$[0]", "$.a.b", "$.a[0]", "$.b[4096]", "$.b[-1]", "$.b['c", "$.b['c'x", &deep]
        {
            assert!(!tree.set(path, "1"), "{path}");
        }
        assert!(!tree.append("$.b[0", "x"));
    }

    #[test]
    fn what_is_left_out_is_bounded_in_all_lists_together() {
        let mut tree = Tree::default();
        assert!(tree.set("$.a[3000]", "1") && !tree.set("$.b[3000]", "1"));
    }
}
