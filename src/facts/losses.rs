use std::borrow::Cow;
use std::fmt;

/// What happened to a field that a target could not carry as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LossKind {
    /// Left out.
    Dropped,
    /// Carried with another meaning close to it.
    Approximated,
    /// Carried under another name, which is undone on the way back.
    Renamed,
}

impl LossKind {
    /// The word used in the header `x-failover-loss`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Approximated => "approximated",
            Self::Renamed => "renamed",
        }
    }
}

/// One field that was not carried as it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Loss {
    /// What happened to it.
    pub kind: LossKind,
    /// The caller's own path to it: `stop`, `tools[2].strict`.
    pub field: Cow<'static, str>,
    /// Without it another question is asked: a tool the provider would run itself, as a search of the web. A
    /// member that has to leave it out should not serve the call as long as another can.
    pub is_essential: bool,
}

/// The ledger of one translation: what the member could not carry, in the caller's own field names.
///
/// Bounded: it keeps [`Losses::KEPT`] and counts the rest. The first are kept, but what is
/// [essential](Loss::is_essential) takes the place of what is not, and what is lost that of a mere name: a long
/// conversation may have many ids that are changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    kept: Vec<Loss>,
    more: usize,
}

impl Losses {
    /// How many losses are kept by name.
    pub const KEPT: usize = 64;
    /// The longest header value, in bytes, before its `more=N`.
    pub const HEADER_BYTES: usize = 1024;

    /// A ledger with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self { kept: Vec::new(), more: 0 }
    }

    /// Records that a field was left out.
    pub fn dropped(&mut self, field: impl Into<Cow<'static, str>>) {
        self.add(LossKind::Dropped, field.into());
    }

    /// Records that a field was left out [without which](Loss::is_essential) another question is asked. It is
    /// kept by name in the place of one that is not, if there are too many.
    pub fn essential(&mut self, field: impl Into<Cow<'static, str>>) {
        let loss = Loss { kind: LossKind::Dropped, field: field.into(), is_essential: true };
        let is_same = |known: &&mut Loss| known.kind == loss.kind && known.field == loss.field;
        if let Some(known) = self.kept.iter_mut().find(is_same) {
            known.is_essential = true;
        } else {
            self.push(loss);
        }
    }

    /// Records that a field was carried approximately.
    pub fn approximated(&mut self, field: impl Into<Cow<'static, str>>) {
        self.add(LossKind::Approximated, field.into());
    }

    /// Records that a field was carried under another name.
    pub fn renamed(&mut self, field: impl Into<Cow<'static, str>>) {
        self.add(LossKind::Renamed, field.into());
    }

    /// Was nothing lost?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The losses, the first [`Losses::KEPT`] of them.
    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.kept.iter()
    }

    fn add(&mut self, kind: LossKind, field: Cow<'static, str>) {
        if self.kept.iter().any(|loss| loss.kind == kind && loss.field == field) {
            return;
        }
        self.push(Loss { kind, field, is_essential: false });
    }

    fn push(&mut self, loss: Loss) {
        if self.kept.len() < Self::KEPT {
            return self.kept.push(loss);
        }
        self.more += 1;
        let rank = |loss: &Loss| (loss.is_essential, loss.kind != LossKind::Renamed);
        let least = self.kept.iter().map(rank).min().filter(|least| *least < rank(&loss));
        if let Some(lesser) = self.kept.iter_mut().rfind(|known| Some(rank(known)) == least) {
            *lesser = loss;
        }
    }
}

impl<'a> IntoIterator for &'a Losses {
    type Item = &'a Loss;
    type IntoIter = std::slice::Iter<'a, Loss>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.iter()
    }
}

/// The value of the header `x-failover-loss`: `dropped=stop, renamed=tools[0].name`, what is changed in name only
/// last, at most 1 KiB, then `more=N`. Bytes that a header cannot hold are shown as `?`.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        let is_name = |loss: &&Loss| loss.kind == LossKind::Renamed;
        let (names, others): (Vec<_>, Vec<_>) = self.kept.iter().partition(is_name);
        for (index, loss) in others.into_iter().chain(names).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let entry = format!("{separator}{}={}", loss.kind.as_str(), Printable(&loss.field));
            if written + entry.len() > Self::HEADER_BYTES {
                return write!(f, "{separator}more={}", self.kept.len() - index + self.more);
            }
            written += entry.len();
            f.write_str(&entry)?;
        }
        if self.more > 0 { write!(f, ", more={}", self.more) } else { Ok(()) }
    }
}

struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        // A comma or an equals sign in a caller's own field name would forge an entry.
        let is_plain = |c: char| c.is_ascii_graphic() && c != ',' && c != '=';
        self.0.chars().try_for_each(|c| f.write_char(if is_plain(c) { c } else { '?' }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_each_field_once() {
        let mut losses = Losses::new();
        losses.renamed("tools[0].name");
        losses.dropped("stop");
        losses.dropped("stop");
        assert_eq!(losses.to_string(), "dropped=stop, renamed=tools[0].name");
    }

    #[test]
    fn a_field_name_cannot_forge_an_entry_or_break_the_header() {
        let mut losses = Losses::new();
        losses.dropped("a,dropped=b\r\nx: é");
        assert_eq!(losses.to_string(), "dropped=a?dropped?b??x:??");
    }

    #[test]
    fn what_is_essential_is_named_however_much_was_lost_before_it() {
        let mut losses = Losses::new();
        for index in 0..Losses::KEPT {
            losses.dropped(format!("f{index}"));
        }
        losses.essential("tools[0].web_search");
        losses.essential("f0");
        let essential: Vec<_> =
            losses.iter().filter(|loss| loss.is_essential).map(|loss| &*loss.field).collect();
        assert_eq!(essential, ["f0", "tools[0].web_search"]);
        assert!(losses.to_string().ends_with("more=1"));
    }

    #[test]
    fn what_is_lost_is_named_however_many_names_were_changed_before_it() {
        let mut losses = Losses::new();
        for index in 0..=Losses::KEPT {
            losses.renamed(format!("messages[{index}].tool_call_id"));
        }
        losses.dropped("seed");
        losses.dropped("seed");
        losses.renamed("tools[0].name");
        assert!(losses.to_string().starts_with("dropped=seed, renamed=messages[0].tool_call_id"), "{losses}");
        assert_eq!(losses.iter().count(), Losses::KEPT);
        let (shown, more) = losses
            .to_string()
            .rsplit_once(", more=")
            .map(|(a, b)| (a.split(", ").count(), b.parse::<usize>().unwrap()))
            .unwrap();
        assert_eq!(shown + more, Losses::KEPT + 3);
    }

    #[test]
    fn the_header_is_bounded_and_says_how_much_it_left_out() {
        let mut losses = Losses::new();
        for index in 0..500 {
            losses.dropped(format!("a_rather_long_field_name[{index}]"));
        }
        let header = losses.to_string();
        assert!(header.len() <= Losses::HEADER_BYTES + ", more=500".len(), "{}", header.len());
        let (shown, more) = header.rsplit_once(", more=").unwrap();
        assert_eq!(shown.split(", ").count() + more.parse::<usize>().unwrap(), 500);
    }
}
