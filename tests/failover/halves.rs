//! Halves of characters: an emoji that a server cuts in two between two pieces of its text.

use tower_failover::testing::RecordedReply;

use crate::resume::spoken;
use crate::support::{APIS, Answer, Api, Gateway, join};

/// Nobody but the member answers, so that what is lost is not made good by another.
const SETTINGS: &str = r#"
    [retry]
    attempts = 1
    [stream]
    rescue = "error"
    first_token = "60s"
    idle = "60s"
    [timeouts]
    attempt = "60s"
    total = "120s"
"#;
const PIECES: [&str; 4] = ["ab", r"\ud83d", r"\ude00", "cd"];
const READ: &str = "ab\u{fffd}\u{fffd}cd";

fn events(events: impl IntoIterator<Item = String>) -> String {
    let name = |event: &str| event.split('"').nth(3).unwrap_or_default().to_owned();
    events.into_iter().map(|event| format!("event: {}\ndata: {event}\n\n", name(&event))).collect()
}

/// A stream that says these pieces, one in a frame.
fn stream(api: Api) -> String {
    let chat = |delta: &str, finish: &str| {
        format!(
            r#"data: {{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#
        ) + "\n\n"
    };
    let gemini = |text: &str, rest: &str| {
        format!(
            r#"data: {{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}],"role":"model"}},"index":0{rest}}}]}}"#
        ) + "\r\n\r\n"
    };
    let owned = |event: &str| event.to_owned();
    let response = |status: &str, output: &str| {
        format!(
            r#""response":{{"id":"resp_1","object":"response","created_at":1,"status":"{status}","model":"m","output":[{output}],"usage":{{"input_tokens":1,"output_tokens":1,"total_tokens":2}}}}"#
        )
    };
    let message = format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{{"type":"output_text","text":"{}","annotations":[]}}]}}"#,
        // Not two halves of one character, and so as odd as its pieces.
        r"ab\ud83d\ud83dcd"
    );
    match api {
        Api::OpenAi => {
            let said: String =
                PIECES.iter().map(|piece| chat(&format!(r#"{{"content":"{piece}"}}"#), "null")).collect();
            chat(r#"{"role":"assistant","content":""}"#, "null")
                + &said
                + &chat("{}", "\"stop\"")
                + "data: [DONE]\n\n"
        }
        Api::Gemini => {
            let said: String = PIECES.iter().map(|piece| gemini(piece, "")).collect();
            said + &gemini("", r#","finishReason":"STOP""#)
        }
        Api::Anthropic => {
            let delta = |piece: &&str| {
                format!(
                    r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{piece}"}}}}"#
                )
            };
            events(
                [
                    owned(r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}"#),
                    owned(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#),
                ]
                .into_iter()
                .chain(PIECES.iter().map(delta))
                .chain([
                    owned(r#"{"type":"content_block_stop","index":0}"#),
                    owned(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#),
                    owned(r#"{"type":"message_stop"}"#),
                ]),
            )
        }
        Api::Responses => {
            let delta = |piece: &&str| {
                format!(
                    r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"{piece}","logprobs":[]}}"#
                )
            };
            events(
                [
                    format!(r#"{{"type":"response.created",{}}}"#, response("in_progress", "")),
                    owned(r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"in_progress","content":[]}}"#),
                ]
                .into_iter()
                .chain(PIECES.iter().map(delta))
                .chain([
                    format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{message}}}"#),
                    format!(r#"{{"type":"response.completed",{}}}"#, response("completed", &message)),
                ]),
            )
        }
    }
}

/// A whole answer with this text, which is written as JSON has it.
fn whole(api: Api, text: &str) -> String {
    match api {
        Api::OpenAi => format!(
            r#"{{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}]}}"#
        ),
        Api::Anthropic => format!(
            r#"{{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","usage":{{"input_tokens":1,"output_tokens":1}}}}"#
        ),
        Api::Gemini => format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}],"role":"model"}},"finishReason":"STOP","index":0}}]}}"#
        ),
        Api::Responses => format!(
            r#"{{"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m","output":[{{"type":"web_search_call","id":"ws_1","status":"completed"}},{{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{{"type":"output_text","text":"{text}","annotations":[]}}]}}]}}"#
        ),
    }
}

/// What each front gets of this reply.
async fn each_front(api: Api, reply: &RecordedReply, is_stream: bool, check: impl Fn(Api, Answer)) {
    let ask = async |front: Api| {
        let provider = api.provider("unused").await;
        provider.reply(reply.clone());
        let gateway = Gateway::with_settings(&[(api, provider.base_url())], SETTINGS).await;
        check(front, gateway.ask(front, is_stream).await);
    };
    join(APIS.into_iter().map(ask)).await;
}

#[tokio::test]
async fn a_character_cut_in_two_costs_a_stream_nothing_but_itself() {
    for api in APIS {
        let sent = stream(api);
        each_front(api, &RecordedReply::sse(sent.clone()), true, |front, answer| {
            if api == front {
                return assert_eq!(answer.raw(), sent, "{api:?}");
            }
            let what = format!("{api:?} for {front:?}: {answer:?}");
            assert_eq!(spoken(front, answer.raw()), READ, "{what}");
            let reading = answer.read(front, true);
            assert_eq!((&*reading.text, &*reading.finish), (READ, "stop"), "{what}");
        })
        .await;
    }
}

#[tokio::test]
async fn half_a_character_costs_a_whole_answer_nothing_but_itself() {
    for api in APIS {
        let sent = whole(api, r#"ab\ud83dc\"d\ud83d\ude00"#);
        for is_stream in [false, true] {
            each_front(api, &RecordedReply::json(200, sent.clone()), is_stream, |front, answer| {
                if api == front && !is_stream {
                    return assert_eq!(answer.raw(), sent, "{api:?}");
                }
                let what = format!("{api:?} for {front:?} {is_stream}: {answer:?}");
                assert_eq!(answer.status, 200, "{what}");
                assert_eq!(answer.read(front, is_stream).text, "ab\u{fffd}c\"d\u{1f600}", "{what}");
            })
            .await;
        }
    }
}
