/// Seconds since 1970 of a time in UTC as the API writes it: `2026-05-27T16:53:45.443719Z` (RFC 3339).
pub(crate) fn seconds(time: &str) -> Option<u64> {
    let plain = time.strip_suffix('Z')?;
    let number = |from: usize, to: usize| plain.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March end with the day that not all have.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = 365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_time_is_the_seconds_since_1970() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2026-05-27T16:53:45.443719Z"), Some(1_779_900_825));
        assert_eq!(seconds("2024-02-29T00:00:00Z"), Some(1_709_164_800));
        for odd in
            ["", "Z", "2026-05-27T16:53:45+02:00", "1969-12-31T00:00:00Z", "2026-13-01T00:00:00Z", "äääääZ"]
        {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }
}
