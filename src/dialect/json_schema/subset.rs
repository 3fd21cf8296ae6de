//! What each target takes, as data.

use Act::{
    Close, Describe, Drop, Every, Format, Integer, Keep, Named, OneOf, Pattern, Scalars, Schema, Tell, Texts,
};

/// A part of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each belongs to a dialect, and dialects are features")]
pub(crate) enum Subset {
    /// OpenAI's `strict: true`: objects are closed, and every property is required.
    ///
    /// Source: the guide to structured outputs, and the answers to schemas the API refuses.
    OpenAiStrict,
    /// Anthropic's `strict: true` and `output_config.format`: objects are closed, no bounds, no recursion.
    ///
    /// Source: the guide to structured outputs, and what the vendor's SDK does to schemas.
    AnthropicStrict,
    /// Gemini's `responseJsonSchema` and `parametersJsonSchema`.
    ///
    /// Source: the API's reference of `GenerationConfig`.
    Gemini,
}

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// It is copied.
    Keep,
    /// Its schema, or each of its schemas, is reduced.
    Schema,
    /// Its members are schemas under names.
    Named,
    /// It is reduced as `anyOf`.
    OneOf,
    /// It is for those who keep the schema, not for the model: left out, and no loss.
    Drop,
    /// It moves into the description, where nothing enforces it.
    Describe,
    /// It moves there, and no loss: nothing enforces it anywhere.
    Tell,
    /// `additionalProperties`: always `false`.
    Close,
    /// `required`: every property.
    Every,
    /// `format`: those that are known.
    Format,
    /// `pattern`: without what only backtracking can match.
    Pattern,
    /// `enum` of anything but arrays and objects.
    Scalars,
    /// `enum` and `const` as an `enum` of strings and numbers.
    Texts,
    /// An exclusive bound: of integers it is the next one.
    Integer,
}

/// What becomes of each keyword for OpenAI, Anthropic and Gemini. Others are unknown to all: they are kept, as
/// the specification wants.
#[rustfmt::skip]
static KEYWORDS: &[(&str, [Act; 3])] = &[
    ("type",                  [Keep,     Keep,     Keep]),
    ("enum",                  [Keep,     Scalars,  Texts]),
    ("const",                 [Keep,     Scalars,  Texts]),
    ("properties",            [Named,    Named,    Named]),
    ("required",              [Every,    Keep,     Keep]),
    ("additionalProperties",  [Close,    Close,    Schema]),
    ("items",                 [Schema,   Schema,   Schema]),
    ("prefixItems",           [Describe, Describe, Schema]),
    ("anyOf",                 [Schema,   Schema,   Schema]),
    ("oneOf",                 [OneOf,    OneOf,    OneOf]),
    ("$defs",                 [Named,    Named,    Named]),
    ("definitions",           [Named,    Named,    Named]),
    ("format",                [Format,   Format,   Keep]),
    ("pattern",               [Keep,     Pattern,  Describe]),
    ("minLength",             [Keep,     Describe, Describe]),
    ("maxLength",             [Keep,     Describe, Describe]),
    ("minimum",               [Keep,     Describe, Keep]),
    ("maximum",               [Keep,     Describe, Keep]),
    ("exclusiveMinimum",      [Keep,     Describe, Integer]),
    ("exclusiveMaximum",      [Keep,     Describe, Integer]),
    ("multipleOf",            [Keep,     Describe, Describe]),
    // Anthropic takes 0 and 1, which is looked at where it is met.
    ("minItems",              [Keep,     Keep,     Keep]),
    ("maxItems",              [Keep,     Describe, Keep]),
    ("uniqueItems",           [Describe, Describe, Describe]),
    ("contains",              [Describe, Describe, Describe]),
    ("minContains",           [Describe, Describe, Describe]),
    ("maxContains",           [Describe, Describe, Describe]),
    ("minProperties",         [Describe, Describe, Describe]),
    ("maxProperties",         [Describe, Describe, Describe]),
    ("patternProperties",     [Describe, Describe, Describe]),
    ("propertyNames",         [Describe, Describe, Describe]),
    ("unevaluatedProperties", [Describe, Describe, Describe]),
    ("unevaluatedItems",      [Describe, Describe, Describe]),
    ("additionalItems",       [Describe, Describe, Describe]),
    ("dependencies",          [Describe, Describe, Describe]),
    ("dependentRequired",     [Describe, Describe, Describe]),
    ("dependentSchemas",      [Describe, Describe, Describe]),
    ("not",                   [Describe, Describe, Describe]),
    ("if",                    [Describe, Describe, Describe]),
    ("then",                  [Describe, Describe, Describe]),
    ("else",                  [Describe, Describe, Describe]),
    ("default",               [Tell,     Keep,     Tell]),
    ("examples",              [Keep,     Keep,     Tell]),
    ("$schema",               [Keep,     Keep,     Drop]),
    ("$comment",              [Keep,     Keep,     Drop]),
    // References by such a name are written as pointers.
    ("$anchor",               [Drop,     Drop,     Drop]),
];

/// Keywords that only tell of a schema: where two schemas are joined, the outer one speaks.
const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$schema",
    "$comment",
    "$id",
];

impl Subset {
    /// What becomes of a keyword.
    pub(super) fn act(self, keyword: &str) -> Act {
        KEYWORDS.iter().find(|(known, _)| *known == keyword).map_or(Keep, |(_, acts)| acts[self as usize])
    }

    /// Is every object closed?
    pub(super) const fn closes(self) -> bool {
        !matches!(self, Self::Gemini)
    }

    /// Does every schema have to name its type?
    pub(super) const fn wants_types(self) -> bool {
        matches!(self, Self::OpenAiStrict)
    }

    /// May a definition need itself?
    pub(super) const fn recurs(self) -> Recursion {
        match self {
            Self::OpenAiStrict => Recursion::Anywhere,
            Self::AnthropicStrict => Recursion::Nowhere,
            Self::Gemini => Recursion::InOptional,
        }
    }

    pub(super) fn knows_format(self, format: &str) -> bool {
        const BOTH: &[&str] =
            &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];
        BOTH.contains(&format) || (self == Self::AnthropicStrict && format == "uri")
    }
}

/// Where a definition may need itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recursion {
    Anywhere,
    /// In properties that may be left out.
    InOptional,
    Nowhere,
}

/// Does a keyword only tell of its schema?
pub(super) fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-")
}

/// Does a regular expression look around, look back or look for words? Its JSON text will do: backslashes are
/// double there.
pub(super) fn looks_around(pattern: &str) -> bool {
    let has = |sign: &str| pattern.contains(sign);
    has("(?=")
        || has("(?!")
        || has("(?<")
        || has("\\\\b")
        || has("\\\\B")
        || (1..=9).any(|n| has(&format!("\\\\{n}")))
}
