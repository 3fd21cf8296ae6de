"""What the SDKs meet: the fake providers, a gateway before them, and who must answer in which class."""

import json
import pathlib
import re
import subprocess
import tempfile
import threading

import fakes

# The gateway's providers are named after what they speak; each with a model of which enough is known.
MEMBERS = {
    "chat": ("openai-chat", "gpt-5-mini"),
    "responses": ("openai-responses", "gpt-5-mini"),
    "messages": ("anthropic-messages", "claude-sonnet-4-6"),
    "gemini": ("gemini", "gemini-3-flash-preview"),
}

SETTINGS = """
listen = "127.0.0.1:0"

[limits]
request_body = "1MiB"

# What is checked is one call at a time: circuits that stay closed make each the same.
[circuit_breaker]
failures = 1000000
min_calls = 1000000

[retry]
attempts = 2
window = "500ms"
base = "1ms"
cap = "5ms"
"""


def config(root):
    """The gateway's file: healthy and failing providers of each dialect, and classes of them."""
    lines = [SETTINGS]
    for name, (dialect, _) in MEMBERS.items():
        for fault in fakes.FAULTS:
            as_name = name if fault == "ok" else f"{name}-{fault}"
            provider(lines, root, dialect, fault, as_name)
            members(lines, as_name, [as_name])
            for other in MEMBERS.keys() - {name}:
                members(lines, f"{as_name}-then-{other}", [as_name, other])
    members(lines, "all-503", [f"{name}-503" for name in MEMBERS])
    members(lines, "all-429", [f"{name}-429" for name in MEMBERS])
    return "\n".join(lines)


def provider(lines, root, dialect, fault, as_name):
    version = "/v1" if dialect.startswith("openai") else ""
    lines.append(f"[providers.{as_name}]")
    lines.append(f'dialect = "{dialect}"')
    lines.append(f'base_url = "{root}/{fault}/{dialect}{version}"')
    # One for each: who share a key are rested together when it is refused.
    lines.append(f'api_key = "{fakes.KEY}-of-{as_name}"')


def members(lines, name, providers):
    for one in providers:
        lines.append(f"[[classes.{name}.members]]")
        lines.append(f'provider = "{one}"')
        lines.append(f'model = "{MEMBERS[one.split("-")[0]][1]}"')


def describe(root):
    """All that a client must know, in words that another language reads, too."""
    return {
        "root": root,
        "members": list(MEMBERS),
        "text": fakes.TEXT,
        "thought": fakes.THOUGHT,
        "json": json.loads(fakes.JSON),
        "refusal": fakes.REFUSAL,
        "png": fakes.PNG,
        "calls": {name: [list(call) for call in calls] for name, calls in fakes.CALLS.items()},
        "thinking": fakes.THINKING,
        "usage": {
            "input": fakes.INPUT, "cached": fakes.CACHED, "output": fakes.OUTPUT, "thoughts": fakes.THOUGHTS,
        },
    }


class Gateway:
    """The binary, on a port of its own, until the block ends."""

    def __init__(self, binary, text=None):
        self.folder = tempfile.TemporaryDirectory()
        command = [binary, "--listen", "127.0.0.1:0"]
        if text:
            file = pathlib.Path(self.folder.name, "gateway.toml")
            file.write_text(text, encoding="utf-8")
            command += ["--config", file]
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.banner, self.root = "", None

    def __enter__(self):
        watch = threading.Timer(30, self.process.kill)
        watch.start()
        for line in self.process.stdout:
            self.banner += line
            if "Ctrl-C stops" in line:
                break
        watch.cancel()
        found = re.search(r"gateway on (http://[0-9.:]+)", self.banner)
        if not found:
            self.log.seek(0)
            raise SystemExit(f"the gateway did not say its address:\n{self.banner}{self.log.read()}")
        self.root = found.group(1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            code = self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()
        if code != 0:
            raise SystemExit(f"the gateway ended with status {code}")
