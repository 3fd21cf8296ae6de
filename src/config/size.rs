use super::number::split;

/// More would not be a bound.
const LARGEST: f64 = 1024.0 * 1024.0 * 1024.0 * 4.0 - 1.0;

/// Reads `20MiB`, `64KiB`, `1MB`, `512B`, `512`, as bytes.
pub(super) fn parse(text: &str) -> Result<usize, String> {
    let unknown = || {
        format!("is no size: `{text}`; write a number and a unit (B, KB, MB, KiB, MiB, GiB), as in \"20MiB\"")
    };
    let (number, unit) = split(text).ok_or_else(unknown)?;
    let scale = match unit {
        "" | "B" => 1.0,
        "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(unknown()),
    };
    bounded(number * scale).ok_or_else(|| range(text))
}

/// Reads a plain number of bytes.
pub(super) fn from_bytes(bytes: i64) -> Result<usize, String> {
    bounded(bytes as f64).ok_or_else(|| range(&bytes.to_string()))
}

fn bounded(bytes: f64) -> Option<usize> {
    (1.0..=LARGEST).contains(&bytes).then_some(bytes as usize)
}

fn range(text: &str) -> String {
    format!("must be at least one byte and less than 4 GiB, not `{text}`; write for example \"20MiB\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_exactly() {
        for (text, bytes) in [
            ("512", 512),
            ("512B", 512),
            ("64KiB", 65_536),
            ("1MB", 1_000_000),
            ("2KB", 2_000),
            ("20MiB", 20_971_520),
            ("1.5MiB", 1_572_864),
            ("1GB", 1_000_000_000),
            ("1GiB", 1_073_741_824),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        assert_eq!(from_bytes(4096), Ok(4096));
    }

    #[test]
    fn what_is_no_size_is_refused_with_an_example() {
        for text in ["", "MiB", "20 MiB", "20mib", "-1MB", "0MiB", "0.2B", "4GiB", "1e9MB"] {
            assert!(parse(text).is_err_and(|error| error.contains("\"20MiB\"")), "{text}");
        }
        for bytes in [0, -1, i64::MAX] {
            assert!(from_bytes(bytes).is_err(), "{bytes}");
        }
    }
}
