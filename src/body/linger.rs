use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::Body;

/// How many frames after the last useful one are read and thrown away.
const FRAMES: usize = 4;

/// Reads the end of a body whose content is complete, if the end is there already.
///
/// A connection goes back to its pool only when its response was read to the very end, and that end mostly
/// arrives together with the last frame. Never waits: a body that is not over by now is dropped by the caller.
pub(crate) fn linger<B: Body>(mut body: Pin<&mut B>, cx: &mut Context<'_>) {
    for _ in 0..FRAMES {
        if !matches!(body.as_mut().poll_frame(cx), Poll::Ready(Some(Ok(_)))) {
            return;
        }
    }
}
