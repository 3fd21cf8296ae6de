//! JSON laid out for the eye, with every digit and in the order it was written.

const WIDTH: usize = 118;

/// What fits a line is one.
pub(crate) fn laid_out(json: &str) -> String {
    let mut out = String::new();
    value(json.trim(), 0, &mut out);
    out
}

fn value(json: &str, indent: usize, out: &mut String) {
    let is_list = json.starts_with(['{', '[']);
    if !is_list || indent + json.len() <= WIDTH {
        return out.push_str(json);
    }
    let inner = &json[1..json.len() - 1];
    out.push_str(&json[..1]);
    for (index, item) in items(inner).into_iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.extend(std::iter::repeat_n(' ', indent + 2));
        // A member of an object keeps its name before it.
        let start = item.find(['{', '[']).filter(|start| item[..*start].ends_with("\":")).unwrap_or(0);
        out.push_str(&item[..start]);
        value(&item[start..], indent + 2, out);
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(&json[json.len() - 1..]);
}

/// What stands between the commas of one level.
fn items(inner: &str) -> Vec<&str> {
    let (mut items, mut from, mut depth, mut in_text, mut is_escaped) = (Vec::new(), 0, 0, false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => {
                items.push(inner[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(inner[from..].trim());
    items
}
