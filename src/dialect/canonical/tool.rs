use super::{Json, Part, Text};

/// A tool the model may call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Tool<'a> {
    /// A function of the caller.
    Function {
        /// Its name.
        name: Text<'a>,
        /// What it does.
        description: Option<Text<'a>>,
        /// The JSON Schema of its arguments.
        parameters: Option<Json<'a>>,
        /// Whether the provider must enforce the schema.
        strict: Option<bool>,
        /// The caller's wish to have the prompt cached up to here.
        cache: Option<Json<'a>>,
    },
    /// A tool that the provider runs itself, or one of a kind that only its own dialect knows.
    Hosted {
        /// Its kind, as the dialect calls it: `web_search_20250305`, `custom`.
        kind: Text<'a>,
        /// The tool, whole.
        value: Json<'a>,
    },
}

/// Whether and which tool must be called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice<'a> {
    /// The model decides.
    Auto,
    /// Some tool must be called.
    Required,
    /// No tool may be called.
    None,
    /// This tool must be called.
    Tool(Text<'a>),
    /// Only these may be called; `required` says whether one must.
    Allowed {
        /// Their names.
        names: Vec<Text<'a>>,
        /// Must one of them be called?
        required: bool,
    },
}

/// A call of a tool, by the model.
#[derive(Clone, Debug)]
pub struct ToolCall<'a> {
    /// The id that its result names.
    pub id: Text<'a>,
    /// The tool.
    pub name: Text<'a>,
    /// The arguments as JSON text. May be cut off or not JSON at all: models err.
    pub arguments: Text<'a>,
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub struct ToolResult<'a> {
    /// The id of the call.
    pub id: Text<'a>,
    /// The tool, where the dialect says it here, too.
    pub name: Option<Text<'a>>,
    /// The answer: text, images, documents.
    pub parts: Vec<Part<'a>>,
    /// The tool failed.
    pub is_error: bool,
}
