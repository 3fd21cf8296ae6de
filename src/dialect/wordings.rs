//! JSON in any wording, for tests of what reads it by hand.

use proptest::prelude::*;

/// Values that stand where another was meant; some are no JSON.
const ODD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "7",
    "-1",
    "-0",
    "1.5",
    "2e1",
    "1E+2",
    "4294967296",
    "18446744073709551616",
    "01",
    "1.",
    "-",
    "+1",
    ".5",
    "1e",
    "nul",
    "True",
    r#""""#,
    r#""a""#,
    r#""\u00e4\n\"""#,
    r#""ü🦀""#,
    r#""\ud800""#,
    r#""\ud83e\udd80""#,
    r#""\q""#,
    r#""\u12g4""#,
    "\"\t\"",
    "\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    "[1,]",
    "[1 2]",
    "[null,[\"x\",{\"y\":0}]]",
    r#"{"a":1,"a":2}"#,
    r#"{"a"}"#,
    r#"{"a":}"#,
    r#"{"a":1,}"#,
    "",
    "'a'",
    "\u{a0}null",
];

pub(super) fn odd() -> BoxedStrategy<String> {
    prop::sample::select(ODD).prop_map(str::to_owned).boxed()
}

/// One of these.
pub(super) fn any_of(values: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(values).prop_map(str::to_owned).boxed()
}

/// An object of most of these fields: in any order, with any spaces, now and then one twice, one of an odd value, one
/// whose name has escapes, one that nobody knows.
pub(super) fn object(fields: &[(&'static str, BoxedStrategy<String>)]) -> BoxedStrategy<String> {
    let member = |(name, value): &(&'static str, BoxedStrategy<String>)| {
        let plain = format!("\"{name}\"");
        let escaped = format!("\"\\u00{:02x}{}\"", name.as_bytes()[0], &name[1..]);
        let name = prop_oneof![200 => Just(plain), 1 => Just(escaped)];
        let value = prop_oneof![150 => value.clone(), 1 => odd()];
        (name, space(), value)
            .prop_map(|(name, space, value)| format!("{name}{space}:{space}{value}"))
            .boxed()
    };
    let each: Vec<_> = fields.iter().map(|field| prop::option::weighted(0.9, member(field))).collect();
    let any = prop::strategy::Union::new(fields.iter().map(member));
    let unknown = ("\"(x|obfuscation|\u{e4}|\\\\n|\\\\ud800)\"", odd())
        .prop_map(|(name, value)| format!("{name}:{value}"));
    let more = prop_oneof![20 => Just(None), 1 => unknown.prop_map(Some), 1 => any.prop_map(Some)];
    (each, more, space())
        .prop_flat_map(|(each, more, space)| {
            let members: Vec<String> = each.into_iter().chain([more]).flatten().collect();
            (Just(members).prop_shuffle(), Just(space))
        })
        .prop_map(|(members, space)| {
            format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
        })
        .boxed()
}

/// A list of up to so many of these, mostly of one.
pub(super) fn list(item: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let several = prop::collection::vec(item.clone(), 0..3);
    prop_oneof![8 => item.prop_map(|item| vec![item]), 1 => several]
        .prop_map(|items| format!("[{}]", items.join(" ,")))
        .boxed()
}

fn space() -> BoxedStrategy<&'static str> {
    prop_oneof![4 => Just(""), 1 => prop::sample::select(&[" ", "\n\t", "\r "][..])].boxed()
}
