use http::HeaderMap;

use crate::dialect::Target;

/// The headers of a request to a member.
pub(super) fn request(_caller: &HeaderMap, _target: &Target<'_>, _same_dialect: bool) -> HeaderMap {
    HeaderMap::new()
}
