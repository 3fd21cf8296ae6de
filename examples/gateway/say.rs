//! Words for whoever started the gateway.
//!
//! He may have gone: of `gateway | tee log` the reader can end first. Then nobody hears them, and that is no reason to
//! stop serving, as it is for `println!`, which panics.

use std::fmt::Display;
use std::io::Write;

/// On stdout.
pub(crate) fn say(words: impl Display) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// On stderr.
pub(crate) fn complain(words: impl Display) {
    let _ = writeln!(std::io::stderr(), "{words}");
}
