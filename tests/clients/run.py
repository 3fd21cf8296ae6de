#!/usr/bin/env python3
"""Checks the gateway with the official SDKs, as its callers use them, on all four fronts.

    cargo build --release --example gateway
    pip install -r tests/clients/requirements.txt
    (cd tests/clients/node && npm install)
    python tests/clients/run.py --gateway target/release/examples/gateway --node tests/clients/node

Starts fake providers of the four dialects (`fakes.py`), a gateway before them with many classes (`world.py`), and
lets each SDK live through the scenarios of `scenarios.py`: answered by a member of its own API, and by one of each
other after the first one failed; refused; and broken off in the middle. Before that each SDK speaks to the fake
provider of its own API without a gateway, so that what fails here is a fake's fault. Last come the gateway's
embedded providers, as somebody meets them who starts it without a file.

Prints a line for each scenario, and exits with 1 if one fails.
"""

import argparse
import functools
import json
import os
import subprocess
import sys
import time
import traceback

import embedded
import fakes
import scenarios
import world
from scenarios import SERVED, Situation
from sdks import anthropic_messages, google_genai, openai_chat, openai_responses

ADAPTERS = [openai_chat.Adapter, openai_responses.Adapter, anthropic_messages.Adapter, google_genai.Adapter]


class Report:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def line(self, name, cases):
        """Runs what a scenario is made of: (what it is about, check) each."""
        failures = []
        began = time.monotonic()
        for about, case in cases:
            try:
                case()
                self.passed += 1
            except Exception as error:  # noqa: BLE001: every kind of failure is a finding
                self.failed += 1
                failures.append((about, error))
        took = time.monotonic() - began
        about = ", ".join(about for about, _ in cases if about)
        print(f"{'FAIL' if failures else 'ok  '} {took:5.2f} s  {name}{about and f' ({about})'}", flush=True)
        for about, error in failures:
            print(f"    {about}: {type(error).__name__}: {error}")
            if not isinstance(error, AssertionError):
                traceback.print_exception(error, limit=-4, file=sys.stdout)


def situations(front):
    others = [name for name in world.MEMBERS if name != front]
    own = Situation("own", front, front)
    return own, [Situation(f"fails over to {to}", f"{front}-503-then-{to}", to, 2) for to in others]


def direct(report, description, root):
    """Without a gateway."""
    for make in ADAPTERS:
        dialect, model = world.MEMBERS[make.front]
        adapter = make(f"{root}/ok/{dialect}", key=fakes.KEY)
        situation = Situation("", model, None)
        cases = [
            (f"{scenario}{', streamed' * streams}", bind(scenarios.served, adapter, description, scenario, situation, streams))
            for scenario in SERVED
            for streams in (False, True)
        ]
        report.line(f"{adapter.name}: no gateway", cases)


def fronts(report, description, root):
    for make in ADAPTERS:
        adapter = make(root)
        line = functools.partial(one_line, report, adapter)
        own, foreign = situations(adapter.front)
        for scenario in SERVED:
            for streams in (False, True):
                run = bind(scenarios.served, adapter, description, scenario)
                line(
                    scenario + ", streamed" * streams,
                    [(each.name, bind(run, each, streams)) for each in (own, *foreign)],
                )
        if hasattr(adapter, "agent"):
            run = bind(scenarios.agent, adapter, description)
            line("the SDK's own loop of tools", [(each.name, bind(run, each)) for each in (own, *foreign)])
        if hasattr(adapter, "count"):
            line("tokens counted", [(own.name, bind(scenarios.counts, adapter, description, own))])
        failures(line, adapter, description, own, foreign)


def one_line(report, adapter, name, cases):
    report.line(f"{adapter.name}: {name}", cases)


def failures(line, adapter, description, own, foreign):
    line("classes listed", [("", bind(listed, adapter))])
    line("malformed", [(name, bind(scenarios.malformed, adapter, name)) for name in world.MEMBERS])
    line("too large", [(own.name, bind(scenarios.too_large, adapter, own))])
    line("unknown class", [("", bind(scenarios.unknown_class, adapter))])
    kinds = ["all-503", "all-429", f"{adapter.front}-401", f"{adapter.front}-garbage"]
    for streams in (False, True):
        cases = [(kind, bind(scenarios.down, adapter, kind, streams)) for kind in kinds]
        line("nobody answers" + ", streamed" * streams, cases)
    for fault in ("late-cut", "late-end", "late-error"):
        models = [f"{name}-{fault}" for name in world.MEMBERS]
        line(f"a stream with a {fault}", [(model, bind(scenarios.broken, adapter, description, model)) for model in models])
        models = [f"{adapter.front}-{fault}-then-{each.provider}" for each in foreign]
        run = bind(scenarios.completed, adapter, description)
        line(f"a stream with a {fault}, completed", [(model, bind(run, model)) for model in models])
    for fault in ("401", "429", "cut", "error", "garbage"):
        # Who refuses the key, or has had too much, is not asked again at once.
        cases, attempts = [], 1 if fault in ("401", "429") else 2
        for each in foreign:
            after = Situation(each.name, f"{adapter.front}-{fault}-then-{each.provider}", each.provider, attempts)
            cases.append((each.name, bind(scenarios.served, adapter, description, "text", after, True)))
        line(f"text, streamed, after {fault}", cases)


def listed(adapter):
    missing = set(world.MEMBERS) - set(adapter.listed())
    scenarios.check(not missing, f"not listed: {missing}")


bind = functools.partial


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gateway", required=True, help="the gateway's binary")
    parser.add_argument("--node", help="the folder with the checks in JavaScript, installed")
    arguments = parser.parse_args()
    began, report, root = time.monotonic(), Report(), fakes.start()
    description = world.describe(root)
    direct(report, description, root)
    with world.Gateway(arguments.gateway, world.config(root)) as gateway:
        fronts(report, description, gateway.root)
        if arguments.node:
            node(report, arguments.node, description, gateway.root)
    with world.Gateway(arguments.gateway) as gateway:
        embedded.run(report, ADAPTERS, gateway)
    print(f"clients: {report.passed} passed, {report.failed} failed in {time.monotonic() - began:.0f} s")
    sys.exit(1 if report.failed else 0)


def node(report, folder, description, root):
    """The same in JavaScript; its last line says how it went."""
    told = json.dumps(description | {"gateway": root})
    command = ["node", os.path.join(folder, "run.mjs")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write(told)
    process.stdin.close()
    last = ""
    for line in process.stdout:
        if line.startswith("{"):
            last = line
        else:
            print(line, end="", flush=True)
    process.wait()
    try:
        counted = json.loads(last)
        report.passed += counted["passed"]
        report.failed += counted["failed"]
    except ValueError:
        print(f"FAIL\tnode ended with status {process.returncode}")
        report.failed += 1


if __name__ == "__main__":
    main()
