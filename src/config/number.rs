/// Splits `1.5MiB` into its number and its unit. Signs, exponents and blanks are not part of a number.
pub(super) fn split(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit))
}
