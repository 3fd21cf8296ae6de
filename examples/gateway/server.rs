//! Sockets, and an orderly end.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;

use crate::Result;
use crate::linger::Lingering;
use crate::reload::Live;

/// A client that has not sent the head of its request by then is disconnected.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Streams under way at the end get this long. Longer than the default deadline of a call has no use.
const GRACE: Duration = Duration::from_secs(300);

/// Listens, or says what to do instead.
pub(crate) async fn bind(listen: &str) -> Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|error| {
        format!("cannot listen on {listen}: {error}; choose another address with --listen, as --listen 127.0.0.1:0").into()
    })
}

/// After SIGTERM new connections are still taken for so long: a load balancer has to ask `/readyz` first, to know.
const NOTICE: Duration = Duration::from_secs(3);

/// Ctrl-C; or SIGTERM, and the time that a load balancer needs. Says at once that it is draining.
pub(crate) async fn shutdown_signal(is_draining: Arc<AtomicBool>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
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
    }
    let _ = tokio::signal::ctrl_c().await;
    is_draining.store(true, Ordering::Relaxed);
}

/// Serves until `shutdown`, then lets what is under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    live: Live,
    shutdown: impl Future<Output = ()>,
) -> Result<()> {
    let app = ServiceBuilder::new()
        .map_request(|request: Request<Incoming>| request.map(Lingering::new))
        .service(live);
    let app = TowerToHyperService::new(app);
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
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

async fn drain(connections: GracefulShutdown) {
    println!("stopping: letting {} connection(s) finish; Ctrl-C again stops at once", connections.count());
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(GRACE) => println!("some streams took too long and were cut"),
        _ = tokio::signal::ctrl_c() => {}
    }
}
