//! What an error says, and what of it the provider says: errors quote the request they complain of.

use http::StatusCode;

use crate::failure::{Class, Report, class_of_status};

/// An error, as rules read it.
pub(super) struct Said<'a> {
    pub(super) status: Option<StatusCode>,
    pub(super) report: &'a Report,
    /// The message in lower case.
    pub(super) words: String,
    /// The same without what it quotes, which may be the caller's.
    pub(super) own_words: String,
}

/// Statuses under which a request is refused for what is in it, so that most of what is quoted is the caller's.
const OF_REQUESTS: [u16; 3] = [400, 413, 422];
/// And these are said of what a request names, too.
const OF_NAMES: [u16; 3] = [403, 404, 424];

/// Where a validator begins to repeat what it was given.
const REPEATS: [&str; 2] = ["input_value=", "input="];

/// Fields of requests, by which complaints about them begin: `tools.0.name: …`.
const FIELDS: [&str; 16] = [
    "messages",
    "tools",
    "tool_choice",
    "system",
    "input",
    "instructions",
    "metadata",
    "response_format",
    "output_config",
    "output_format",
    "thinking",
    "mcp_servers",
    "container",
    "contents",
    "generation_config",
    "generatecontentrequest",
];

/// Codes that say what is wrong with a field.
const OF_FIELDS: [&str; 10] = [
    "invalid_value",
    "invalid_type",
    "invalid_json",
    "invalid_json_schema",
    "invalid_function_parameters",
    "invalid_parameter_error",
    "missing_required_parameter",
    "unknown_parameter",
    "empty_array",
    "empty_string",
];
/// And how others begin: `unsupported_value`, `string_above_max_length`.
const OF_FIELDS_BEGIN: [&str; 6] = ["unsupported_", "string_", "array_", "integer_", "decimal_", "object_"];

impl<'a> Said<'a> {
    pub(super) fn new(status: Option<StatusCode>, report: &'a Report) -> Self {
        let words = report.message.to_ascii_lowercase();
        let is_of_request = status.is_some_and(|status| OF_REQUESTS.contains(&status.as_u16()));
        let own_words = own(passed_on(&words).unwrap_or(&words), is_of_request);
        Self { status, report, words, own_words }
    }

    /// Is it about a field of the request, and so about nobody but the caller? The model is a matter of ours.
    pub(super) fn is_of_a_field(&self) -> bool {
        let may_be = |status: StatusCode| {
            OF_REQUESTS.contains(&status.as_u16()) || OF_NAMES.contains(&status.as_u16())
        };
        self.status.is_some_and(may_be)
            && (self.names_a_field() || self.has_code_of_a_field() || self.begins_with_a_field())
    }

    /// What the status says, where no rule holds.
    pub(super) fn class_by_status(&self) -> Class {
        let by_status = self.status.and_then(class_of_status).unwrap_or(Class::ServerError);
        match self.status.map(|status| status.as_u16()) {
            // Something that the caller has stored is not there, or a server of his does not answer.
            Some(404 | 424) if self.is_of_a_field() => Class::InvalidRequest,
            Some(403) if self.is_of_a_field() => Class::Unsupported,
            _ => by_status,
        }
    }

    /// There is nothing but words.
    pub(super) const fn is_bare(&self) -> bool {
        self.report.kind.is_none() && self.report.code.is_none() && self.report.param.is_none()
    }

    fn names_a_field(&self) -> bool {
        // LiteLLM has its own way to say that there is none.
        let nothing_of_the_callers = ["", "None", "null", "model", "body.model"];
        self.report.param.as_deref().is_some_and(|param| !nothing_of_the_callers.contains(&param))
    }

    fn has_code_of_a_field(&self) -> bool {
        self.report.code.as_deref().is_some_and(|code| {
            OF_FIELDS.contains(&code) || OF_FIELDS_BEGIN.iter().any(|begin| code.starts_with(begin))
        })
    }

    fn begins_with_a_field(&self) -> bool {
        let words = self.words.trim_start_matches(['*', ' ']);
        let rest = FIELDS.iter().find_map(|field| words.strip_prefix(field));
        rest.is_some_and(|rest| rest.starts_with(['.', '[', ':']))
    }
}

/// LiteLLM's message is the whole error of the provider behind it, of which this is the message.
fn passed_on(words: &str) -> Option<&str> {
    let (_, error) = words.strip_prefix("litellm.")?.split_once("exception - ")?;
    let (_, message) = error.split_once("\"message\"")?;
    let message = message.trim_start_matches([':', ' ']).strip_prefix('"')?;
    let is_end = |(at, _): &(usize, &str)| !message[..*at].ends_with('\\');
    message.match_indices('"').find(is_end).map(|(at, _)| &message[..at])
}

/// What is left without what is quoted. If `from_first_to_last`, what stands between two quotations goes as well:
/// what is quoted may hold quotation marks of its own.
fn own(words: &str, from_first_to_last: bool) -> String {
    let end = REPEATS.iter().filter_map(|mark| words.find(mark)).min().unwrap_or(words.len());
    let mut rest = &words[..end];
    let mut own = String::with_capacity(rest.len());
    while let Some((start, mark)) = marks(rest).find(|(at, mark)| opens(rest, *at, *mark)) {
        own.push_str(&rest[..start]);
        let quoted = &rest[start + mark.len_utf8()..];
        let mut ends = marks(quoted).filter(|(_, end)| from_first_to_last || *end == closing(mark));
        let end = if from_first_to_last { ends.last() } else { ends.next() };
        // What is not closed was cut.
        rest = end.map_or("", |(at, mark)| &quoted[at + mark.len_utf8()..]);
        if from_first_to_last {
            break;
        }
    }
    own.push_str(rest);
    own
}

/// All quotation marks; an apostrophe is none.
fn marks(words: &str) -> impl Iterator<Item = (usize, char)> {
    let is_inside_a_word = |at: usize, mark: char| {
        let next = words[at + mark.len_utf8()..].chars().next();
        follows_a_letter(words, at) && next.is_some_and(char::is_alphanumeric)
    };
    let is_mark = |mark: char| matches!(mark, '"' | '`' | '\'' | '‘' | '’' | '“' | '”' | '«' | '»');
    let marks = words.char_indices().filter(move |(_, mark)| is_mark(*mark));
    marks.filter(move |(at, mark)| !matches!(mark, '\'' | '’') || !is_inside_a_word(*at, *mark))
}

fn opens(words: &str, at: usize, mark: char) -> bool {
    match mark {
        '\'' => !follows_a_letter(words, at),
        '’' | '”' | '»' => false,
        _ => true,
    }
}

fn follows_a_letter(words: &str, at: usize) -> bool {
    words[..at].chars().next_back().is_some_and(char::is_alphanumeric)
}

const fn closing(mark: char) -> char {
    match mark {
        '‘' => '’',
        '“' => '”',
        '«' => '»',
        mark => mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_not_the_providers() {
        let rows = [
            ("the model `gpt-9` does not exist", "the model  does not exist"),
            ("you don't have any 'credits' yet, isn’t it", "you don't have any  yet, isn’t it"),
            ("at 'x' (type), \"billing\"", "at  (type), "),
            ("the users' key", "the users' key"),
            ("of “a” and ‘b’ and «c».", "of  and  and ."),
            ("it was 'cut of", "it was "),
            ("1 error [type=missing, input_value={'t': 'key'}, input_type=dict]", "1 error [type=missing, "),
        ];
        for (words, left) in rows {
            assert_eq!(own(words, false), left);
        }
    }

    #[test]
    fn a_quotation_that_pretends_to_end_does_not() {
        assert_eq!(
            own("invalid value: 'a' invalid api key 'b'. supported are c.", true),
            "invalid value: . supported are c."
        );
        assert_eq!(own("model not found: grok-9", true), "model not found: grok-9");
    }

    #[test]
    fn what_is_passed_on_as_a_whole_is_read() {
        let words = r#"litellm.badrequesterror: anthropicexception - b'{"error":{"type":"x","message":"your \"credit\" is low"}}'"#;
        assert_eq!(passed_on(words), Some(r#"your \"credit\" is low"#));
        assert_eq!(passed_on("litellm.badrequesterror: no more than that"), None);
    }
}
