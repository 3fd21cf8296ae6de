"""The gateway as it starts without a file: with providers of its own, which fail when told to."""

import functools
import re
import urllib.request

from scenarios import CITY, Ask, Results, Said, User, check, equal

QUESTION = "What is the weather in Oslo?"
# What the banner promises.
CLASSES = {"workhorse": ("openai", "anthropic"), "thinker": ("anthropic", "openai"), "scout": ("gemini", "responses")}


def run(report, adapters, gateway):
    adapters = [make(gateway.root) for make in adapters]
    said = {}

    def healthy(adapter, name):
        said[adapter.name, name] = answered(adapter, name, CLASSES[name][0])

    def failing(adapter, name):
        text = answered(adapter, name, CLASSES[name][1])
        check(text != said[adapter.name, name], f"both say {text!r}")

    each(report, "embedded providers", adapters, CLASSES, healthy)
    # One that is the other's fallback at a time.
    for first, names in (("openai", ["workhorse"]), ("gemini", ["scout"])):
        tell(gateway, first, "503")
        each(report, f"embedded providers, {first} down", adapters, names, failing)


def each(report, about, adapters, names, run):
    for adapter in adapters:
        report.line(f"{adapter.name}: {about}", [(name, functools.partial(run, adapter, name)) for name in names])


def answered(adapter, name, provider):
    """What a provider says whole, streamed, and after a call of its tool, which is the same."""
    texts = set()
    for streams in (False, True):
        for tools in ({}, {"get_weather": ("The weather", CITY)}):
            ask = Ask(model=name, turns=[User(QUESTION)], tools=tools, streams=streams)
            answer = adapter.ask(ask)
            equal(adapter.wire.headers["x-failover-provider"], provider, "x-failover-provider")
            if tools:
                equal([(tool, args) for _, tool, args in answer.calls], [("get_weather", {"city": "Oslo"})], "calls")
                ask.turns += [Said(answer.raw), Results([(call, tool, "12 degrees") for call, tool, _ in answer.calls])]
                answer = adapter.ask(ask)
            equal(answer.finish, "stop", "finish")
            texts.add(answer.text)
    equal(len(texts), 1, f"texts {texts}")
    return texts.pop()


def tell(gateway, provider, mode):
    found = re.search(rf"\b{provider} +(http://[0-9.:]+)", gateway.banner)
    check(found, f"no address of {provider} in the banner")
    request = urllib.request.Request(f"{found.group(1)}/__fault?mode={mode}", method="POST")
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()
