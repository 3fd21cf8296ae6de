use std::error::Error;

use hyper_util::client::legacy;

use crate::failure::{Class, Failure};

/// Reads why there is no head of a response.
///
/// Nearly all of it is a connection that could not be made or did not last. A head that came and is not HTTP
/// is another matter: whoever sent it is there, and broken.
pub(super) fn read(error: legacy::Error) -> Failure {
    let hyper = error.source().and_then(|source| source.downcast_ref::<hyper::Error>());
    let class = match hyper {
        Some(error) if error.is_parse() => Class::ServerError,
        _ => Class::Connect,
    };
    Failure::new(class).with_source(error)
}
