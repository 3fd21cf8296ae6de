//! Conversations with tools and thoughts, as an SDK carries them on: what a member said goes back to it, or to
//! another, and the strict fakes refuse what their vendors would.

use serde_json::{Value, json};
use tower_failover::testing::FakeProvider;

use crate::support::{APIS, Api, Gateway, join};

const ANSWER: &str = "It is warm in Oslo.";
const THOUGHT: &str = "Let me look it up.";

/// A provider that thinks, calls two tools at once, and answers when it has their results.
async fn provider(api: Api) -> FakeProvider {
    api.builder()
        .answer(ANSWER)
        .reasoning(THOUGHT)
        .tool_call("weather", json!({"city": "Oslo"}))
        .tool_call("clock", json!({}))
        .start()
        .await
        .expect("a loopback port")
}

/// A model that thinks, of the kind that is strict about it.
const fn model(api: Api) -> &'static str {
    match api {
        Api::OpenAi | Api::Responses => "gpt-5-mini",
        Api::Anthropic => "claude-sonnet-4-5",
        Api::Gemini => "gemini-3-flash",
    }
}

async fn gateway(member: Api, provider: &FakeProvider) -> Gateway {
    Gateway::with_models(&[(member, provider.base_url(), model(member))], "").await
}

/// The question, with the tools, and with the wish to see what is thought where there is a word for it.
fn question(front: Api, is_stream: bool) -> Value {
    let weather = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let schemas = [("weather", weather), ("clock", json!({"type": "object", "properties": {}}))];
    let tools = |tool: fn(&str, &Value) -> Value| schemas.each_ref().map(|(name, schema)| tool(name, schema));
    match front {
        Api::OpenAi => {
            let tool = |name: &str, schema: &Value| json!({"type": "function", "function": {"name": name, "parameters": schema}});
            json!({"model": "workhorse", "messages": [{"role": "user", "content": "hello"}], "tools": tools(tool),
                "reasoning_effort": "medium", "stream": is_stream})
        }
        Api::Anthropic => {
            let tool = |name: &str, schema: &Value| json!({"name": name, "input_schema": schema});
            json!({"model": "workhorse", "messages": [{"role": "user", "content": "hello"}], "tools": tools(tool),
                "max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024}, "stream": is_stream})
        }
        Api::Responses => {
            let tool = |name: &str, schema: &Value| json!({"type": "function", "name": name, "parameters": schema, "strict": false});
            json!({"model": "workhorse", "input": [{"role": "user", "content": "hello"}], "tools": tools(tool),
                "reasoning": {"effort": "medium", "summary": "auto"}, "stream": is_stream, "store": false,
                "include": ["reasoning.encrypted_content"]})
        }
        Api::Gemini => {
            let tool = |name: &str, schema: &Value| json!({"name": name, "parametersJsonSchema": schema});
            json!({"contents": [{"role": "user", "parts": [{"text": "hello"}]}],
                "tools": [{"functionDeclarations": tools(tool)}],
                "generationConfig": {"thinkingConfig": {"includeThoughts": true}}})
        }
    }
}

/// The conversation with the answer in it, and with the results of all calls in that.
fn carried_on(front: Api, mut asked: Value, answer: &Value) -> Value {
    let push = |list: &mut Value, turn: Value| list.as_array_mut().expect("a list").push(turn);
    let of_kind = |list: &Value, kind: &str| -> Vec<Value> {
        list.as_array().into_iter().flatten().filter(|item| item["type"] == kind).cloned().collect()
    };
    match front {
        Api::OpenAi => {
            let message = &answer["choices"][0]["message"];
            push(&mut asked["messages"], message.clone());
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                let result = json!({"role": "tool", "tool_call_id": call["id"], "content": "fine"});
                push(&mut asked["messages"], result);
            }
        }
        Api::Anthropic => {
            push(&mut asked["messages"], json!({"role": "assistant", "content": answer["content"]}));
            let results = of_kind(&answer["content"], "tool_use")
                .into_iter()
                .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "fine"}));
            let results: Vec<Value> = results.collect();
            if !results.is_empty() {
                push(&mut asked["messages"], json!({"role": "user", "content": results}));
            }
        }
        Api::Responses => {
            for item in answer["output"].as_array().expect("output") {
                push(&mut asked["input"], item.clone());
            }
            for call in of_kind(&answer["output"], "function_call") {
                let result =
                    json!({"type": "function_call_output", "call_id": call["call_id"], "output": "fine"});
                push(&mut asked["input"], result);
            }
        }
        Api::Gemini => {
            let content = &answer["candidates"][0]["content"];
            push(&mut asked["contents"], content.clone());
            let parts = content["parts"].as_array().expect("parts").iter();
            let results = parts.filter_map(|part| part.get("functionCall")).map(|call| {
                let mut result = json!({"name": call["name"], "response": {"output": "fine"}});
                if let Some(id) = call.get("id") {
                    result["id"] = id.clone();
                }
                json!({"functionResponse": result})
            });
            let results: Vec<Value> = results.collect();
            if !results.is_empty() {
                push(&mut asked["contents"], json!({"role": "user", "parts": results}));
            }
        }
    }
    asked
}

/// The conversation with one more word of the user.
fn asked_again(front: Api, mut asked: Value) -> Value {
    let (list, turn) = match front {
        Api::OpenAi | Api::Anthropic => ("messages", json!({"role": "user", "content": "and now?"})),
        Api::Responses => ("input", json!({"role": "user", "content": "and now?"})),
        Api::Gemini => ("contents", json!({"role": "user", "parts": [{"text": "and now?"}]})),
    };
    asked[list].as_array_mut().expect("a list").push(turn);
    asked
}

fn calls() -> Vec<(String, Value)> {
    vec![("weather".to_owned(), json!({"city": "Oslo"})), ("clock".to_owned(), json!({}))]
}

/// Asks, and insists on an answer of the member itself. What was sent to it is in the message if not.
async fn ask(gateway: &Gateway, front: Api, body: &Value, what: &str) -> Value {
    let answer = gateway.send(front, body.to_string()).await;
    assert_eq!(answer.status, 200, "{what}: {body}\n{answer:?}");
    answer.json()
}

#[tokio::test]
async fn tools_are_called_and_their_results_answered_over_every_pair() {
    let talk = async |front: Api, member: Api| {
        let what = format!("{front:?} to {member:?}");
        let provider = provider(member).await;
        let gateway = gateway(member, &provider).await;
        let asked = question(front, false);
        let answer = gateway.send(front, asked.to_string()).await;
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        let reading = answer.read(front, false);
        assert_eq!((reading.tools, &*reading.finish), (calls(), "tool_calls"), "{what}: {answer:?}");
        assert!(reading.reasoning_tokens <= reading.output, "{what}");
        // OpenAI Chat Completions shows nothing of what is thought.
        if member != Api::OpenAi && front != Api::OpenAi {
            assert_eq!(reading.reasoning, THOUGHT, "{what}: {answer:?}");
        }
        let asked = carried_on(front, asked, &answer.json());
        let answer = gateway.send(front, asked.to_string()).await;
        let sent = provider.requests().last().map(|seen| seen.json().to_string());
        assert_eq!(answer.status, 200, "{what}: {asked}\n{sent:?}\n{answer:?}");
        let reading = answer.read(front, false);
        assert_eq!((&*reading.text, &*reading.finish), (ANSWER, "stop"), "{what}: {answer:?}");
    };
    join(APIS.into_iter().flat_map(|front| APIS.map(|member| talk(front, member)))).await;
}

#[tokio::test]
async fn tools_are_called_in_streams_over_every_pair() {
    let talk = async |front: Api, member: Api| {
        let provider = provider(member).await;
        let gateway = gateway(member, &provider).await;
        let asked = question(front, true).to_string();
        let answer = gateway.post(&front.path("workhorse", true), asked).await;
        let reading = answer.read(front, true);
        let what = format!("{front:?} to {member:?}: {answer:?}");
        assert_eq!((reading.tools, &*reading.finish), (calls(), "tool_calls"), "{what}");
        if member != Api::OpenAi && front != Api::OpenAi {
            assert_eq!(reading.reasoning, THOUGHT, "{what}");
        }
    };
    join(APIS.into_iter().flat_map(|front| APIS.map(|member| talk(front, member)))).await;
}

/// One member calls, another gets the results, and the first is asked again: no vendor sees another's seal, and
/// the first gets its own back.
#[tokio::test]
async fn a_conversation_moves_to_another_member_and_back() {
    let talk = async |front: Api, first: Api, second: Api| {
        let what = format!("{front:?} to {first:?}, {second:?} and back");
        let (one, other) = (provider(first).await, provider(second).await);
        let (here, there) = (gateway(first, &one).await, gateway(second, &other).await);
        let asked = question(front, false);
        let called = ask(&here, front, &asked, &what).await;
        let asked = carried_on(front, asked, &called);
        let answer = ask(&there, front, &asked, &what).await;
        let asked = asked_again(front, carried_on(front, asked, &answer));
        let called = ask(&here, front, &asked, &what).await;
        let asked = carried_on(front, asked, &called);
        let answer = ask(&here, front, &asked, &what).await;
        assert!(answer.to_string().contains(ANSWER), "{what}: {answer}");
    };
    for front in APIS {
        let pairs = APIS.into_iter().flat_map(|first| APIS.map(|second| (first, second)));
        join(pairs.map(|(first, second)| talk(front, first, second))).await;
    }
}
