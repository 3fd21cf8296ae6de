//! Server-sent events: bytes to frames and back, incrementally.
//!
//! Providers' streams arrive in pieces cut anywhere, with LF, CRLF or CR line ends, with comments as signs of
//! life, sometimes with a byte-order mark. [`Splitter`] turns them into [`RawFrame`]s: slices of what arrived,
//! ready to be passed on untouched or [parsed](RawFrame::parse). It copies only a frame that was cut in two,
//! it holds no more than one frame, and it tells an end from a truncation, which the specification does not:
//! to a browser a dropped last event is nothing, to a caller of a model it is half an answer.
//!
//! Source: WHATWG HTML, section 9.2 "Server-sent events".

mod encode;
mod frame;
mod media;
mod splitter;

pub use self::encode::{write_comment, write_frame};
pub use self::frame::{Frame, RawFrame};
pub use self::media::is_event_stream;
pub use self::splitter::{Splitter, Tail, TooLong};
