use super::{Json, Text, ToolCall, ToolResult};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The operator's instructions.
    System,
    /// The operator's instructions, as newer OpenAI models call them.
    Developer,
    /// The caller. Results of tools are parts of a user's turn.
    User,
    /// The model.
    Assistant,
}

/// One turn of the conversation.
#[derive(Clone, Debug)]
pub struct Turn<'a> {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name, where the dialect has one.
    pub name: Option<Text<'a>>,
    /// What is said, in order.
    pub parts: Vec<Part<'a>>,
}

/// One part of a turn, and where the caller put it.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// What it is.
    pub content: Content<'a>,
    /// Where the caller put it, for the ledger of losses.
    pub position: Position,
    /// The caller's wish to have the prompt cached up to here.
    pub cache: Option<Cache<'a>>,
}

impl<'a> Part<'a> {
    /// A part at this position.
    #[must_use]
    pub const fn new(content: Content<'a>, position: Position) -> Self {
        Self { content, position, cache: None }
    }
}

/// A wish to have the prompt cached up to a part, in the caller's dialect's words.
#[derive(Clone, Debug)]
pub struct Cache<'a> {
    /// The wish.
    pub wish: Json<'a>,
    /// The field it stood in: `cache_control`.
    pub field: &'static str,
    /// It stood beside the content of the turn, whose last part it is about, and not in the part.
    pub is_of_turn: bool,
}

impl<'a> Cache<'a> {
    /// A wish in this field of a part.
    #[must_use]
    pub const fn new(field: &'static str, wish: Json<'a>) -> Self {
        Self { wish, field, is_of_turn: false }
    }
}

/// Where a part stood in the caller's request: `messages[turn].field[index]`, or `input[turn]` where `field` is
/// empty.
///
/// Kept as numbers; the path is only spelled out when something is lost (see [`Names`](super::Names)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The index of the message; `None` for a top-level field, as Anthropic's `system`.
    pub turn: Option<u32>,
    /// The field of the message: `content`, `tool_calls`.
    pub field: &'static str,
    /// The index in that field; `None` where the field is a plain string.
    pub index: Option<u32>,
}

/// What a part is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Text.
    Text(Text<'a>),
    /// An image.
    Image {
        /// Where it is.
        source: Source<'a>,
        /// How closely to look (`low`, `high`, `auto`), where the dialect can say.
        detail: Option<Text<'a>>,
    },
    /// A document: a PDF, or plain text with a title.
    Document {
        /// Where it is.
        source: Source<'a>,
        /// Its file name or title.
        name: Option<Text<'a>>,
    },
    /// Sound.
    Audio {
        /// Where it is.
        source: Source<'a>,
    },
    /// A call of a tool, by the model.
    ToolCall(ToolCall<'a>),
    /// What the tool answered.
    ToolResult(ToolResult<'a>),
    /// What the model thought.
    Reasoning(Reasoning<'a>),
    /// The model's refusal, where the dialect keeps it apart from text.
    Refusal(Text<'a>),
    /// Where something that was said comes from. Follows the text it is about.
    Citation(Citation<'a>),
    /// A part of a kind that only its own dialect knows, as a tool that the provider ran itself.
    Unknown {
        /// Its kind, as the dialect calls it: `search_result`, `server_tool_use`.
        kind: Text<'a>,
        /// The part, whole.
        value: Json<'a>,
    },
}

/// Where something that was said comes from.
#[derive(Clone, Debug, Default)]
pub struct Citation<'a> {
    /// The address of the source.
    pub url: Option<Text<'a>>,
    /// Its title.
    pub title: Option<Text<'a>>,
    /// The words of the source.
    pub quote: Option<Text<'a>>,
    /// What it is about: characters of the text before it, counted from the text's beginning.
    pub start: Option<u64>,
    /// The end of that, exclusive.
    pub end: Option<u64>,
    /// The citation as its dialect words it, and which dialect that is: what cannot be said in the fields above
    /// is kept for callers of the same one.
    pub raw: Option<(Text<'a>, Json<'a>)>,
}

/// Where media is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source<'a> {
    /// In the request, as base64.
    Base64 {
        /// Its MIME type.
        media_type: Text<'a>,
        /// The data.
        data: Text<'a>,
    },
    /// At a URL that the provider fetches.
    Url(Text<'a>),
    /// Stored at one provider before.
    File(Text<'a>),
    /// Plain text.
    Text(Text<'a>),
}

/// What the model thought, as far as its provider shows it.
///
/// Signatures and encrypted blocks are bound to their issuer: they go back to him unchanged, and to nobody else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasoning<'a> {
    /// The thought, readable; empty for a redacted one.
    pub text: Text<'a>,
    /// The issuer's seal on it, opaque.
    pub signature: Option<Text<'a>>,
    /// The thought, encrypted by its issuer.
    pub redacted: Option<Text<'a>>,
    /// The name of the dialect that issued the seal; `None` where it is not known.
    pub issuer: Option<Text<'a>>,
}
