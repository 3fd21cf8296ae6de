// Started by `../run.py`, with what it must know on standard input. A line for each scenario; the last is a count.

import { readFileSync } from "node:fs";

import * as ai from "./ai.mjs";
import { Messages } from "./anthropic.mjs";
import { Gemini } from "./google.mjs";
import * as openai from "./openai.mjs";
import * as scenarios from "./scenarios.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const world = JSON.parse(readFileSync(0, "utf8"));
const ADAPTERS = [openai.Chat, openai.Responses, Messages, Gemini, ai.Chat, ai.Responses, ai.Messages, ai.Gemini];
const report = { passed: 0, failed: 0 };

// Runs what a scenario is made of: [what it is about, check] each.
async function line(name, cases) {
  const failures = [];
  const began = performance.now();
  for (const [about, check] of cases) {
    try {
      await check();
      report.passed += 1;
    } catch (error) {
      report.failed += 1;
      failures.push([about, error]);
    }
  }
  const took = ((performance.now() - began) / 1000).toFixed(2).padStart(5);
  const about = cases.map(([about]) => about).filter(Boolean).join(", ");
  console.log(`${failures.length > 0 ? "FAIL" : "ok  "} ${took} s  ${name}${about && ` (${about})`}`);
  for (const [about, error] of failures) {
    const words = error?.code === "ERR_ASSERTION" ? error.message : (error?.stack ?? JSON.stringify(error));
    console.log(`    ${about}: ${words}`);
  }
}

function situations(front) {
  const others = world.members.filter((name) => name !== front);
  const own = { name: "own", model: front, provider: front, attempts: 1 };
  const foreign = others.map((to) => ({
    name: `fails over to ${to}`, model: `${front}-503-then-${to}`, provider: to, attempts: 2,
  }));
  return [own, foreign];
}

for (const Adapter of ADAPTERS) {
  const adapter = new Adapter(world.gateway);
  const [own, foreign] = situations(adapter.front);
  const all = [own, ...foreign];
  const each = (name, cases) => line(`${adapter.name}: ${name}`, cases);
  for (const scenario of scenarios.SERVED) {
    for (const streams of [false, true]) {
      const cases = all.map((one) => [one.name, () => scenarios.served(adapter, world, scenario, one, streams)]);
      await each(scenario + (streams ? ", streamed" : ""), cases);
    }
  }
  if (adapter.agent) {
    await each("the SDK's own loop of tools", all.map((one) => [one.name, () => scenarios.agent(adapter, world, one)]));
  }
  if (adapter.count) await each("tokens counted", [[own.name, () => scenarios.counts(adapter, world, own)]]);
  if (adapter.listed) await each("classes listed", [["", () => listed(adapter)]]);
  await each("malformed", world.members.map((name) => [name, () => scenarios.malformed(adapter, world, name)]));
  await each("too large", [["own", () => scenarios.tooLarge(adapter, world, adapter.front)]]);
  await each("unknown class", [["", () => scenarios.unknownClass(adapter, world)]]);
  for (const streams of [false, true]) {
    const kinds = ["all-503", "all-429", `${adapter.front}-401`, `${adapter.front}-garbage`];
    const cases = kinds.map((kind) => [kind, () => scenarios.down(adapter, world, kind, streams)]);
    await each(`nobody answers${streams ? ", streamed" : ""}`, cases);
  }
  if (adapter.insists) await each("repeats when it is told", [["all-429", () => scenarios.patient(adapter, world)]]);
  for (const fault of ["late-cut", "late-end", "late-error"]) {
    const models = world.members.map((name) => `${name}-${fault}`);
    await each(`a stream with a ${fault}`, models.map((one) => [one, () => scenarios.broken(adapter, world, one)]));
    const pairs = foreign.map(({ provider }) => `${adapter.front}-${fault}-then-${provider}`);
    const completed = pairs.map((one) => [one, () => scenarios.completed(adapter, world, one)]);
    await each(`a stream with a ${fault}, completed`, completed);
  }
}

async function listed(adapter) {
  const names = await adapter.listed();
  const missing = world.members.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`not listed: ${missing}`);
}

console.log(JSON.stringify(report));
process.exit(report.failed > 0 ? 1 : 0);
