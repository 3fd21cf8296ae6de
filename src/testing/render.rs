//! From a healthy answer and a fault to what is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::played::{End, Piece, Played};
use super::wire::{Finish, Framing, Part, Say, WireFrame, gemini};
use super::{Fault, RecordedReply, Refusal, Vendor, raw};

/// Renders for one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Render {
    pub(super) vendor: Vendor,
    pub(super) serial: u64,
    pub(super) pace: Duration,
}

impl Render {
    /// The answer of a fault that needs no reading of the request; `None` for the others.
    pub(super) fn blunt(self, fault: &Fault) -> Option<Response<Played>> {
        Some(match fault {
            Fault::Status { code, body, retry_after } => self.status(*code, body.as_ref(), *retry_after),
            Fault::Refusal(refusal) if !self.vendor.blocks(*refusal) => self.refusal(*refusal),
            Fault::Garbage => {
                let page = "<!DOCTYPE html><html><body><h1>Welcome to nginx!</h1></body></html>";
                self.head(StatusCode::OK, "text/html", Played::whole(Bytes::from_static(page.as_bytes())))
            }
            Fault::Redirect { code, to } => {
                let mut response = self.status(*code, Some(&Bytes::new()), None);
                if let Ok(to) = HeaderValue::try_from(to) {
                    response.headers_mut().insert(header::LOCATION, to);
                }
                response
            }
            Fault::Empty => self.head(StatusCode::OK, "application/json", Played::whole(Bytes::new())),
            _ => return None,
        })
    }

    fn status(self, code: u16, body: Option<&Bytes>, after: Option<Duration>) -> Response<Played> {
        let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let is_own = body.is_none();
        let body = body.cloned().unwrap_or_else(|| self.vendor.error(status, after).to_string().into());
        let mut response = self.json(status, body);
        if let Some(after) = after.filter(|_| self.vendor.has_retry_after() || !is_own) {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    pub(super) fn refusal(self, refusal: Refusal) -> Response<Played> {
        let error = self.vendor.refusal(refusal);
        self.json(error.status, error.body.to_string())
    }

    pub(super) fn json(self, status: StatusCode, body: impl Into<Bytes>) -> Response<Played> {
        self.head(status, "application/json", Played::whole(body.into()))
    }

    fn head(self, status: StatusCode, content_type: &'static str, body: Played) -> Response<Played> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = self.vendor.headers(self.serial, status);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }

    pub(super) fn replay(self, reply: &RecordedReply) -> Response<Played> {
        let promised = (reply.chunking == super::Chunking::Whole).then_some(reply.body.len() as u64);
        let mut body = reply.pieces();
        body.retain(|piece| !piece.is_empty());
        let pieces = body.into_iter().map(|bytes| Piece { bytes, wait: self.pace }).collect();
        let mut response = Response::new(Played::new(pieces, End::Clean, promised));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers.clone();
        response
    }

    /// A whole answer in one body.
    pub(super) fn buffered(self, say: &Say, fault: &Fault) -> Response<Played> {
        let mut say = bent(say, fault);
        if matches!(fault, Fault::EndWithoutFinish { .. }) {
            say.finish = Finish::Missing;
        }
        let mut body = Bytes::from(self.vendor.answer(&say).to_string());
        let promised = body.len() as u64;
        let end = if *fault == Fault::ResetAfterEnd { End::Clean } else { end_of(fault) };
        match fault {
            Fault::ErrorEvent { .. } => {
                return self.json(StatusCode::OK, self.vendor.failed_answer(&say).to_string());
            }
            Fault::MalformedFrame { .. } => {
                return self.json(StatusCode::OK, body.slice(..body.len() / 2));
            }
            Fault::Huge { bytes } => {
                let body = Played::new(huge(b"{\"padding\":\"", *bytes), End::Clean, None);
                return self.head(StatusCode::OK, "application/json", body);
            }
            Fault::CutBeforeContent => body.clear(),
            _ if end != End::Clean => body.truncate(body.len() / 2),
            _ => {}
        }
        let mut pieces = split(body, fault);
        first_token(pieces.first_mut(), fault);
        let content_type = if *fault == Fault::WrongType { "text/plain" } else { "application/json" };
        let response = self.head(StatusCode::OK, content_type, Played::new(pieces, end, Some(promised)));
        packed(response, fault)
    }

    /// A stream of events.
    pub(super) fn stream(self, say: &Say, fault: &Fault) -> Response<Played> {
        let say = bent(say, fault);
        let content_type = match fault {
            Fault::WrongType => "application/json",
            _ => self.vendor.stream_type(say.framing),
        };
        if let Fault::Huge { bytes } = fault {
            let body = Played::new(huge(b"data: {\"padding\":\"", *bytes), End::Clean, None);
            return self.head(StatusCode::OK, content_type, body);
        }
        let mut frames = self.frames(&say, fault);
        if say.framing == Framing::Array {
            let is_cut = end_of(fault) != End::Clean && *fault != Fault::ResetAfterEnd;
            let is_whole = !is_cut && *fault != Fault::NoTerminal;
            frames = gemini::array(frames, is_whole);
        }
        let mut is_first = true;
        let mut pieces = Vec::with_capacity(frames.len());
        for frame in frames {
            let is_content = frame.part == Part::Content;
            let at = pieces.len();
            pieces.extend(split(frame.bytes, fault));
            if is_content {
                pieces[at].wait = self.pace;
                if std::mem::take(&mut is_first) {
                    first_token(pieces.get_mut(at), fault);
                }
            }
        }
        let body = Played::new(pieces, end_of(fault), None);
        packed(self.head(StatusCode::OK, content_type, body), fault)
    }

    fn frames(self, say: &Say, fault: &Fault) -> Vec<WireFrame> {
        let mut frames = self.vendor.frames(say);
        let extra = |bytes| WireFrame { part: Part::Lifecycle, bytes };
        match *fault {
            Fault::CutBeforeContent => frames.truncate(before_piece(&frames, 0)),
            Fault::CutAfter(n) | Fault::StallAfter(n) | Fault::EndWithoutFinish { after: n } => {
                frames.truncate(after_pieces(&frames, n));
            }
            Fault::ErrorEvent { after } => {
                frames.truncate(after_pieces(&frames, after));
                frames.push(extra(self.vendor.error_frame(say, frames.len())));
            }
            Fault::MalformedFrame { at } => {
                let at = before_piece(&frames, at);
                frames.insert(at, extra(self.vendor.malformed_frame()));
            }
            Fault::NoTerminal => frames.retain(|frame| frame.part != Part::Terminal),
            _ => {}
        }
        frames
    }
}

/// What is said, as far as the fault is in that and not in how it is sent.
fn bent(say: &Say, fault: &Fault) -> Say {
    let mut say = say.clone();
    match fault {
        Fault::Refusal(_) => say.finish = Finish::Blocked,
        Fault::SaysNothing => (say.text, say.calls, say.thoughts) = Default::default(),
        _ => {}
    }
    say
}

/// Compressed, if it is to be.
fn packed(response: Response<Played>, fault: &Fault) -> Response<Played> {
    if *fault != Fault::Compressed {
        return response;
    }
    let mut response = response.map(|body| Played::whole(raw::gzip(&body.into_bytes())));
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

/// Many times the same memory.
fn huge(beginning: &'static [u8], bytes: usize) -> Vec<Piece> {
    const PIECE: usize = 64 * 1024;
    let piece = |bytes| Piece { bytes, wait: Duration::ZERO };
    let padding = Bytes::from(vec![b'a'; PIECE]);
    let rest = std::iter::repeat_n(padding, bytes.div_ceil(PIECE)).map(piece);
    std::iter::once(piece(Bytes::from_static(beginning))).chain(rest).collect()
}

/// The index of the frame that holds piece `n`, or of the finish.
fn before_piece(frames: &[WireFrame], n: usize) -> usize {
    let pieces = frames.iter().enumerate().filter(|(_, frame)| frame.part == Part::Content);
    let finish = || frames.iter().position(|frame| frame.part == Part::Finish).unwrap_or(frames.len());
    pieces.map(|(index, _)| index).nth(n).unwrap_or_else(finish)
}

/// The index after the frame that holds the `n`th piece.
fn after_pieces(frames: &[WireFrame], n: usize) -> usize {
    match n.checked_sub(1) {
        None => before_piece(frames, 0),
        Some(last) => {
            let finish = before_piece(frames, usize::MAX);
            (before_piece(frames, last) + 1).min(finish)
        }
    }
}

const fn end_of(fault: &Fault) -> End {
    match fault {
        Fault::CutBeforeContent | Fault::CutAfter(_) | Fault::ResetAfterEnd => End::Reset,
        Fault::StallAfter(_) => End::Silent,
        _ => End::Clean,
    }
}

fn first_token(piece: Option<&mut Piece>, fault: &Fault) {
    if let (Some(piece), Fault::DelayFirstToken(late)) = (piece, fault) {
        piece.wait = *late;
    }
}

fn split(bytes: Bytes, fault: &Fault) -> Vec<Piece> {
    let piece = |bytes| Piece { bytes, wait: Duration::ZERO };
    if *fault == Fault::Drip {
        return (0..bytes.len()).map(|at| piece(bytes.slice(at..=at))).collect();
    }
    if bytes.is_empty() { Vec::new() } else { vec![piece(bytes)] }
}
