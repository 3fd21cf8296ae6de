//! Words that many have in common: servers that speak a dialect which is not their own, and proxies before them.

use super::Rule;
use crate::failure::{Class, Scope};

/// The 4xx under which a request is called wrong; 413 and 422 are those of servers written with a framework.
const REFUSED: &[u16] = &[400, 413, 422];

/// Context overflow, as vendors, inference servers and clouds word it.
const TOO_LONG: &[&str] = &[
    "maximum context length",
    "max context length",
    "context length exceeded",
    "context_length_exceeded",
    "context window",
    "exceed context limit",
    "exceeds context limit",
    "available context size",
    "longer than the model's context length",
    "longer than the maximum model length",
    "greater than the context length",
    "loaded with context length of only",
    "maximum prompt length",
    "maximum allowed length",
    "maximum number of tokens allowed",
    "exceeded model token limit",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "input too long",
    "input tokens exceeded",
    "input token count",
    "too many tokens",
    "too many input tokens",
    "too many total text bytes",
    "range of input length should be",
    "reduce the length of the messages",
    "reduce the length of the input",
    "length of all messages is too long",
    "`max_new_tokens` must be <=",
];

/// What dialects say of a body that is a page.
const PAGE: &[&str] = &["the provider sent a page of html instead of json.", "an html page"];

/// In the words of a context, whatever else they say.
pub(super) const TOO_LONG_BY_413: Rule = Rule::on(&[413], Class::ContextOverflow).wording(TOO_LONG);

/// A request for more tokens than an account has in a minute will never fit, however long one waits. It says nothing
/// of the model's context, nor of smaller requests.
pub(super) const BEYOND_A_MINUTE: Rule =
    Rule::on(&[413, 429], Class::RateLimited).wording(&["request too large for"]).scope(Scope::Request);

/// Rows for every table.
pub(super) const COMMON: &[Rule] = &[
    // Clouds: the type is in the body, or in a header that stands for it.
    Rule::any(Class::Overloaded).code(&["ModelNotReadyException", "ServiceUnavailableException"]),
    Rule::on(&[400, 429], Class::Overloaded).wording(&["model is not ready"]),
    TOO_LONG_BY_413,
    BEYOND_A_MINUTE,
    Rule::on(&[429], Class::QuotaExhausted).wording(&["too many tokens per day"]).scope(Scope::Member),
    Rule::any(Class::QuotaExhausted).code(&["ServiceQuotaExceededException", "Arrearage", "budget_exceeded"]),
    Rule::on(&[400, 403, 412, 429], Class::QuotaExhausted).wording(&[
        "insufficient balance",
        "insufficient credit",
        "insufficient quota",
        "credit balance",
        "have any credits",
        "out of credits",
        "used all available credits",
        "spending limit",
        "monthly usage limit",
        "exceeded your current quota",
        "payment required",
    ]),
    Rule::on(&[429], Class::RateLimited).code(&["ThrottlingException"]),
    Rule::on(REFUSED, Class::ContextOverflow).wording(TOO_LONG),
    // Keys that are refused with a status that says something else.
    Rule::on(&[400], Class::Auth).wording(&[
        "incorrect api key",
        "invalid api key",
        "api key not valid",
        "api key expired",
        "invalid authentication",
        "organization has been disabled",
    ]),
    // Somebody else's filter, between us and the model.
    Rule::on(&[400, 403], Class::ContentPolicy).wording(&[
        "content violates usage guidelines",
        "your input was flagged",
        "flagged as potentially violating",
        "content filtering policy",
        "content management policy",
        "violates our usage policy",
        "violate our usage policy",
        "responsible ai practices",
    ]),
    Rule::on(&[400, 403, 404], Class::ModelGone).wording(&[
        "model not found",
        "on-demand throughput isn",
        "decommissioned",
        "end of its life",
        "has been deprecated",
        "model not exist",
        "is not a valid model id",
        "model identifier is invalid",
        "non-serverless model",
        "have access to the model with the specified model id",
    ]),
    // One model, and not the key.
    Rule::on(&[403], Class::ModelGone).wording(&[
        "to use the model",
        "access to model",
        "access to the model",
        "access to this model",
        "access the model",
        "access this model",
        "use this model",
        "sample from this model",
    ]),
    // Another model may have it.
    Rule::on(&[400, 404, 422], Class::Unsupported).wording(&[
        "unknown variant `image_url`",
        "unknown variant `input_audio`",
        "unknown variant `file`",
        "does not support tools",
        "support tool use",
        "support image input",
        "does not support image",
        "operation does not work with the specified model",
        "must be verified to",
    ]),
    // A proxy before the provider, which may dislike what the caller has written: no verdict on the key or the model.
    Rule::on(&[400, 403], Class::Unsupported).bare().only(PAGE),
    Rule::on(&[400], Class::Unsupported).bare().only(&["", "the provider sent an empty body."]),
    Rule::on(&[403], Class::Unsupported).bare().only(&[
        "forbidden",
        "forbidden.",
        "403 forbidden",
        "access denied",
        "access denied.",
        "rbac: access denied",
        "request blocked",
        "request blocked.",
    ]),
    Rule::on(&[403], Class::Unsupported).bare().wording(&["error code: 10", "web application firewall"]),
    // A setting of ours: no caller has a say in it.
    Rule::on(&[400, 404], Class::ServerError).wording(&["api version not supported"]),
    // The address is not served: the wrong path, or a proxy that has lost what it stood for. It says nothing of
    // the model, and may be well again in a moment.
    Rule::on(&[404], Class::ServerError).wording(&[
        "invalid url",
        "unknown request url",
        "404 page not found",
        "resource not found",
        "no route matched",
        "cannot post /",
        "default backend",
    ]),
    Rule::on(&[404], Class::ServerError).only(&["not found", "not found."]),
    Rule::on(&[404], Class::ServerError).only(PAGE),
    // What the caller has stored elsewhere, or never has: it is not there, and the model is.
    Rule::any(Class::InvalidRequest).code(&["previous_response_not_found"]),
    Rule::on(&[404], Class::InvalidRequest).wording(&[
        "item with id",
        "previous response with id",
        "prompt with id",
        "conversation with id",
        "file not found",
        "no such file",
        "container",
        "vector store",
    ]),
];
