//! What members are sent that no caller has said, each for a reason.

use crate::audit::Pair;

/// Is it an addition that the documentation tells of?
pub(crate) fn is_known(_pair: Pair<'_>, _path: &str, _value: &str) -> bool {
    false
}
