use std::error::Error;

use hyper_util::client::legacy;

use super::reuse;
use crate::failure::{Class, Failure, Scope};

/// Reads why there is no head of a response.
///
/// Nearly all of it is a connection that could not be made or did not last. A head that came and is not HTTP
/// is another matter: whoever sent it is there, and broken.
pub(super) fn read(error: legacy::Error) -> Failure {
    let hyper = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    let failure = match hyper {
        Some(error) if error.is_parse() => Failure::new(Class::ServerError),
        _ if error.is_connect() => Failure::new(Class::Connect),
        _ if reuse::was_stale(&error) => Failure::new(Class::Connect).with_scope(Scope::Request).blameless(),
        // There was a connection, so the host can be reached: what became of it is this request's affair.
        _ => Failure::new(Class::Connect).with_scope(Scope::Request),
    };
    failure.with_source(error)
}
