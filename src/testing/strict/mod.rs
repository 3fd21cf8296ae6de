//! Requests as strictly as the vendors read them: a second opinion on what translators write.

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod openai;
pub(super) mod responses;
