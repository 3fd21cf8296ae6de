//! The header `RateLimit` of the IETF, which holds one limit or several.

use std::time::Duration;

use super::hint;

/// Its name.
pub(super) const NAME: &str = "ratelimit";

/// What is told of one limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limit {
    /// How much remains.
    pub(super) left: Option<f64>,
    /// How long it is until there is more.
    pub(super) reset: Option<Duration>,
}

/// Reads `"burst";r=0;t=2, "day";r=7;t=3600`, and the one limit of `limit=9, remaining=0, reset=2`.
///
/// Source: draft-ietf-httpapi-ratelimit-headers, from version 8 on and in version 7.
pub(super) fn read(value: &str) -> impl Iterator<Item = Limit> {
    // A name that holds a comma or a semicolon is cut into pieces that say nothing.
    let several = value.split(',').map(|limit| limit_of(limit.split(';'), "r", "t"));
    let one = limit_of(value.split(','), "remaining", "reset");
    several.chain([one]).filter(|limit| *limit != Limit::default())
}

fn limit_of<'a>(parts: impl Iterator<Item = &'a str>, left: &str, reset: &str) -> Limit {
    let mut limit = Limit::default();
    for (name, value) in parts.filter_map(|part| part.trim().split_once('=')) {
        let number = value.parse::<f64>().ok().filter(|number| number.is_finite());
        if name == left {
            limit.left = number;
        } else if name == reset {
            limit.reset = number.and_then(hint::seconds);
        }
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(value: &str) -> Vec<(Option<f64>, Option<u64>)> {
        read(value).map(|limit| (limit.left, limit.reset.map(|reset| reset.as_secs()))).collect()
    }

    #[test]
    fn every_limit_is_read() {
        assert_eq!(limits(r#""default";r=0;t=2"#), [(Some(0.0), Some(2))]);
        assert_eq!(
            limits(r#""a,b;c"; r=1, "d";r=0;t=9;pk=:eA==:"#),
            [(Some(1.0), None), (Some(0.0), Some(9))]
        );
        assert_eq!(limits("limit=9, remaining=3, reset=5"), [(Some(3.0), Some(5))]);
    }

    #[test]
    fn nonsense_is_none() {
        for value in ["", "soon", r#""default""#, "r", ";;=,", "t=-3", "t=inf", "r=many"] {
            assert!(limits(value).is_empty(), "{value}");
        }
    }
}
