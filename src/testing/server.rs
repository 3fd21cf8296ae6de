//! The socket side of a fake provider.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::builder::Settings;
use super::played::{BrokenOff, Line, Played};
use super::render::Render;
use super::state::{State, Step};
use super::wire::{Ask, Asked, Finish, Route, Say, WireError, pieces};
use super::{Fault, SeenRequest, control, raw};

#[derive(Debug)]
pub(super) struct Server {
    pub(super) settings: Settings,
    pub(super) state: Arc<State>,
}

impl Server {
    /// Bodies beyond this are refused with 413.
    const BODY_LIMIT: usize = 64 * 1024 * 1024;

    /// Serves until it is dropped, which closes all connections.
    pub(super) async fn run(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, most likely: the next one may do better.
                sleep(Duration::from_millis(10)).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            connections.spawn(Arc::clone(&self).connection(stream));
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let line = Line::default();
        let socket = Socket::new(stream, line.clone(), Arc::clone(&self.state));
        // With a control port a refusing provider must still be reachable, to be healed.
        if self.state.refuses() && !self.settings.control {
            return line.reset();
        }
        let service = hyper::service::service_fn(move |request| {
            let (server, line) = (Arc::clone(&self), line.clone());
            async move { server.handle(request, line).await }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        // An error here is the caller's leaving or a fault of our own making.
        let _ = http.timer(TokioTimer::new()).serve_connection(socket, service).await;
    }

    async fn handle(&self, request: Request<Incoming>, line: Line) -> Result<Response<Played>, BrokenOff> {
        if self.settings.control {
            if let Some(response) = control::respond(&self.state, &request) {
                return Ok(response);
            }
        }
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, Self::BODY_LIMIT).collect().await else {
            return Ok(self.render(0).json(StatusCode::PAYLOAD_TOO_LARGE, "{}"));
        };
        let request = seen(parts, body.to_bytes());
        let (serial, step, ticket) = self.state.arrive(request.clone());
        match &step {
            Step::Fault(Fault::Hang) => std::future::pending::<()>().await,
            Step::Fault(Fault::Refuse) => {
                line.reset();
                ticket.finish();
                return Err(BrokenOff);
            }
            Step::Fault(Fault::DelayHead(late)) => sleep(*late).await,
            _ => {}
        }
        let response = self.respond(&request, serial, &step);
        let response = match bent(response, &step, &line) {
            Ok(response) => response,
            Err(broken) => {
                ticket.finish();
                return Err(broken);
            }
        };
        Ok(response.map(|body| body.watched(ticket, line)))
    }

    fn respond(&self, request: &SeenRequest, serial: u64, step: &Step) -> Response<Played> {
        let render = self.render(serial);
        let fault = match step {
            Step::Reply(reply) => return render.replay(reply),
            Step::Fault(fault) => fault,
        };
        if let Some(response) = render.blunt(fault) {
            return response;
        }
        self.answer(request, serial, fault).unwrap_or_else(|error| {
            self.state.count(|stats| stats.malformed += 1);
            render.json(error.status, error.body.to_string())
        })
    }

    fn answer(
        &self,
        request: &SeenRequest,
        serial: u64,
        fault: &Fault,
    ) -> Result<Response<Played>, WireError> {
        let vendor = self.settings.vendor;
        let is_post = request.method == Method::POST;
        let route = vendor.route(&request.path).filter(|_| is_post).ok_or_else(|| {
            let status = StatusCode::NOT_FOUND;
            WireError { status, body: vendor.error(status, None) }
        })?;
        let key = self.settings.key.as_deref();
        if !key.is_none_or(|key| vendor.brings(&request.path, &request.headers, key)) {
            return Err(vendor.wrong_key());
        }
        let asked = Asked { route, headers: &request.headers, body: &request.body };
        let ask = vendor.read(asked).map_err(|complaint| WireError {
            status: StatusCode::BAD_REQUEST,
            body: vendor.complaint(&complaint),
        })?;
        let say = self.say(serial, &ask, route, request.body_len);
        let render = self.render(serial);
        let is_stream = ask.stream != (*fault == Fault::OtherForm && !say.is_count);
        Ok(if is_stream { render.stream(&say, fault) } else { render.buffered(&say, fault) })
    }

    const fn render(&self, serial: u64) -> Render {
        Render { vendor: self.settings.vendor, serial, pace: self.settings.pace }
    }

    fn say(&self, serial: u64, ask: &Ask, route: Route<'_>, body_len: usize) -> Say {
        let settings = &self.settings;
        let calls = if ask.may_call { settings.calls.clone() } else { Vec::new() };
        let with_text = calls.is_empty() || settings.talks_while_calling;
        let text = settings.text.strip_prefix(ask.prefill.as_str()).unwrap_or(&settings.text);
        Say {
            serial,
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            model: settings.model.clone().unwrap_or_else(|| ask.model.clone()),
            text: if with_text { pieces(text, settings.chunks) } else { Vec::new() },
            calls,
            finish: if settings.truncated { Finish::Length } else { Finish::Natural },
            input_tokens: settings.input_tokens.unwrap_or_else(|| body_len.div_ceil(4) as u64),
            include_usage: ask.include_usage,
            thoughts: pieces(&settings.thoughts, None),
            shows_thoughts: ask.shows_thoughts,
            echo: ask.echo.clone(),
            framing: route.framing,
            is_count: route.is_count,
        }
    }
}

/// Takes the answer out of HTTP's hands where the fault is one that HTTP does not have.
fn bent(response: Response<Played>, step: &Step, line: &Line) -> Result<Response<Played>, BrokenOff> {
    let Step::Fault(fault) = step else { return Ok(response) };
    let instead = match fault {
        Fault::WrongLength { by } => {
            let (head, body) = response.into_parts();
            line.say(raw::with_wrong_length(&head.headers, &body.into_bytes(), *by));
            return Err(BrokenOff);
        }
        fault => raw::instead(fault),
    };
    let is_last = instead.is_some();
    line.say(instead.or_else(|| raw::before(fault)).unwrap_or_default());
    if is_last { Err(BrokenOff) } else { Ok(response) }
}

fn seen(parts: http::request::Parts, body: Bytes) -> SeenRequest {
    let body_len = body.len();
    SeenRequest {
        method: parts.method,
        path: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        headers: parts.headers,
        body,
        body_len,
        at: Instant::now(),
    }
}

/// A socket that can be reset rather than closed, says what it is told to, and counts itself.
struct Socket {
    io: TokioIo<TcpStream>,
    line: Line,
    state: Arc<State>,
}

impl Socket {
    fn new(stream: TcpStream, line: Line, state: Arc<State>) -> Self {
        state.count(|stats| {
            stats.connections += 1;
            stats.open += 1;
        });
        Self { io: TokioIo::new(stream), line, state }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // They fit into the buffer of a socket that has sent nothing yet.
        let _ = self.io.inner().try_write(&self.line.words());
        if self.line.is_reset() {
            // Deprecated since a lingering socket blocks its thread; one of zero seconds does not, and
            // `set_zero_linger` is younger than the tokio this crate asks for.
            #[allow(deprecated)]
            let _ = self.io.inner().set_linger(Some(Duration::ZERO));
        }
        self.state.count(|stats| stats.open -= 1);
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let words = self.line.words();
            if words.is_empty() {
                return Pin::new(&mut self.io).poll_write(cx, buf);
            }
            let written = std::task::ready!(Pin::new(&mut self.io).poll_write(cx, &words))?;
            self.line.said(written);
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.line.is_reset() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
