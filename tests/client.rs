//! What a caller relies on in the client: each request once, to one place, and a failure in the taxonomy.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_failover::body::Buffered;
use tower_failover::client::{Client, ClientPool, Credential, Endpoint};
use tower_failover::failure::{Class, Failure, Outcome, Scope};
use tower_failover::testing::{Chunking, FakeProvider, Fault, RecordedReply};

const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;

fn request() -> Request<Buffered> {
    Request::post("/chat/completions").body(Buffered::new(Bytes::from_static(BODY.as_bytes()))).unwrap()
}

fn client(base_url: &str) -> Client {
    Endpoint::new(base_url, "sk-secret").unwrap().into_service()
}

async fn failure(client: Client) -> Failure {
    let error = client.oneshot(request()).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret"), "{shown}");
    Failure::find(error.as_ref()).expect("a failure in the chain").clone()
}

#[tokio::test]
async fn a_request_reaches_the_provider_under_its_base_url_with_its_own_host_and_key() {
    let provider = FakeProvider::openai().start().await.unwrap();
    let mut request = request();
    for (name, value) in [
        ("host", "gateway.example"),
        ("content-length", "9999"),
        ("authorization", "Bearer callers"),
        ("te", "trailers"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
    *request.version_mut() = Version::HTTP_2; // as a caller's connection may have been
    let response = client(&provider.base_url()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let seen = &provider.requests()[0];
    assert_eq!(seen.path, "/v1/chat/completions");
    assert_eq!(seen.header("host"), provider.addr().to_string());
    assert_eq!(seen.header("authorization"), "Bearer sk-secret");
    assert_eq!(seen.header("content-length"), BODY.len().to_string());
    assert!(seen.header("te").is_empty() && seen.header("accept-encoding").is_empty());
    assert_eq!(seen.body, BODY);
}

#[tokio::test]
async fn a_header_of_its_own_carries_the_key_where_the_provider_wants_it() {
    let provider = FakeProvider::anthropic().require_key("sk-ant").start().await.unwrap();
    let endpoint = Endpoint::new(&provider.base_url(), Credential::header("x-api-key", "sk-ant")).unwrap();
    let body = r#"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#;
    let request = Request::post("/v1/messages").header("anthropic-version", "2023-06-01");
    let request = request.body(Buffered::new(Bytes::from_static(body.as_bytes()))).unwrap();
    assert_eq!(endpoint.into_service().oneshot(request).await.unwrap().status(), 200);
    assert!(provider.requests()[0].headers.get("authorization").is_none());
}

#[tokio::test]
async fn clones_and_endpoints_of_one_pool_share_connections() {
    let provider = FakeProvider::openai().start().await.unwrap();
    let pool = ClientPool::builder().max_idle_per_host(4).build();
    let endpoint = || Endpoint::new(&provider.base_url(), "key").unwrap().with_pool(&pool).into_service();
    for client in [endpoint(), endpoint(), endpoint().clone()] {
        let response = client.oneshot(request()).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    assert_eq!((provider.count(), provider.stats().connections), (3, 1));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connect_failure() {
    let provider = FakeProvider::openai().start().await.unwrap();
    provider.stop().await;
    assert_eq!(failure(client(&provider.base_url())).await.class(), Class::Connect);
}

#[tokio::test]
async fn a_reset_before_the_head_is_a_connect_failure_and_is_not_repeated() {
    let provider = FakeProvider::openai().start().await.unwrap();
    provider.script([Fault::Refuse]);
    let reset = failure(client(&provider.base_url())).await;
    // Scope: there was a connection, so nothing is said of the host.
    assert_eq!((reset.class(), reset.scope()), (Class::Connect, Scope::Request));
    assert_eq!(provider.count(), 1);
}

#[tokio::test]
async fn a_reused_connection_that_fails_is_not_retried_behind_the_callers_back() {
    let provider = FakeProvider::openai().start().await.unwrap();
    let client = client(&provider.base_url());
    client.clone().oneshot(request()).await.unwrap().into_body().collect().await.unwrap();
    provider.script([Fault::Refuse]);
    assert_eq!(failure(client).await.class(), Class::Connect);
    assert_eq!(provider.count(), 2);
}

/// It had answered, so the provider is there; a first request that breaks off is another matter.
#[tokio::test]
async fn a_reused_connection_that_breaks_is_held_against_nobody() {
    let provider = FakeProvider::openai().start().await.unwrap();
    let client = client(&provider.base_url());
    provider.script([Fault::Refuse]);
    assert_eq!(failure(client.clone()).await.outcome(), Outcome::Failure);
    client.clone().oneshot(request()).await.unwrap().into_body().collect().await.unwrap();
    provider.script([Fault::Refuse, Fault::Refuse]);
    assert_eq!(failure(client.clone()).await.outcome(), Outcome::Cancelled);
    assert_eq!(failure(client).await.outcome(), Outcome::Failure, "this one was new");
}

#[tokio::test]
async fn a_name_that_no_one_has_is_a_connect_failure() {
    assert_eq!(failure(client("https://no-such-host.invalid/v1")).await.class(), Class::Connect);
}

#[tokio::test]
async fn a_server_without_tls_is_a_connect_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    assert_eq!(failure(client(&url)).await.class(), Class::Connect);
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_a_connect_failure_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap(); // accepts, and says nothing
    let url = format!("https://{}", listener.local_addr().unwrap());
    let pool = ClientPool::builder().connect_timeout(Duration::from_millis(50)).build();
    let client = Endpoint::new(&url, "sk-secret").unwrap().with_pool(&pool).into_service();
    let failure = tokio::time::timeout(Duration::from_secs(5), failure(client)).await.unwrap();
    assert_eq!(failure.class(), Class::Connect);
}

/// The address of somebody who answers the first request so, byte for byte.
async fn says(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    url
}

#[tokio::test]
async fn a_head_that_is_not_http_is_the_servers_failure() {
    let url = says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    assert_eq!(failure(client(&url)).await.class(), Class::ServerError);
}

#[tokio::test]
async fn what_a_provider_writes_into_its_status_line_stays_here() {
    let url = says(b"HTTP/1.1 400 no sk-secret here\r\ncontent-length: 0\r\n\r\n").await;
    let response = client(&url).oneshot(request()).await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.extensions().get::<hyper::ext::ReasonPhrase>().is_none(), "it was kept");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (provider, elsewhere) =
        (FakeProvider::openai().start().await.unwrap(), FakeProvider::openai().start().await.unwrap());
    provider.reply(RecordedReply::new(307, "").header("location", &elsewhere.base_url()));
    let response = client(&provider.base_url()).oneshot(request()).await.unwrap();
    assert_eq!((response.status().as_u16(), elsewhere.count()), (307, 0));
}

#[tokio::test]
async fn a_key_that_a_provider_quotes_stays_here() {
    let said = "{\"error\":{\"message\":\"Incorrect API key provided: sk-secret. Use sk-s*****ret.\"}}";
    let told = said.replace("sk-secret", "*********");
    for chunking in [Chunking::Whole, Chunking::Bytes(1), Chunking::Bytes(7)] {
        let provider = FakeProvider::openai().start().await.unwrap();
        provider.reply(RecordedReply::json(401, said).chunking(chunking));
        let response = client(&provider.base_url()).oneshot(request()).await.unwrap();
        assert_eq!(response.status(), 401);
        let length =
            response.headers().get("content-length").map(|length| length.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(std::str::from_utf8(&body).unwrap(), told, "{chunking:?}");
        assert!(length.is_none_or(|length| length == body.len().to_string()));
    }
}

#[tokio::test]
async fn an_answer_is_passed_as_it_is() {
    let provider = FakeProvider::openai().start().await.unwrap();
    provider.reply(RecordedReply::json(200, "{\"text\":\"sk-secret\"}"));
    let response = client(&provider.base_url()).oneshot(request()).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&body[..], b"{\"text\":\"sk-secret\"}");
}

#[tokio::test]
async fn dropping_the_future_cancels_the_request() {
    let provider = FakeProvider::openai().start().await.unwrap();
    provider.always(Fault::Hang);
    let call = tokio::spawn(client(&provider.base_url()).oneshot(request()));
    provider.wait_until(|stats| stats.requests == 1).await;
    call.abort();
    let seen = provider.wait_until(|stats| stats.cancelled == 1 && stats.open == 0);
    tokio::time::timeout(Duration::from_secs(5), seen).await.unwrap();
}
