#!/usr/bin/env python3
"""Checks a gateway with the official SDKs, as its callers use them.

    pip install -r requirements.txt
    python run.py --gateway http://127.0.0.1:8080 --class workhorse \
        --control openai=http://127.0.0.1:PORT --control anthropic=http://127.0.0.1:PORT

The first `--control` names the primary of the class, the others its fallbacks, in order; the URLs are those of the
fake providers behind the gateway (`POST /__fault?mode=...`). The fakes must call the tool `get_weather` when they
are given it.

    cargo run --example fake_providers
    python run.py --direct openai=http://127.0.0.1:PORT/v1 --direct anthropic=http://127.0.0.1:PORT \
        --control openai=http://127.0.0.1:PORT --control anthropic=http://127.0.0.1:PORT

checks the fakes themselves: that the SDKs take what they say. Exits with 1 if a check fails.
"""

import argparse
import json
import sys
import traceback
import urllib.request
from dataclasses import dataclass, field

import anthropic
import openai

QUESTION = [{"role": "user", "content": "What is the weather in Oslo?"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
OPENAI_TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
ANTHROPIC_TOOLS = [{"name": "get_weather", "description": "The weather", "input_schema": SCHEMA}]


@dataclass
class Target:
    """What is checked: a gateway, or the fakes alone."""

    openai_url: str
    anthropic_url: str
    model: str
    controls: dict
    is_gateway: bool
    expected: dict = field(default_factory=dict)

    def __post_init__(self):
        # No retries of the SDK's own: what is checked is what the gateway does with one request.
        self.openai = openai.OpenAI(base_url=self.openai_url, api_key="callers-key", max_retries=0, timeout=30)
        self.anthropic = anthropic.Anthropic(
            base_url=self.anthropic_url, api_key="callers-key", max_retries=0, timeout=30
        )

    def fault(self, mode, *names):
        for name in names or self.controls:
            url = f"{self.controls[name]}/__fault?mode={mode}"
            with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as response:
                response.read()

    def failover_headers(self, headers):
        if not self.is_gateway:
            return
        equal(headers["x-failover-provider"], self.expected["provider"], "x-failover-provider")
        attempts = int(headers["x-failover-attempts"])
        # With the primary's circuit open the fallback answers at the first attempt.
        at_most = 1 if self.expected["provider"] == next(iter(self.controls)) else 9
        check(1 <= attempts <= at_most, f"x-failover-attempts is {attempts}")


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


# OpenAI


def openai_create(t):
    raw = t.openai.chat.completions.with_raw_response.create(model=t.model, messages=QUESTION)
    t.failover_headers(raw.headers)
    answer = raw.parse()
    choice = answer.choices[0]
    check(choice.message.content, "no text")
    equal((choice.message.role, choice.finish_reason), ("assistant", "stop"), "role and finish reason")
    check(answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0, f"usage {answer.usage}")
    equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens, "total")
    return choice.message.content


def openai_stream(t):
    raw = t.openai.chat.completions.with_raw_response.create(
        model=t.model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    t.failover_headers(raw.headers)
    chunks = list(raw.parse())
    equal(len({chunk.id for chunk in chunks}), 1, "ids in one stream")
    equal(chunks[0].choices[0].delta.role, "assistant", "role of the first chunk")
    finish = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    equal(finish, ["stop"], "finish reasons")
    usage = [chunk.usage for chunk in chunks if chunk.usage]
    equal((len(usage), chunks[-1].choices), (1, []), "the usage chunk, last and without choices")
    check(usage[0].prompt_tokens > 0 and usage[0].completion_tokens > 0, f"usage {usage}")
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def openai_stream_without_usage(t):
    stream = t.openai.chat.completions.create(model=t.model, messages=QUESTION, stream=True)
    chunks = list(stream)
    check(all(chunk.choices and not chunk.usage for chunk in chunks), "a chunk nobody asked for")
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def openai_accumulator(t):
    with t.openai.chat.completions.stream(
        model=t.model, messages=QUESTION, stream_options={"include_usage": True}
    ) as stream:
        deltas = "".join(event.delta for event in stream if event.type == "content.delta")
        answer = stream.get_final_completion()
    equal(answer.choices[0].finish_reason, "stop", "finish reason")
    equal(answer.choices[0].message.content, deltas, "accumulated text")
    check(answer.usage.completion_tokens > 0, f"usage {answer.usage}")
    return deltas


def openai_tools(t):
    ask = {"model": t.model, "tools": OPENAI_TOOLS}
    choice = t.openai.chat.completions.create(messages=QUESTION, **ask).choices[0]
    equal(choice.finish_reason, "tool_calls", "finish reason")
    return openai_result(t, ask, choice.message)


def openai_tools_streamed(t):
    ask = {"model": t.model, "tools": OPENAI_TOOLS}
    with t.openai.chat.completions.stream(messages=QUESTION, **ask) as stream:
        choice = stream.get_final_completion().choices[0]
    equal(choice.finish_reason, "tool_calls", "finish reason")
    return openai_result(t, ask, choice.message)


def openai_result(t, ask, message):
    check(message.tool_calls, "no tool call")
    results = []
    for call in message.tool_calls:
        equal((call.type, call.function.name), ("function", "get_weather"), "tool")
        equal(json.loads(call.function.arguments)["city"], "Oslo", "arguments")
        results.append({"role": "tool", "tool_call_id": call.id, "content": "12 degrees"})
    calls = [
        {"id": c.id, "type": "function", "function": {"name": c.function.name, "arguments": c.function.arguments}}
        for c in message.tool_calls
    ]
    said = {"role": "assistant", "content": message.content, "tool_calls": calls}
    answer = t.openai.chat.completions.create(messages=[*QUESTION, said, *results], **ask)
    equal(answer.choices[0].finish_reason, "stop", "finish reason after the result")
    return answer.choices[0].message.content


def openai_malformed(t):
    try:
        t.openai.chat.completions.create(model=t.model, messages=[])
    except openai.BadRequestError as error:
        check(isinstance(error.body, dict) and error.body.get("message"), f"body {error.body!r}")
    else:
        raise AssertionError("an empty conversation was answered")


def openai_all_down(t):
    try:
        t.openai.chat.completions.create(model=t.model, messages=QUESTION)
    except openai.InternalServerError as error:
        all_down(t, error)
        check(isinstance(error.body, dict) and error.body.get("message"), f"body {error.body!r}")
    else:
        raise AssertionError("answered with all providers down")


# Anthropic


def anthropic_ask(t, **more):
    return {"model": t.model, "max_tokens": 256, "messages": QUESTION, **more}


def anthropic_create(t):
    raw = t.anthropic.messages.with_raw_response.create(**anthropic_ask(t))
    t.failover_headers(raw.headers)
    answer = raw.parse()
    equal((answer.type, answer.role, answer.stop_reason), ("message", "assistant", "end_turn"), "end")
    equal([block.type for block in answer.content], ["text"], "blocks")
    check(answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0, f"usage {answer.usage}")
    return answer.content[0].text


def anthropic_stream(t):
    raw = t.anthropic.messages.with_raw_response.create(**anthropic_ask(t, stream=True))
    t.failover_headers(raw.headers)
    events = list(raw.parse())
    kinds = [event.type for event in events if event.type not in ("ping", "content_block_delta")]
    wanted = ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    equal(kinds, wanted, "events")
    return "".join(event.delta.text for event in events if event.type == "content_block_delta")


def anthropic_accumulator(t):
    with t.anthropic.messages.stream(**anthropic_ask(t)) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
    equal(answer.stop_reason, "end_turn", "stop reason")
    equal(answer.content[0].text, text, "accumulated text")
    check(answer.usage.output_tokens > 1, f"usage {answer.usage}")
    return text


def anthropic_tools(t):
    answer = t.anthropic.messages.create(**anthropic_ask(t, tools=ANTHROPIC_TOOLS))
    return anthropic_result(t, answer)


def anthropic_tools_streamed(t):
    with t.anthropic.messages.stream(**anthropic_ask(t, tools=ANTHROPIC_TOOLS)) as stream:
        answer = stream.get_final_message()
    return anthropic_result(t, answer)


def anthropic_result(t, answer):
    equal(answer.stop_reason, "tool_use", "stop reason")
    uses = [block for block in answer.content if block.type == "tool_use"]
    check(uses, "no tool use")
    for use in uses:
        equal((use.name, use.input["city"]), ("get_weather", "Oslo"), "tool")
    said = [{"type": "tool_use", "id": use.id, "name": use.name, "input": use.input} for use in uses]
    results = [{"type": "tool_result", "tool_use_id": use.id, "content": "12 degrees"} for use in uses]
    turns = [*QUESTION, {"role": "assistant", "content": said}, {"role": "user", "content": results}]
    answer = t.anthropic.messages.create(**{**anthropic_ask(t, tools=ANTHROPIC_TOOLS), "messages": turns})
    equal(answer.stop_reason, "end_turn", "stop reason after the result")
    return answer.content[0].text


def anthropic_malformed(t):
    try:
        t.anthropic.messages.create(**{**anthropic_ask(t), "messages": []})
    except anthropic.BadRequestError as error:
        equal(error.body["error"]["type"], "invalid_request_error", "error type")
    else:
        raise AssertionError("an empty conversation was answered")


def anthropic_all_down(t):
    try:
        t.anthropic.messages.create(**anthropic_ask(t))
    except anthropic.APIStatusError as error:
        all_down(t, error)
        equal(error.body["type"], "error", "type of the body")
        check(error.body["error"]["message"], f"body {error.body!r}")
    else:
        raise AssertionError("answered with all providers down")


def all_down(t, error):
    equal(error.status_code, 503, "status")
    if t.is_gateway:
        check(float(error.response.headers["retry-after"]) >= 0, "no retry-after")
        # The gateway has retried already; its callers' SDKs must not multiply that.
        equal(error.response.headers.get("x-should-retry"), "false", "x-should-retry")


OPENAI = [
    openai_create, openai_stream, openai_stream_without_usage, openai_accumulator, openai_tools, openai_tools_streamed,
]
ANTHROPIC = [
    anthropic_create, anthropic_stream, anthropic_accumulator, anthropic_tools, anthropic_tools_streamed,
]
MALFORMED = [openai_malformed, anthropic_malformed]
ALL_DOWN = [openai_all_down, anthropic_all_down]


class Run:
    def __init__(self):
        self.failed = 0

    def phase(self, name, t, checks):
        texts = {}
        for one in checks:
            try:
                text = one(t)
                print(f"ok    {name}: {one.__name__}" + (f" ({text!r})" if text else ""))
                texts[one.__name__] = text
            except Exception as error:  # noqa: BLE001: every kind of failure is a finding
                self.failed += 1
                print(f"FAIL  {name}: {one.__name__}: {type(error).__name__}: {error}")
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
        # However it is asked for, the same provider gives the same text.
        said = {text for text in texts.values() if text}
        by_vendor = 1 if t.is_gateway else 2
        if len(said) > by_vendor:
            self.failed += 1
            print(f"FAIL  {name}: {len(said)} different texts: {said}")


def pairs(values):
    return dict(value.split("=", 1) for value in values)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", help="root URL of the gateway")
    parser.add_argument("--direct", action="append", default=[], help="openai=URL and anthropic=URL, without a gateway")
    parser.add_argument("--control", action="append", default=[], help="NAME=URL of a fake; the primary first")
    parser.add_argument("--class", dest="model", default="workhorse", help="what to send as model")
    parser.add_argument("--faults", default="503,cut-before,garbage", help="how the primary fails, comma-separated")
    arguments = parser.parse_args()
    controls, run = pairs(arguments.control), Run()
    if arguments.gateway:
        root = arguments.gateway.rstrip("/")
        t = Target(f"{root}/v1", root, arguments.model, controls, True)
        gateway(run, t, arguments.faults.split(","))
    else:
        direct = pairs(arguments.direct)
        t = Target(direct["openai"], direct["anthropic"], arguments.model, controls, False)
        fakes(run, t)
    print(f"openai {openai.__version__}, anthropic {anthropic.__version__}: {run.failed} failed")
    sys.exit(1 if run.failed else 0)


def gateway(run, t, faults):
    primary, *fallbacks = t.controls
    try:
        t.fault("ok")
        t.expected["provider"] = primary
        run.phase("healthy", t, OPENAI + ANTHROPIC)
        run.phase("malformed", t, MALFORMED)
        t.expected["provider"] = fallbacks[0]
        for fault in faults:
            t.fault(fault, primary)
            run.phase(f"{primary} {fault}", t, OPENAI + ANTHROPIC)
        t.fault("503")
        run.phase("all down", t, ALL_DOWN)
    finally:
        t.fault("ok")


def fakes(run, t):
    try:
        t.fault("ok")
        run.phase("healthy", t, OPENAI + ANTHROPIC)
        run.phase("malformed", t, MALFORMED)
        t.fault("drip")
        run.phase("byte by byte", t, OPENAI + ANTHROPIC)
        t.fault("503")
        run.phase("all down", t, ALL_DOWN)
    finally:
        t.fault("ok")


if __name__ == "__main__":
    main()
