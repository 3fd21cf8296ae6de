use proptest::prelude::*;

use super::*;
use crate::dialect::Decode;
use crate::dialect::gemini::stream::Decoder;
use crate::dialect::sse::Frame;
use crate::dialect::wordings::{any_of, list, object};

/// What a stream of these chunks tells, read as it always is, and by the parser alone.
fn told(chunks: &[String], is_parsed: bool) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut told = Vec::new();
    for chunk in chunks {
        let data = chunk.as_bytes();
        let mut emit = |event: crate::dialect::canonical::Event<'_>| told.push(format!("{event:?}"));
        let read = match is_parsed {
            true => decoder.parse(data, &mut emit),
            false => decoder.decode(&Frame::of(data), &mut emit),
        };
        told.push(format!("{read:?}"));
    }
    told
}

fn chunk() -> BoxedStrategy<String> {
    let count = any_of(&["0", "7", "7", "12.0", r#""12""#, "null"]);
    let usage = object(&[
        ("promptTokenCount", any_of(&["19"])),
        ("candidatesTokenCount", any_of(&["7"])),
        ("totalTokenCount", any_of(&["28"])),
        ("promptTokensDetails", any_of(&[r#"[{"modality":"TEXT","tokenCount":19}]"#])),
    ]);
    let odd_usage = object(&[
        ("thoughtsTokenCount", count.clone()),
        ("cachedContentTokenCount", count.clone()),
        ("prompt_token_count", count),
    ]);
    let part = prop_oneof![
        6 => object(&[("text", any_of(&[r#""a""#, r#"" b""#, r#""\"\u00e4\\ü""#, r#""""#, "null"]))]),
        2 => object(&[("text", any_of(&[r#""a""#])), ("thought", any_of(&["true", "false", "null"]))]),
        1 => any_of(&[r#"{"functionCall":{"name":"f","args":{}}}"#, r#"{"text":"a","thoughtSignature":"RQ=="}"#]),
    ];
    let content = object(&[("parts", list(part.boxed())), ("role", any_of(&[r#""model""#]))]);
    let candidate = object(&[
        ("content", content),
        ("index", any_of(&["0", "0", "0", "1"])),
        ("safetyRatings", any_of(&[r#"[{"category":"X","probability":"LOW"}]"#])),
    ]);
    let ended = object(&[("finishReason", any_of(&[r#""STOP""#])), ("groundingMetadata", any_of(&["{}"]))]);
    object(&[
        ("candidates", list(prop_oneof![12 => candidate, 1 => ended].boxed())),
        ("usageMetadata", prop_oneof![4 => usage, 1 => odd_usage].boxed()),
        ("modelVersion", any_of(&[r#""m""#])),
        ("responseId", any_of(&[r#""r""#])),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn what_is_read_by_hand_tells_what_the_parser_would(mut chunks in prop::collection::vec(chunk(), 1..6)) {
        chunks.insert(0, r#"{"responseId":"r","modelVersion":"m"}"#.to_owned());
        prop_assert_eq!(told(&chunks, false), told(&chunks, true));
    }
}

#[test]
fn a_plain_piece_is_read_and_anything_else_is_left_to_the_parser() {
    let read =
        |json: &str| Plain::read(json.as_bytes()).map(|plain| (plain.text.into_owned(), plain.is_thought));
    let of = |part: &str, more: &str| {
        read(&format!(
            r#"{{"candidates": [{{"content": {{"parts": [{part}],"role": "model"}},"index": 0{more}}}]}}"#
        ))
    };
    assert_eq!(of(r#"{"text": "ä b"}"#, ""), Some(("ä b".to_owned(), false)));
    assert_eq!(of(r#"{"text":"a\n\u00e4"}"#, ""), Some(("a\nä".to_owned(), false)));
    assert_eq!(of(r#"{"text":"a","thought":true}"#, ""), Some(("a".to_owned(), true)));
    for part in [
        r#"{"text":""}"#,
        r#"{"text":"\ud800"}"#,
        r#"{"text":"a"},{"text":"b"}"#,
        r#"{"thought":true},{"text":"a"}"#,
        r#"{"text":"a","thoughtSignature":"E"}"#,
        r#"{"text":"a","thought":"yes"}"#,
        r#"{"functionCall":{"name":"f"}}"#,
        r#"{"text":"a","text":"b"}"#,
        r#"{"text":7}"#,
        "",
    ] {
        assert_eq!(of(part, ""), None, "{part}");
    }
    for more in [r#","finishReason":"STOP""#, r#","groundingMetadata":{}"#, r#","index":1"#, "}"] {
        assert_eq!(of(r#"{"text":"a"}"#, more), None, "{more}");
    }
    for whole in [
        r#"{"error":{}}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"error":null}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1.5}}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}},{}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}x"#,
    ] {
        assert_eq!(read(whole), None, "{whole}");
    }
    assert_eq!(Plain::read(b"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\xff\"}]}}]}"), None);
}
