//! What callers get wrong: a clear 4xx in their own dialect, nothing forwarded, the process unharmed.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower_failover::testing::FakeProvider;

use crate::support::{APIS, Answer, Api, Gateway};

async fn gateway() -> (Gateway, FakeProvider) {
    let provider = Api::OpenAi.provider("fine").await;
    let gateway =
        Gateway::with_settings(&[(Api::OpenAi, provider.base_url())], "[limits]\nrequest_body = \"64KiB\"")
            .await;
    (gateway, provider)
}

/// A refusal in the caller's dialect, which says something; and the next call is served.
async fn assert_refused(
    gateway: &Gateway,
    provider: &FakeProvider,
    front: Api,
    answer: &Answer,
    status: u16,
) {
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
    front.error_message(&answer.json());
    assert_eq!(provider.count(), 0, "nothing was forwarded");
    assert_eq!(gateway.ask(front, false).await.status, 200, "the process is unharmed");
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let anywhere: [&[u8]; 5] = [b"", b"{", b"null", b"[]", b"\"text\""];
    let in_messages: [&[u8]; 7] = [
        b"{\"model\":\"workhorse\",\"messages\":[}",
        b"{\"model\":\"workhorse\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]}",
        b"{\"messages\":[]}",
        b"{\"model\":7,\"messages\":[]}",
        b"{\"model\":null,\"messages\":[]}",
        b"{\"model\":\"workhorse\",\"stream\":\"yes\",\"messages\":[]}",
        b"{\"model\":\"workhorse\",\"model\":\"other\",\"messages\":[]}",
    ];
    let in_input: [&[u8]; 5] = [
        b"{\"model\":\"workhorse\",\"input\":[}",
        b"{\"model\":\"workhorse\",\"input\":\"\xff\xfe\"}",
        b"{\"input\":\"hello\"}",
        b"{\"model\":7,\"input\":\"hello\"}",
        b"{\"model\":\"workhorse\",\"stream\":\"yes\",\"input\":\"hello\"}",
    ];
    let in_contents: [&[u8]; 2] =
        [b"{\"contents\":[}", b"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"\xff\xfe\"}]}]}"];
    for front in APIS {
        let own: &[&[u8]] = match front {
            Api::OpenAi | Api::Anthropic => &in_messages,
            Api::Responses => &in_input,
            Api::Gemini => &in_contents,
        };
        for body in anywhere.iter().chain(own) {
            let (gateway, provider) = gateway().await;
            let answer = gateway.send(front, Bytes::from_static(body)).await;
            assert_refused(&gateway, &provider, front, &answer, 400).await;
        }
    }
}

#[tokio::test]
async fn wrong_types_are_refused_before_a_member_of_another_dialect_is_asked() {
    let turns =
        [json!("hello"), json!([7]), json!([{"role": "user"}]), json!([{"role": "nobody", "content": "x"}])];
    let contents = [json!("hello"), json!([7]), json!([{"role": "nobody", "parts": [{"text": "x"}]}])];
    for front in APIS {
        let provider = front.other().provider("fine").await;
        let gateway = Gateway::start(&[(front.other(), provider.base_url())]).await;
        let bodies: Vec<_> = match front {
            Api::OpenAi | Api::Anthropic => {
                let body = |turns| json!({"model": "workhorse", "max_tokens": 9, "messages": turns});
                turns.iter().map(body).collect()
            }
            // Here a string is a question.
            Api::Responses => {
                turns[1..].iter().map(|turns| json!({"model": "workhorse", "input": turns})).collect()
            }
            Api::Gemini => contents.iter().map(|contents| json!({"contents": contents})).collect(),
        };
        for body in bodies {
            let answer = gateway.send(front, body.to_string()).await;
            assert_eq!(answer.status, 400, "{front:?} {body} {answer:?}");
            assert_eq!(answer.header("x-failover-attempts"), "0", "{front:?} {body}");
            front.error_message(&answer.json());
        }
        assert_eq!(provider.count(), 0, "{front:?}");
    }
}

#[tokio::test]
async fn deep_nesting_is_refused_and_not_followed() {
    for front in APIS {
        let (gateway, provider) = gateway().await;
        let turns = match front {
            Api::OpenAi | Api::Anthropic => "messages",
            Api::Responses => "input",
            Api::Gemini => "contents",
        };
        let deep = format!(r#"{{"model":"workhorse","{turns}":{}"#, "[".repeat(20_000));
        let answer = gateway.send(front, deep).await;
        assert_refused(&gateway, &provider, front, &answer, 400).await;
    }
}

#[tokio::test]
async fn an_unknown_class_is_named_beside_those_that_exist() {
    for front in APIS {
        let (gateway, provider) = gateway().await;
        let mut question = front.question(false);
        if front != Api::Gemini {
            question["model"] = json!("gpt-17");
        }
        let answer = gateway.post(&front.path("gpt-17", false), question.to_string()).await;
        let message = front.error_message(&answer.json());
        assert!(message.contains("gpt-17") && message.contains("workhorse"), "{message}");
        assert_refused(&gateway, &provider, front, &answer, 404).await;
    }
}

#[tokio::test]
async fn an_oversized_body_is_refused() {
    for front in APIS {
        let (gateway, provider) = gateway().await;
        let answer = gateway.send(front, vec![b' '; 65 * 1024]).await;
        assert_refused(&gateway, &provider, front, &answer, 413).await;
    }
}

#[tokio::test]
async fn a_deadline_that_is_no_number_is_refused() {
    for front in APIS {
        for value in ["soon", "-5", "0", "1.5", ""] {
            let (gateway, provider) = gateway().await;
            let request = Request::post(format!("{}{}", gateway.url, front.path("workhorse", false)))
                .header("content-type", "application/json")
                .header("x-failover-deadline-ms", value)
                .body(Full::from(front.question(false).to_string()))
                .unwrap();
            let answer = gateway.send_request(request).await;
            assert_refused(&gateway, &provider, front, &answer, 400).await;
        }
    }
}

#[tokio::test]
async fn absurd_headers_do_no_harm() {
    let (gateway, _provider) = gateway().await;
    let mut request = Request::post(format!("{}{}", gateway.url, Api::OpenAi.path("workhorse", false)));
    for index in 0..60 {
        request = request.header(format!("x-absurd-{index}"), "x".repeat(100));
    }
    request = request
        .header("x-failover-provider", "forged")
        .header("traceparent", "\u{1}\u{2}".replace(char::is_control, "?"));
    let answer = gateway
        .send_request(request.body(Full::from(Api::OpenAi.question(false).to_string())).unwrap())
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-failover-provider"), "primary");
}

#[tokio::test]
async fn half_a_request_forwards_nothing() {
    let (gateway, provider) = gateway().await;
    let address = gateway.url.strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"mod";
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(provider.count(), 0);
    assert_eq!(gateway.ask(Api::OpenAi, false).await.status, 200);
}

/// An audio clip for a member that takes none: another who can is asked, and if there is none, the caller is
/// told which field it was, and not to try again.
#[tokio::test]
async fn what_no_member_can_carry_is_the_callers_to_change() {
    let question = json!({"model": "workhorse", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "what is said?"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ]}]})
    .to_string();
    let (deaf, hearing) = (Api::Anthropic.provider("deaf").await, Api::OpenAi.provider("heard").await);
    let alone = Gateway::start(&[(Api::Anthropic, deaf.base_url())]).await;
    let answer = alone.send(Api::OpenAi, question.clone()).await;
    assert_refused(&alone, &deaf, Api::OpenAi, &answer, 400).await;
    assert!(answer.raw().contains("messages[0].content[1]"), "{answer:?}");
    assert_eq!(answer.header("x-should-retry"), "false");
    let members = [(Api::Anthropic, deaf.base_url()), (Api::OpenAi, hearing.base_url())];
    let both = Gateway::start(&members).await;
    let answer = both.send(Api::OpenAi, question).await;
    assert_eq!(answer.read(Api::OpenAi, false).text, "heard");
    assert_eq!(answer.header("x-failover-provider"), "fallback");
}
