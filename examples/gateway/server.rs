//! Sockets, and an orderly end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Uri};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket};
use tower::ServiceBuilder;

use crate::Result;
use crate::linger::Lingering;
use crate::reload::Live;
use crate::say::say;

/// A client that has not sent the head of its request by then is disconnected.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// What is read at once of a connection, at most; a head may not be longer. After a long prompt a connection keeps room
/// for as much until its answer has ended: by default 408 KiB.
const READ_AHEAD: usize = 64 * 1024;
/// Streams under way at the end get this long. Longer than the default deadline of a call has no use.
const GRACE: Duration = Duration::from_secs(300);

/// Listens, or says what to do instead.
pub(crate) async fn bind(listen: &str) -> Result<TcpListener> {
    listen_on(listen).await.map_err(|error| {
        format!("cannot listen on {listen}: {error}; choose another address with --listen, as --listen 127.0.0.1:0").into()
    })
}

/// How many connections may wait to be accepted; the kernel may allow fewer. `TcpListener::bind` allows 128, which a
/// crowd fills in a moment, as after a restart. Who comes then takes himself for connected, and his request is sent
/// again after 0.2 s, 0.4 s, 0.8 s and so on: some wait for a minute.
const QUEUE: u32 = 4096;

async fn listen_on(address: &str) -> std::io::Result<TcpListener> {
    let mut result = Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "no address"));
    for address in tokio::net::lookup_host(address).await? {
        result = listen_at(address);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn listen_at(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows this would let two programs listen on one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// After SIGTERM new connections are still taken for so long: a load balancer has to ask `/readyz` first, to know.
const NOTICE: Duration = Duration::from_secs(3);

/// Ctrl-C; or SIGTERM, and the time that a load balancer needs. Says at once that it is draining. A SIGTERM that comes
/// after the call no longer ends the process, also before the first poll.
pub(crate) fn shutdown_signal(is_draining: Arc<AtomicBool>) -> impl Future<Output = ()> {
    #[cfg(unix)]
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        #[cfg(unix)]
        if let Ok(mut terminate) = terminate {
            tokio::select! {
                _ = terminate.recv() => {
                    is_draining.store(true, Ordering::Relaxed);
                    tokio::select! {
                        () = tokio::time::sleep(NOTICE) => {}
                        _ = tokio::signal::ctrl_c() => {}
                    }
                }
                _ = tokio::signal::ctrl_c() => is_draining.store(true, Ordering::Relaxed),
            }
            return;
        }
        let _ = tokio::signal::ctrl_c().await;
        is_draining.store(true, Ordering::Relaxed);
    }
}

/// Serves until `shutdown`, then lets what is under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    live: Live,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let app = ServiceBuilder::new().map_request(arrived).service(live);
    let app = TowerToHyperService::new(app);
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(READ_AHEAD);
    http.http2().timer(TokioTimer::new());
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                // Out of file descriptors, or a client already gone: neither is a reason to stop serving.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Small writes must not wait for the peer's delayed acknowledgements.
        let _ = socket.set_nodelay(true);
        let connection = http.serve_connection(TokioIo::new(socket), app.clone()).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "connection ended");
            }
        });
    }
    drop(listener);
    drain(connections).await;
    Ok(())
}

/// The router keeps the address of a call as long as the call takes. It is a slice of what the connection has read, all
/// of which would be kept with it: 8 KiB for each stream. So the router gets a copy.
fn arrived(request: Request<Incoming>) -> Request<Lingering> {
    let mut request = request.map(Lingering::new);
    if let Ok(uri) = Uri::try_from(request.uri().to_string()) {
        *request.uri_mut() = uri;
    }
    request
}

async fn drain(connections: GracefulShutdown) {
    say(format_args!(
        "stopping: letting {} connection(s) finish; Ctrl-C again stops at once",
        connections.count()
    ));
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(GRACE) => say("some streams took too long and were cut"),
        _ = tokio::signal::ctrl_c() => {}
    }
}
