use super::section::Section;
use super::value::{self, Value};
use crate::dialect::canonical::Effort;
use crate::dialect::{Capabilities, Changes, Models, Sampling, Thinking};

/// Every effort, from the least.
const EFFORTS: [Effort; 7] =
    [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::XHigh, Effort::Max];

/// Reads `[models."PATTERN"]`, in the order of the file.
pub(super) fn read(section: Option<Section<'_>>) -> Models {
    let tables = section.into_iter().flat_map(Section::tables);
    tables.fold(Models::new(), |models, (pattern, section)| models.with(pattern, changes(section)))
}

fn changes(mut section: Section<'_>) -> Changes {
    let mut changes = Changes::default();
    let numbers = [
        ("context", &mut changes.context),
        ("max_output", &mut changes.max_output),
        ("least_budget", &mut changes.least_budget),
        ("most_budget", &mut changes.most_budget),
    ];
    for (key, slot) in numbers {
        *slot = section.read(key, tokens);
    }
    let flags = [
        ("stop", &mut changes.stop),
        ("disables_thinking", &mut changes.disables_thinking),
        ("effort_with_tools", &mut changes.effort_with_tools),
        ("tools", &mut changes.tools),
        ("forced_tool", &mut changes.forced_tool),
        ("prefill", &mut changes.prefill),
        ("structured", &mut changes.structured),
        ("developer", &mut changes.developer),
        ("images", &mut changes.images),
        ("documents", &mut changes.documents),
        ("audio", &mut changes.audio),
    ];
    for (key, slot) in flags {
        *slot = section.read(key, value::flag);
    }
    changes.like = section.read("like", like);
    changes.sampling = section.read("sampling", |value| value::choice(value, &SAMPLING));
    changes.thinking = section.read("thinking", |value| value::choice(value, &THINKING));
    changes.efforts = section.read("efforts", efforts);
    changes.version = section.read("version", |value| value::choice(value, &VERSIONS));
    section.close();
    changes
}

const SAMPLING: [(&str, Sampling); 4] = [
    ("taken", Sampling::Taken),
    ("one-of", Sampling::OneOf),
    ("without-thought", Sampling::WithoutThought),
    ("refused", Sampling::Refused),
];

const THINKING: [(&str, Thinking); 4] = [
    ("never", Thinking::Never),
    ("budget", Thinking::Budget),
    ("effort", Thinking::Effort),
    ("both", Thinking::Both),
];

/// Of Anthropic's API: the only one with more than one.
const VERSIONS: [(&str, &str); 2] = [("2023-06-01", "2023-06-01"), ("2026-10-21", "2026-10-21")];

fn like(value: &Value<'_>) -> Result<String, String> {
    let name = value::text(value)?;
    if Capabilities::of(name).is_known {
        return Ok(name.to_owned());
    }
    Err(format!(
        "is `{name}`, of which nothing is built in; name a model that is, as \"gpt-4o\", or leave it out"
    ))
}

fn tokens(value: &Value<'_>) -> Result<u64, String> {
    value::count(value).map(u64::from)
}

fn efforts(value: &Value<'_>) -> Result<&'static [Effort], String> {
    let words = EFFORTS.map(|effort| (effort.as_str(), effort));
    let Some(list) = value.as_array() else {
        return Err(format!("must be a list as [\"low\", \"high\"], not {}", value::kind(value)));
    };
    let mut wanted = 0;
    for item in list {
        let effort = value::choice(item.get_ref(), &words)?;
        wanted |= 1 << EFFORTS.iter().position(|each| *each == effort).unwrap_or_default();
    }
    let (efforts, count) = &SUBSETS[wanted];
    Ok(&efforts[..*count])
}

/// Every choice among the efforts, so that one read from a file is as static as one in the table.
static SUBSETS: [([Effort; 7], usize); 1 << 7] = {
    let mut subsets = [([Effort::None; 7], 0); 1 << 7];
    let mut wanted = 0;
    while wanted < subsets.len() {
        let mut index = 0;
        while index < EFFORTS.len() {
            if wanted & (1 << index) != 0 {
                let (efforts, count) = &mut subsets[wanted];
                efforts[*count] = EFFORTS[index];
                *count += 1;
            }
            index += 1;
        }
        wanted += 1;
    }
    subsets
};
