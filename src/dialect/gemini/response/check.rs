use http::StatusCode;

use super::glance::{Glance, glance};
use crate::dialect::broken_off::broken_off;
use crate::dialect::gemini::error;
use crate::failure::{Class, Failure, Report};

/// Is a 200 with this body an answer?
///
/// A thought is nothing said. Nothing may be left to say where the prompt was blocked, or where a filter or the
/// limit came first; `STOP` does not explain it, nor does a word that nobody knows. What the model garbled is no
/// answer, whatever was said before it.
pub(crate) fn check(body: &[u8]) -> Result<(), Failure> {
    let Some(seen) = glance(body) else { return Err(no_answer("The answer is not JSON.")) };
    match seen {
        Glance { has_error: true, .. } => Err(error::decode(None, body)),
        Glance { has_failed: true, .. } => Err(broken_off().with_status(StatusCode::OK)),
        Glance { says_something: true, .. } | Glance { is_explained: true, .. } => Ok(()),
        Glance { has_candidates: false, .. } => Err(no_answer("The answer has no candidates.")),
        _ => Err(no_answer("The answer is empty.")),
    }
}

fn no_answer(why: &str) -> Failure {
    Failure::new(Class::InvalidOutput).with_status(StatusCode::OK).with_report(Report::new(why))
}
