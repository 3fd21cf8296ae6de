//! Once the model has said why it stops, all is there: nothing that comes later takes it back.

use tower_failover::dialect::openai_responses::OpenAiResponses;

use super::*;

const OVERLOADED: Do = is_frame("overloaded");

#[tokio::test(start_paused = true)]
async fn an_error_after_the_reason_takes_nothing_back() {
    let wanted = frames(&["hello", "\"finish\"", "end"]);
    let too_large = std::iter::repeat_n(Do::Raw(vec![b'x'; 1024 * 1024].into()), 33).collect::<Vec<_>>();
    let rows: [&[Do]; 6] = [
        &[OVERLOADED],
        &[OVERLOADED, HELLO, END],
        &[OVERLOADED, Do::Reset],
        &[Do::Raw("data: overloaded".into())],
        &[Do::Raw("data: overloaded".into()), Do::Reset],
        &too_large,
    ];
    for late in rows {
        let seen = whole(watch([&[HELLO, FINISH], late].concat()).await);
        assert_eq!(seen, wanted, "{} steps, {:?}", late.len(), late[0]);
    }
    // All in one chunk, also with the first content.
    let chunk = frames(&["role", "hello", "\"finish\"", "overloaded", "end"]);
    let seen = whole(watch([Do::Raw(chunk.into())]).await);
    assert_eq!(seen, frames(&["role", "hello", "\"finish\"", "end"]));
    // An answer that says why it is empty is one, too.
    let filtered = is_frame("\"finish: filtered\"");
    let seen = whole(watch([ROLE, filtered, OVERLOADED]).await);
    assert_eq!(seen, frames(&["role", "\"finish: filtered\"", "end"]));
}

#[tokio::test(start_paused = true)]
async fn an_error_after_a_reason_and_no_content_still_fails_over() {
    assert_eq!(refused(watch([ROLE, FINISH, OVERLOADED]).await), (Class::Overloaded, None));
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_reason_does_not_make_the_caller_wait() {
    let start = Instant::now();
    whole(watch([HELLO, FINISH, OVERLOADED, Do::Wait(3600 * SECOND)]).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// A stream of each dialect: its frames up to the one with the reason, an error, and the terminal frame.
fn late_error(dialect: &str) -> [&'static str; 3] {
    match dialect {
        "chat" => [
            "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\"}}\n\n",
            "data: [DONE]\n\n",
        ],
        "anthropic" => [
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ],
        "responses" => [
            "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\"}}\n\n",
            "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"busy\"}\n\n",
            "",
        ],
        _ => [
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"STOP\"}]}\n\n",
            "data: {\"error\":{\"code\":503,\"message\":\"busy\",\"status\":\"UNAVAILABLE\"}}\n\n",
            "",
        ],
    }
}

async fn watch_named(name: &str, steps: Vec<Do>) -> Seen {
    match name {
        "chat" => watch_dialect(OpenAiChat, steps).await,
        "anthropic" => watch_dialect(AnthropicMessages, steps).await,
        "responses" => watch_dialect(OpenAiResponses, steps).await,
        _ => watch_dialect(Gemini, steps).await,
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_reason_is_left_out_in_every_dialect() {
    for name in ["chat", "anthropic", "responses", "gemini"] {
        let [said, error, terminal] = late_error(name);
        let ends: [&[&str]; 4] = [&[error], &[error, terminal], &[terminal, error], &[error, error]];
        for end in ends {
            let steps = [&[said], end].concat().into_iter().map(|text| Do::Raw(text.into()));
            for steps in [steps.clone().collect(), steps.chain([Do::Reset]).collect::<Vec<_>>()] {
                assert_eq!(whole(watch_named(name, steps).await), format!("{said}{terminal}"), "{name}");
            }
            let chunk = [&[said], end].concat().concat();
            let seen = whole(watch_named(name, vec![Do::Raw(chunk.into())]).await);
            assert_eq!(seen, format!("{said}{terminal}"), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reason_in_the_frame_of_an_error_is_none() {
    let said = several(&[FIRST]);
    let both = format!(r#"data: {{"choices":[{FIRST_ENDS}],"error":{{"message":"busy"}}}}"#);
    for end in ["\n\n", ""] {
        let failed = Do::Raw(format!("{both}{end}").into());
        let (text, class, cause) = broken(watch_openai([&said[..], &[failed]].concat()).await);
        assert_eq!((class, cause), (Class::Interrupted, Some(Cause::GaveUp)), "{text}");
        assert!(!text.contains("busy") && !text.contains("DONE"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_after_one_reason_of_several_is_an_error() {
    let error = Do::Raw(late_error("chat")[1].into());
    let sent = several(&[ROLES, FIRST, SECOND_ONE, FIRST_ENDS]);
    let (_, class, cause) = broken(watch_openai([&sent[..], std::slice::from_ref(&error)].concat()).await);
    assert_eq!((class, cause), (Class::Interrupted, Some(Cause::GaveUp)));
    let sent = several(&[ROLES, FIRST, SECOND_ONE, FIRST_ENDS, SECOND_ENDS]);
    assert!(whole(watch_openai([&sent[..], &[error]].concat()).await).ends_with(DONE));
}

#[tokio::test(start_paused = true)]
async fn a_byte_order_mark_is_left_out_at_the_very_start_and_only_there() {
    let said = frames(&["role", "hello", "\"finish\"", "end"]);
    for (mark, wanted) in [("\u{feff}", said.clone()), ("\u{feff}\n", format!("\n{said}"))] {
        let stream = format!("{mark}{said}");
        let bytes = stream.bytes().map(|byte| Do::Raw(vec![byte].into()));
        assert_eq!(whole(watch(bytes).await), wanted, "byte by byte");
        for cut in 0..12 {
            let (head, tail) = stream.as_bytes().split_at(cut);
            let steps = [head, tail].map(|part| Do::Raw(Bytes::copy_from_slice(part)));
            assert_eq!(whole(watch(steps).await), wanted, "{cut}");
        }
    }
    let later = "data: hello\n\n\u{feff}: x\n\ndata: \u{feff}\n\n";
    let seen = whole(watch([Do::Raw(later.into()), FINISH, END]).await);
    assert_eq!(seen, format!("{later}{}", frames(&["\"finish\"", "end"])));
    // What is left out of the first frame is not missing from the others of its chunk.
    let chunk = frames(&["{", "role", "hello", "{", "\"finish\"", "end"]);
    let seen = whole(watch([Do::Raw(format!("\u{feff}{chunk}").into())]).await);
    assert_eq!(seen, said);
}
