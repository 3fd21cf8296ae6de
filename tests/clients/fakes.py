"""Providers of the four dialects, written by hand from the vendors' references.

They share nothing with the crate, so what it sends and says is measured against a second reading of the same
references. They keep no state: what is answered is decided by a word in the user's message (`[[tool]]`), how it
fails by the first segment of the path (see `FAULTS`). A request that is no request of the dialect, or that lacks
what the scenario needs, is refused with a 400 that says why.

    /FAULT/openai-chat/v1/chat/completions    /FAULT/openai-responses/v1/responses
    /FAULT/anthropic-messages/v1/messages     /FAULT/gemini/v1beta/models/MODEL:generateContent
"""

import http.server
import json
import re
import socketserver
import sys
import threading

FAULTS = {
    "ok": "healthy",
    "503": "overloaded",
    "401": "the gateway's own key is refused",
    "429": "asked too often; come back in a second",
    "garbage": "a 200 with a page of HTML",
    "cut": "the connection ends before the first content",
    "error": "a 200 whose stream begins with an error",
    "late-cut": "the connection ends in the middle of a stream",
    "late-end": "the stream ends cleanly in the middle, without a reason",
    "late-error": "an error in the middle of a stream",
}
# What the gateway's owner has as key at every provider.
KEY = "gateways-key"

TEXT = "Grüße aus Oslo: 12 °C ☀, so bring \"sunglasses\"."
THOUGHT = "The user wants to know the weather.\nI should look it up."
SEAL = "U2VhbGVkLWJ5LXRoZS1pc3N1ZXI="
JSON = '{"city":"Oslo","degrees":12}'
REFUSAL = "I cannot help with that."
# One red pixel.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC"
)
CALLS = {
    "tool": [("get_weather", {"city": "Oslo", "days": 2})],
    "think-tool": [("get_weather", {"city": "Oslo", "days": 2})],
    "parallel": [("get_weather", {"city": "Oslo", "days": 2}), ("get_weather", {"city": "Bergen", "days": 1})],
    "no-arguments": [("get_time", {})],
    # A thought, a text, and two calls in one turn.
    "mixed": [("get_weather", {"city": "Oslo", "days": 2}), ("get_weather", {"city": "Bergen", "days": 1})],
}
THINKING = ("think", "think-tool", "mixed")
# All dialects tell the same: 21 tokens read, 5 of them cached; 34 written, 13 of them thoughts.
INPUT, CACHED, OUTPUT, THOUGHTS = 21, 5, 34, 13


class Refused(Exception):
    """The request is not one that this provider takes."""

    status, details = 400, None


class Lost(Refused):
    """The request goes on with a conversation that this provider does not keep, as it keeps none."""

    status, details = 404, {"error_code": "thread_not_found"}


def need(holds, why):
    if not holds:
        raise Refused(why)


def pieces(text, size=7):
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def parts_of(content):
    return [] if isinstance(content, str) else content or []


def data_url(url):
    found = re.fullmatch(r"data:([a-z/]+);base64,(.+)", url)
    need(found, f"not a data URL: {url[:40]!r}")
    return found.groups()


class Asked:
    """What a request asks for, whatever its dialect."""

    def __init__(self):
        self.texts, self.tools, self.calls, self.results = [], [], {}, []
        self.seals, self.images = [], []
        # What the assistant is to go on from.
        self.begun = ""
        self.has_format, self.stream, self.reasons = False, False, False

    @property
    def scenario(self):
        found = re.search(r"\[\[([a-z-]+)\]\]", " ".join(self.texts))
        return found.group(1) if found else "text"

    @property
    def is_forgetful(self):
        """The caller's SDK has no place for thoughts, and so cannot bring them back."""
        return any("[[forgetful]]" in text for text in self.texts)

    def answer(self):
        """(thought, text, calls, finish)"""
        scenario = self.scenario
        if self.results:
            if scenario in THINKING and not self.is_forgetful:
                need(SEAL in self.seals, f"the thought came back without its seal: {self.seals}")
            return None, "; ".join(self.results), [], "stop"
        if scenario in CALLS:
            need(self.tools, "no tools were sent")
            calls = CALLS[scenario]
            need({name for name, _ in calls} <= set(self.tools), f"tools {self.tools}")
            need(scenario not in THINKING or self.reasons, "nobody asked to think")
            thought = THOUGHT if scenario in THINKING else None
            return thought, TEXT if scenario == "mixed" else "", calls, "calls"
        if scenario == "think":
            need(self.reasons, "nobody asked to think")
            return THOUGHT, TEXT, [], "stop"
        if scenario == "json":
            need(self.has_format, "no form of the answer was asked for")
            return None, JSON, [], "stop"
        if scenario == "image":
            need(self.images == [("image/png", PNG)], f"images {self.images}")
            return None, TEXT, [], "stop"
        if scenario == "refuse":
            return None, REFUSAL, [], "refusal"
        need(TEXT.startswith(self.begun), f"to go on from {self.begun!r}")
        return None, TEXT.removeprefix(self.begun), [], "length" if scenario == "long" else "stop"

    def result(self, identifier, text):
        need(identifier in self.calls, f"a result for {identifier!r}, but calls are {list(self.calls)}")
        name, arguments = self.calls[identifier]
        self.results.append(f"{name}({arguments.get('city', '')}) = {text}")


def usage_of(scenario):
    return THOUGHTS if scenario in THINKING else 0


# OpenAI Chat Completions


class Chat:
    def read(self, body, _path):
        asked = Asked()
        need(body.get("messages"), "messages: [] is too short")
        asked.stream = body.get("stream", False)
        asked.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
        asked.has_format = body.get("response_format", {}).get("type") == "json_schema"
        asked.reasons = body.get("reasoning_effort", "none") != "none"
        # This dialect has no seals, and its vendor wants no thoughts back.
        asked.seals.append(SEAL)
        for message in body["messages"]:
            content = message.get("content")
            text = content if isinstance(content, str) else "".join(p.get("text", "") for p in content or [])
            if message["role"] == "user":
                asked.texts.append(text)
                asked.images += [
                    data_url(part["image_url"]["url"]) for part in parts_of(content) if part["type"] == "image_url"
                ]
            for call in message.get("tool_calls", []):
                asked.calls[call["id"]] = (call["function"]["name"], json.loads(call["function"]["arguments"]))
            if message["role"] == "tool":
                asked.result(message["tool_call_id"], text)
            asked.begun = text if message["role"] == "assistant" else ""
        if asked.stream:
            need(body.get("stream_options", {}).get("include_usage"), "usage was not asked for")
        return asked

    def usage(self, scenario):
        return {
            "prompt_tokens": INPUT,
            "completion_tokens": OUTPUT,
            "total_tokens": INPUT + OUTPUT,
            "prompt_tokens_details": {"cached_tokens": CACHED},
            "completion_tokens_details": {"reasoning_tokens": usage_of(scenario)},
        }

    FINISH = {"stop": "stop", "calls": "tool_calls", "length": "length", "refusal": "stop"}

    def whole(self, asked):
        thought, text, calls, finish = asked.answer()
        message = {"role": "assistant", "content": text or None, "refusal": None}
        if finish == "refusal":
            message |= {"content": None, "refusal": text}
        if thought:
            message["reasoning_content"] = thought
        if calls:
            message["tool_calls"] = [
                {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
                for at, (name, args) in enumerate(calls)
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.FINISH[finish]}
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "fake"}
        return head | {"choices": [choice], "usage": self.usage(asked.scenario)}

    def frames(self, asked):
        thought, text, calls, finish = asked.answer()
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "fake"}

        def chunk(delta, reason=None):
            choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
            return None, head | {"choices": [choice], "usage": None}

        yield chunk({"role": "assistant", "content": None if calls else "", "refusal": None})
        for piece in pieces(thought) if thought else []:
            yield chunk({"reasoning_content": piece})
        for piece in pieces(text) if text else []:
            yield chunk({"refusal" if finish == "refusal" else "content": piece})
        for at, (name, args) in enumerate(calls):
            begin = {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": ""}}
            yield chunk({"tool_calls": [{"index": at} | begin]})
            for piece in pieces(json.dumps(args)):
                yield chunk({"tool_calls": [{"index": at, "function": {"arguments": piece}}]})
        yield chunk({}, self.FINISH[finish])
        yield None, head | {"choices": [], "usage": self.usage(asked.scenario)}
        yield None, "[DONE]"

    def error(self, status, message):
        kind = {429: "rate_limit_exceeded"}.get(status, "server_error" if status >= 500 else "invalid_request_error")
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}

    def error_frame(self, message):
        return None, self.error(500, message)


# OpenAI Responses


class Responses:
    def read(self, body, _path):
        asked = Asked()
        items = body.get("input")
        need(items, "input is missing")
        if isinstance(items, str):
            items = [{"role": "user", "content": items}]
        asked.stream = body.get("stream", False)
        asked.tools = [tool["name"] for tool in body.get("tools", []) if tool["type"] == "function"]
        asked.has_format = body.get("text", {}).get("format", {}).get("type") == "json_schema"
        asked.reasons = body.get("reasoning", {}).get("effort", "none") != "none"
        for item in items:
            kind = item.get("type", "message")
            need(item.get("role") != "assistant" or item is not items[-1], "this model does not go on with a text")
            if kind == "message" and item["role"] == "user":
                content = item["content"]
                asked.texts.append(
                    content if isinstance(content, str) else "".join(p.get("text", "") for p in content)
                )
                asked.images += [
                    data_url(part["image_url"]) for part in parts_of(content) if part["type"] == "input_image"
                ]
            elif kind == "function_call":
                asked.calls[item["call_id"]] = (item["name"], json.loads(item["arguments"]))
            elif kind == "function_call_output":
                output = item["output"]
                asked.result(
                    item["call_id"], output if isinstance(output, str) else "".join(p["text"] for p in output)
                )
            elif kind == "reasoning":
                need("id" in item and "summary" in item, "a reasoning item without id or summary")
                asked.seals.append(item.get("encrypted_content"))
        return asked

    def items(self, asked):
        thought, text, calls, finish = asked.answer()
        items = []
        if thought:
            items.append(
                {
                    "id": "rs_1",
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": thought}],
                    "encrypted_content": SEAL,
                }
            )
        if text:
            part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
            if finish == "refusal":
                part = {"type": "refusal", "refusal": text}
            status = "incomplete" if finish == "length" else "completed"
            items.append(
                {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": [part]}
            )
        for at, (name, args) in enumerate(calls):
            items.append(
                {
                    "id": f"fc_{at}",
                    "type": "function_call",
                    "call_id": f"call_{at}",
                    "name": name,
                    "arguments": json.dumps(args),
                    "status": "completed",
                }
            )
        return items, finish

    def response(self, status, output, usage=None, incomplete=None):
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 1700000000,
            "status": status,
            "error": None,
            "incomplete_details": incomplete,
            "instructions": None,
            "metadata": {},
            "model": "fake",
            "output": output,
            "parallel_tool_calls": True,
            "temperature": 1.0,
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "usage": usage,
        }

    def finished(self, asked):
        items, finish = self.items(asked)
        usage = {
            "input_tokens": INPUT,
            "input_tokens_details": {"cached_tokens": CACHED},
            "output_tokens": OUTPUT,
            "output_tokens_details": {"reasoning_tokens": usage_of(asked.scenario)},
            "total_tokens": INPUT + OUTPUT,
        }
        if finish == "length":
            return self.response("incomplete", items, usage, {"reason": "max_output_tokens"})
        return self.response("completed", items, usage)

    def whole(self, asked):
        return self.finished(asked)

    def frames(self, asked):
        for number, event in enumerate(self.events(asked)):
            event = {"type": event["type"], "sequence_number": number} | event
            yield event["type"], event

    def events(self, asked):
        last = self.finished(asked)
        yield {"type": "response.created", "response": self.response("in_progress", [])}
        yield {"type": "response.in_progress", "response": self.response("in_progress", [])}
        for index, item in enumerate(last["output"]):
            yield from self.item_events(index, item)
        yield {"type": f"response.{last['status']}", "response": last}

    def item_events(self, index, item):
        at = {"item_id": item["id"], "output_index": index}
        empty = {"message": {"content": []}, "function_call": {"arguments": ""}, "reasoning": {"summary": []}}
        begun = {key: value for key, value in item.items() if key != "encrypted_content"} | empty[item["type"]]
        if "status" in begun:
            begun["status"] = "in_progress"
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        if item["type"] == "reasoning":
            part = item["summary"][0]
            here = at | {"summary_index": 0}
            kind = "response.reasoning_summary"
            yield {"type": f"{kind}_part.added", **here, "part": {"type": "summary_text", "text": ""}}
            for piece in pieces(part["text"]):
                yield {"type": f"{kind}_text.delta", **here, "delta": piece}
            yield {"type": f"{kind}_text.done", **here, "text": part["text"]}
            yield {"type": f"{kind}_part.done", **here, "part": part}
        elif item["type"] == "message":
            part = item["content"][0]
            is_text = part["type"] == "output_text"
            text = part["text"] if is_text else part["refusal"]
            kind = "response.output_text" if is_text else "response.refusal"
            here = at | {"content_index": 0}
            hollow = part | ({"text": ""} if is_text else {"refusal": ""})
            more = {"logprobs": []} if is_text else {}
            yield {"type": "response.content_part.added", **here, "part": hollow}
            for piece in pieces(text):
                yield {"type": f"{kind}.delta", **here, "delta": piece, **more}
            yield {"type": f"{kind}.done", **here, ("text" if is_text else "refusal"): text, **more}
            yield {"type": "response.content_part.done", **here, "part": part}
        else:
            kind = "response.function_call_arguments"
            for piece in pieces(item["arguments"]):
                yield {"type": f"{kind}.delta", **at, "delta": piece}
            yield {"type": f"{kind}.done", **at, "name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}

    error = Chat.error

    def count(self, _body):
        return {"object": "response.input_tokens", "input_tokens": INPUT}

    def error_frame(self, message):
        error = {"type": "server_error", "code": "server_error", "message": message, "param": None}
        return "error", {"type": "error", "sequence_number": 99, "error": error}


# Anthropic Messages


class Messages:
    def read(self, body, _path):
        asked = Asked()
        if (body.get("thread") or {}).get("type") == "continue":
            raise Lost("No usable thread was found for `previous_message_id`.")
        need(body.get("messages"), "messages: at least one message is required")
        need(isinstance(body.get("max_tokens"), int), "max_tokens: field required")
        asked.stream = body.get("stream", False)
        asked.tools = [tool["name"] for tool in body.get("tools", [])]
        asked.has_format = body.get("output_config", {}).get("format", {}).get("type") == "json_schema"
        asked.reasons = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
        last = None
        for message in body["messages"]:
            need(message["role"] in ("user", "assistant"), f"role {message['role']}")
            need(message["role"] != last, "roles must alternate")
            last, content = message["role"], message["content"]
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            if last == "assistant" and body.get("thinking", {}).get("type") == "enabled":
                kind = blocks[0]["type"]
                need(kind in ("thinking", "redacted_thinking"), f"Expected `thinking`, but found `{kind}`.")
            asked.begun = ""
            for block in blocks:
                if block["type"] == "text" and last == "assistant":
                    asked.begun += block["text"]
                elif block["type"] == "text":
                    asked.texts.append(block["text"])
                elif block["type"] == "image":
                    source = block["source"]
                    need(source["type"] == "base64", f"an image by {source['type']}")
                    asked.images.append((source["media_type"], source["data"]))
                elif block["type"] == "tool_use":
                    asked.calls[block["id"]] = (block["name"], block["input"])
                elif block["type"] == "tool_result":
                    inner = block.get("content", "")
                    asked.result(
                        block["tool_use_id"], inner if isinstance(inner, str) else "".join(p["text"] for p in inner)
                    )
                elif block["type"] == "thinking":
                    need(block["thinking"] == THOUGHT, f"the thought came back as {block['thinking']!r}")
                    asked.seals.append(block["signature"])
        return asked

    FINISH = {"stop": "end_turn", "calls": "tool_use", "length": "max_tokens", "refusal": "refusal"}

    def blocks(self, asked):
        thought, text, calls, finish = asked.answer()
        blocks = []
        if thought:
            blocks.append({"type": "thinking", "thinking": thought, "signature": SEAL})
        if text:
            blocks.append({"type": "text", "text": text})
        for at, (name, args) in enumerate(calls):
            blocks.append({"type": "tool_use", "id": f"toolu_{at}", "name": name, "input": args})
        return blocks, finish

    def usage(self, scenario):
        return {
            "input_tokens": INPUT - CACHED,
            "cache_read_input_tokens": CACHED,
            "cache_creation_input_tokens": 0,
            "output_tokens": OUTPUT,
            "output_tokens_details": {"thinking_tokens": usage_of(scenario)},
        }

    def message(self, content, reason, usage):
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "fake",
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": usage,
        }

    def whole(self, asked):
        blocks, finish = self.blocks(asked)
        return self.message(blocks, self.FINISH[finish], self.usage(asked.scenario))

    def frames(self, asked):
        for event in self.events(asked):
            yield event["type"], event

    def events(self, asked):
        blocks, finish = self.blocks(asked)
        usage = self.usage(asked.scenario)
        yield {"type": "message_start", "message": self.message([], None, usage | {"output_tokens": 1})}
        for index, block in enumerate(blocks):
            at = {"index": index}
            kind = block["type"]
            hollow = {
                "text": {"text": ""},
                "thinking": {"thinking": "", "signature": ""},
                "tool_use": {"input": {}},
            }
            yield {"type": "content_block_start", **at, "content_block": block | hollow[kind]}
            if index == 0:
                yield {"type": "ping"}
            if kind == "text":
                deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
            elif kind == "thinking":
                deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
                deltas.append({"type": "signature_delta", "signature": SEAL})
            else:
                text = json.dumps(block["input"]) if block["input"] else ""
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *pieces(text)]]
            for delta in deltas:
                yield {"type": "content_block_delta", **at, "delta": delta}
            yield {"type": "content_block_stop", **at}
        delta = {"stop_reason": self.FINISH[finish], "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": usage}
        yield {"type": "message_stop"}

    def error(self, status, message):
        kinds = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
        kind = kinds.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}

    def error_frame(self, message):
        return "error", self.error(500, message)

    def count(self, _body):
        return {"input_tokens": INPUT}


# Gemini


def camel(node):
    """Fields go by both of their names in this API, and its own SDK mixes them."""
    if isinstance(node, list):
        return [camel(item) for item in node]
    if not isinstance(node, dict):
        return node
    whatever = ("args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema")
    named = {re.sub(r"_([a-z])", lambda found: found.group(1).upper(), key): value for key, value in node.items()}
    return {key: value if key in whatever else camel(value) for key, value in named.items()}


class Gemini:
    def read(self, body, path):
        asked, body = Asked(), camel(body)
        need(body.get("contents"), "* GenerateContentRequest.contents: contents is not specified")
        asked.stream = ":streamGenerateContent" in path
        need(not asked.stream or "alt=sse" in path, "a stream without alt=sse")
        for tool in body.get("tools", []):
            asked.tools += [declared["name"] for declared in tool.get("functionDeclarations", [])]
        config = body.get("generationConfig", {})
        has_schema = "responseSchema" in config or "responseJsonSchema" in config
        asked.has_format = has_schema and config.get("responseMimeType") == "application/json"
        thinking = config.get("thinkingConfig", {})
        asked.reasons = thinking.get("includeThoughts", False)
        waiting = []
        for content in body["contents"]:
            need(content.get("role", "user") in ("user", "model"), "Please use a valid role: user, model.")
            answers = []
            calls = [part for part in content["parts"] if "functionCall" in part]
            need(not calls or "thoughtSignature" in calls[0], "Function call is missing a thought_signature")
            for part in content["parts"]:
                if "thoughtSignature" in part:
                    asked.seals.append(part["thoughtSignature"])
                if "functionCall" in part:
                    call = part["functionCall"]
                    waiting.append((call["name"], call.get("args", {}), call.get("id")))
                elif "inlineData" in part:
                    asked.images.append((part["inlineData"]["mimeType"], part["inlineData"]["data"]))
                elif "functionResponse" in part:
                    answers.append(part["functionResponse"])
                elif "text" in part and content.get("role") != "model":
                    asked.texts.append(part["text"])
            said = [part.get("text", "") for part in content["parts"] if not part.get("thought")]
            asked.begun = "".join(said) if content.get("role") == "model" else ""
            if answers:
                why = "the number of function response parts is equal to the number of function call parts"
                need(len(answers) == len(waiting), f"Please ensure that {why}: {len(answers)} for {len(waiting)}")
                for answer, (name, args, identifier) in zip(answers, waiting):
                    need(answer["name"] == name, f"function response {answer['name']!r} for {name!r}")
                    need(answer.get("id") == identifier, f"function response id {answer.get('id')!r}")
                    response = answer["response"]
                    text = response.get("output", response.get("result", json.dumps(response, separators=(",", ":"))))
                    asked.results.append(f"{name}({args.get('city', '')}) = {text}")
                waiting = []
        return asked

    FINISH = {"stop": "STOP", "calls": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}

    def parts(self, asked):
        thought, text, calls, finish = asked.answer()
        parts = []
        if thought:
            parts.append({"text": thought, "thought": True})
        if text:
            parts.append({"text": text})
        for at, (name, args) in enumerate(calls):
            part = {"functionCall": {"name": name, "args": args}}
            if at == 0:
                part["thoughtSignature"] = SEAL
            parts.append(part)
        return parts, finish

    def chunk(self, asked, parts, reason=None):
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
        if reason:
            candidate["finishReason"] = reason
        usage = {
            "promptTokenCount": INPUT,
            "cachedContentTokenCount": CACHED,
            "candidatesTokenCount": OUTPUT - usage_of(asked.scenario),
            "totalTokenCount": INPUT + OUTPUT,
        }
        if usage_of(asked.scenario):
            usage["thoughtsTokenCount"] = THOUGHTS
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "fake", "responseId": "r1"}

    def whole(self, asked):
        parts, finish = self.parts(asked)
        return self.chunk(asked, parts, self.FINISH[finish])

    def frames(self, asked):
        parts, finish = self.parts(asked)
        spoken = [part for part in parts if "text" in part]
        for part in spoken:
            for piece in pieces(part["text"]):
                yield None, self.chunk(asked, [part | {"text": piece}])
        # All calls come in the last chunk, as they do.
        calls = [part for part in parts if "functionCall" in part]
        yield None, self.chunk(asked, calls or [{"text": ""}], self.FINISH[finish])

    def error(self, status, message):
        words = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        word = words.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
        return {"error": {"code": status, "message": message, "status": word}}

    def error_frame(self, message):
        return None, self.error(500, message)

    def count(self, _body):
        return {"totalTokens": INPUT}


DIALECTS = {
    "openai-chat": Chat(),
    "openai-responses": Responses(),
    "anthropic-messages": Messages(),
    "gemini": Gemini(),
}


# The server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        _, fault, name, path = self.path.split("/", 3)
        dialect = DIALECTS[name]
        try:
            assert fault in FAULTS, fault
            if self.is_without_key():
                return self.reply(401, dialect.error(401, "the key of the gateway's owner was not sent"))
            if fault.isdigit():
                return self.reply(int(fault), dialect.error(int(fault), FAULTS[fault]))
            if fault == "garbage":
                return self.reply(200, b"<html>not an answer</html>", "text/html")
            if path.endswith(("count_tokens", ":countTokens", "input_tokens")):
                return self.reply(200, dialect.count(body))
            asked = dialect.read(body, path)
            if asked.stream:
                return self.stream(dialect, asked, fault)
            if fault != "ok":
                return self.cut_off()
            self.reply(200, dialect.whole(asked))
        except Refused as refused:
            body = dialect.error(refused.status, str(refused))
            if refused.details:
                body["error"]["details"] = refused.details
            self.reply(refused.status, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as error:  # noqa: BLE001: a request that this reader falls over is no request
            self.reply(400, dialect.error(400, f"cannot read the request: {type(error).__name__}: {error}"))

    def is_without_key(self):
        sent = [self.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key")]
        return not any(KEY in value for value in sent) or any("callers-key" in value for value in sent)

    def reply(self, status, body, media="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        if status == 429:
            self.send_header("retry-after", "1")
        self.end_headers()
        self.wfile.write(body)

    def cut_off(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "4096")
        self.end_headers()
        self.wfile.write(b'{"half": "an an')
        self.close_connection = True

    def stream(self, dialect, asked, fault):
        frames = list(dialect.frames(asked))
        if fault == "error":
            frames = [dialect.error_frame("Overloaded.")]
        elif fault == "late-error":
            frames = [*frames[: len(frames) // 2], dialect.error_frame("It broke off.")]
        elif fault in ("late-cut", "late-end"):
            frames = frames[: len(frames) // 2]
        elif fault == "cut":
            frames = frames[:1] if not isinstance(dialect, Gemini) else []
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        end = "\r\n" if isinstance(dialect, Gemini) else "\n"
        for event, data in frames:
            data = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
            frame = (f"event: {event}{end}" if event else "") + f"data: {data}{end}{end}"
            self.chunk(frame.encode())
        if fault in ("cut", "late-cut"):
            self.close_connection = True
            return
        self.chunk(b"")

    def chunk(self, data):
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        # A gateway that has no use for an answer any more hangs up.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def start():
    """The URL of a server that runs until the process ends."""
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
