use http::StatusCode;

use super::Class;

/// Reads an HTTP status alone; `None` for one that is no failure.
///
/// The status is read before any text: a 500 whose body says "policy" is an outage, not a refusal.
/// Bodies can say more about a 4xx; see [`Table`](super::Table).
///
/// Source: RFC 9110 section 15; 529 is Anthropic's `overloaded_error`; 520–524 are Cloudflare's.
#[must_use]
pub fn class_of_status(status: StatusCode) -> Option<Class> {
    Some(match status.as_u16() {
        100..=399 => return None,
        401 | 403 => Class::Auth,
        402 => Class::QuotaExhausted,
        // 451: not where we are.
        404 | 410 | 451 => Class::ModelGone,
        // A path that takes no POST is the wrong one, and what asks for a password is a proxy of ours: neither is
        // the caller's doing.
        405 | 407 => Class::ServerError,
        // Bedrock sends 408 and 424 for a model that timed out or failed behind its gateway; 409 and 425 are
        // transient by definition.
        408 | 409 | 424 | 425 => Class::ServerError,
        // Too large for somebody on the way, in bytes. Of the model's context nothing is said.
        413 => Class::Unsupported,
        429 => Class::RateLimited,
        // Groq, of a tier that gives way when capacity is short.
        498 => Class::Overloaded,
        // 499 is a provider saying that the call was cancelled on its side.
        499 => Class::ServerError,
        400..=497 => Class::InvalidRequest,
        503 | 529 => Class::Overloaded,
        _ => Class::ServerError,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_class_the_taxonomy_gives_it() {
        let rows = [
            (200, None),
            (304, None),
            (400, Some(Class::InvalidRequest)),
            (401, Some(Class::Auth)),
            (402, Some(Class::QuotaExhausted)),
            (403, Some(Class::Auth)),
            (404, Some(Class::ModelGone)),
            (405, Some(Class::ServerError)),
            (407, Some(Class::ServerError)),
            (408, Some(Class::ServerError)),
            (410, Some(Class::ModelGone)),
            (413, Some(Class::Unsupported)),
            (422, Some(Class::InvalidRequest)),
            (429, Some(Class::RateLimited)),
            (451, Some(Class::ModelGone)),
            (498, Some(Class::Overloaded)),
            (500, Some(Class::ServerError)),
            (502, Some(Class::ServerError)),
            (503, Some(Class::Overloaded)),
            (504, Some(Class::ServerError)),
            (524, Some(Class::ServerError)),
            (529, Some(Class::Overloaded)),
            (999, Some(Class::ServerError)),
        ];
        for (status, class) in rows {
            assert_eq!(class_of_status(StatusCode::from_u16(status).unwrap()), class, "{status}");
        }
    }
}
