use std::time::Duration;

/// The member's answer said that nothing is left of one of its rate limits for so long.
///
/// Left by who takes the headers away that said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHeadroom(pub Duration);
