"""What every SDK must make of what the gateway says, whoever answered behind it.

A scenario asks through an adapter (`sdks/`), which reads whole answers as the SDK parses them and streams as the
SDK's own accumulator puts them together, and says in `Answer` what it found.
"""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

QUESTION = "[[{}]] What is the weather in Oslo?"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
NOTHING = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
TOOLS = {"get_weather": ("The weather of the next days", CITY), "get_time": ("The time of day", NOTHING)}
# What each is about: all of them are asked for whole and streamed.
SERVED = ["text", "image", "long", "refuse", "json", "think", "tool", "parallel", "no-arguments", "think-tool", "mixed"]


@dataclass
class Ask:
    """One call of an SDK."""

    model: str
    turns: list
    tools: dict = field(default_factory=dict)
    thinks: bool = False
    has_form: bool = False
    streams: bool = False
    # What has been heard of a stream's text so far.
    heard: list = field(default_factory=list)


@dataclass
class User:
    text: str
    png: bytes | None = None


@dataclass
class Said:
    """An assistant's turn, as the SDK gave it and takes it back."""

    raw: Any


@dataclass
class Results:
    """(identifier, tool, text) each"""

    of: list


@dataclass
class Answer:
    raw: Any
    text: str
    finish: str
    input: int
    output: int
    cached: int | None = None
    thoughts: int | None = None
    thought: str = ""
    # (identifier, tool, arguments) each
    calls: list = field(default_factory=list)
    # With a form: the object that the SDK made of the text.
    form: Any = None


@dataclass
class Situation:
    """A class of the gateway, and what holds of all its answers."""

    name: str
    model: str
    provider: str
    # How many attempts there are at least; of the first member alone, exactly one.
    attempts: int = 1


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(got, wanted, what):
    check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def ask_for(world, scenario, situation, streams):
    about = User(QUESTION.format(scenario))
    if scenario == "image":
        about.png = base64.b64decode(world["png"])
    calls = world["calls"].get(scenario, [])
    return Ask(
        model=situation.model,
        turns=[about],
        tools={name: TOOLS[name] for name, _ in calls},
        thinks=scenario in world["thinking"],
        has_form=scenario == "json",
        streams=streams,
    )


def served(adapter, world, scenario, situation, streams):
    """A call that is answered, and the next turn with the tools' results where it calls tools."""
    ask = ask_for(world, scenario, situation, streams)
    answer = adapter.ask(ask)
    if situation.provider:
        marked(adapter.wire.headers, situation)
    said(world, scenario, answer)
    counted(world, scenario, answer)
    if streams:
        equal("".join(ask.heard), answer.text, "the pieces of the stream")
    if answer.calls:
        results = [(call, tool, f"{count} degrees") for count, (call, tool, _) in enumerate(answer.calls)]
        ask.turns += [Said(answer.raw), Results(results)]
        answer = adapter.ask(ask)
        calls = world["calls"][scenario]
        wanted = "; ".join(f"{name}({args.get('city', '')}) = {at} degrees" for at, (name, args) in enumerate(calls))
        equal((answer.text, answer.finish), (wanted, "stop"), "the second turn")
        if situation.provider:
            stays(adapter.wire.headers, situation)


def marked(headers, situation):
    equal(headers.get("x-failover-class"), situation.model, "x-failover-class")
    equal(headers.get("x-failover-provider"), situation.provider, "x-failover-provider")
    attempts = int(headers["x-failover-attempts"])
    check(attempts >= situation.attempts, f"x-failover-attempts is {attempts}")
    check(attempts == 1 or "-then-" in situation.model, f"{attempts} attempts at a healthy member")
    check("x-failover-degraded" not in headers, "marked as degraded among equals")


def stays(headers, situation):
    """A turn with tools' results goes to whoever called the tools, and to nobody else first."""
    equal(headers.get("x-failover-provider"), situation.provider, "x-failover-provider")
    equal(headers.get("x-failover-attempts"), "1", "x-failover-attempts of the next turn")


def said(world, scenario, answer):
    calls = world["calls"].get(scenario, [])
    equal([[tool, arguments] for _, tool, arguments in answer.calls], calls, "calls")
    equal(len({call for call, _, _ in answer.calls}), len(calls), "identifiers of calls")
    finish = "calls" if calls else {"long": "length", "refuse": "refusal"}.get(scenario, "stop")
    equal(answer.finish, finish, "finish")
    text = "" if calls and scenario != "mixed" else world["text"]
    if scenario == "json":
        equal(answer.form, world["json"], "the parsed answer")
    else:
        equal(answer.text, {"refuse": world["refusal"]}.get(scenario, text), "text")
    equal(answer.thought, world["thought"] if scenario in world["thinking"] else "", "thought")


def counted(world, scenario, answer):
    usage = world["usage"]
    equal((answer.input, answer.output), (usage["input"], usage["output"]), "tokens read and written")
    equal(answer.cached, usage["cached"], "cached tokens")
    # An SDK may have no place for it.
    if answer.thoughts is not None and scenario in world["thinking"]:
        equal(answer.thoughts, usage["thoughts"], "tokens of thought")


def agent(adapter, world, situation):
    """The SDK's own loop: it calls the tool and brings back what it said."""
    text = adapter.agent(situation.model, QUESTION.format("parallel"))
    equal(text, "get_weather(Oslo) = 12 degrees; get_weather(Bergen) = 12 degrees", "what came of the tools")
    stays(adapter.wire.headers, situation)


def counts(adapter, world, situation):
    """Tokens counted without an answer."""
    equal(adapter.count(situation.model, "How long is this?"), world["usage"]["input"], "tokens")


def broken(adapter, world, model):
    """A stream that ends in the middle: the SDK raises, after what had come."""
    ask = ask_for(world, "text", Situation("", model, ""), True)
    try:
        answer = adapter.ask(ask)
    except adapter.BROKEN as error:
        heard = "".join(ask.heard)
        # All of it may have been heard, piece by piece, of a provider who goes on and breaks off again; but never that
        # it was all.
        check(heard and world["text"].startswith(heard), f"heard {heard!r}")
        # In the gateway's words, or in those of a provider who had some.
        check(re.search("interrupted|broke off", str(error)), f"said {error!r}")
    else:
        raise AssertionError(f"half an answer ended cleanly: {answer.text!r}, {answer.finish}")


def completed(adapter, world, model):
    """A stream that ends in the middle, and that somebody else can complete: to the caller it is one, and whole.

    Of these models Gemini's alone takes an answer that is begun: asked to go on with its own it breaks off again, and
    has had its chance. Then the other repeats it.
    """
    ask = ask_for(world, "text", Situation("", model, ""), True)
    answer = adapter.ask(ask)
    said(world, "text", answer)
    equal("".join(ask.heard), answer.text, "the pieces of the stream")


def refused(adapter, kinds, status, call, word=""):
    """The call fails with this class of the SDK, after one request."""
    before = adapter.wire.requests
    try:
        answer = call()
    except kinds as error:
        equal(adapter.status(error), status, f"status of {error!r}")
        message = adapter.message(error)
        check(message and word in message, f"message {message!r}")
    else:
        raise AssertionError(f"answered: {answer!r}")
    # The gateway has repeated what can be repeated. SDKs, with their usual settings, must not multiply that.
    equal(adapter.wire.requests - before, 1, "requests")


def down(adapter, model, streams=False):
    ask = Ask(model=model, turns=[User(QUESTION.format("text"))], streams=streams)
    refused(adapter, adapter.DOWN, 503, lambda: adapter.ask(ask))
    headers = adapter.wire.headers
    check(int(headers["retry-after"]) >= 1, "no retry-after")
    equal(headers.get("x-should-retry"), "false", "x-should-retry")


def unknown_class(adapter):
    ask = Ask(model="nobody", turns=[User("Hello?")])
    refused(adapter, adapter.MISSING, 404, lambda: adapter.ask(ask), "nobody")


def too_large(adapter, situation):
    ask = Ask(model=situation.model, turns=[User("x" * 6_000_000)])
    refused(adapter, adapter.LARGE, 413, lambda: adapter.ask(ask))


def malformed(adapter, model):
    refused(adapter, adapter.MALFORMED, 400, lambda: adapter.malformed(model))
