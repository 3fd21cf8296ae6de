//! Calls of functions: their ids are optional in this API, and mostly absent.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::json;
use super::pieces::Assembled;
use super::wire::FunctionCall;
use crate::dialect::canonical::ToolCall;
use crate::dialect::hash::hash;

/// Where a call stands: the id of the answer, the choice, and how many calls came before in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'o> {
    pub(crate) answer: &'o str,
    pub(crate) choice: u32,
    pub(crate) index: u32,
}

/// Reads a call; one without a name is none.
pub(crate) fn read<'a>(call: FunctionCall<'a>, origin: Origin<'_>) -> Option<ToolCall<'a>> {
    let name = call.name.text()?;
    let arguments = call.args.map_or(Cow::Borrowed("{}"), |args| json::compact(RawValue::get(args)));
    let id = call.id.text().unwrap_or_else(|| Cow::Owned(origin.invented_id(&name, &arguments)));
    Some(ToolCall { id, name, arguments })
}

/// A call that came in pieces.
pub(crate) fn assembled(call: &mut Assembled, origin: Origin<'_>) -> ToolCall<'static> {
    let (name, arguments) = (std::mem::take(&mut call.name), call.arguments());
    let id = call.id.take().unwrap_or_else(|| origin.invented_id(&name, &arguments));
    ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

impl Origin<'_> {
    /// An id made up for a call that came without one, the same whenever it is made up again. An answer without
    /// an id is told from the next by what it calls.
    fn invented_id(&self, name: &str, arguments: &str) -> String {
        let Self { answer, choice, index } = self;
        let seed = match (answer.is_empty(), choice) {
            (false, 0) => format!("{answer}#{index}"),
            (false, _) => format!("{answer}#{choice}.{index}"),
            (true, _) => format!("#{choice}.{index}#{name}#{arguments}"),
        };
        format!("call_{:024x}", hash(&seed) >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_id_is_the_same_again_and_another_for_another_call() {
        let id = |answer, choice, index, name| Origin { answer, choice, index }.invented_id(name, "{}");
        assert_eq!(id("r", 0, 0, "f"), id("r", 0, 0, "f"));
        assert_eq!(id("r", 0, 0, "f").len(), "call_".len() + 24);
        let ids = [
            id("r", 0, 0, "f"),
            id("r", 0, 1, "f"),
            id("r", 1, 0, "f"),
            id("s", 0, 0, "f"),
            id("", 0, 0, "f"),
            id("", 0, 0, "g"),
        ];
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }
}
