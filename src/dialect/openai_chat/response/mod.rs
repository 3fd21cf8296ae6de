//! Whole answers: read, written and checked.

mod check;
mod decode;
mod encode;
mod finish;
mod plain;
mod usage;

pub(super) use self::check::{check, is_cut};
pub(super) use self::decode::{decode, thinking};
pub(super) use self::encode::{answer_id, encode};
pub(super) use self::finish::{is_failure, read as read_finish, word as finish_word};
pub(super) use self::usage::{known as known_usage, read as read_usage, write as write_usage};
