// What every SDK must make of what the gateway says: `../scenarios.py`, in JavaScript.

import assert from "node:assert/strict";

const CITY = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};
const NOTHING = { type: "object", properties: {}, required: [], additionalProperties: false };
const TOOLS = {
  get_weather: { description: "The weather of the next days", schema: CITY },
  get_time: { description: "The time of day", schema: NOTHING },
};
export const SERVED = [
  "text", "image", "long", "refuse", "json", "think", "tool", "parallel", "no-arguments", "think-tool", "mixed",
];

// All SDKs here send with the global `fetch`: how often, and the last response's headers.
export const wire = { requests: 0, headers: new Headers() };
const send = globalThis.fetch;
globalThis.fetch = async (...request) => {
  wire.requests += 1;
  const response = await send(...request);
  wire.headers = response.headers;
  return response;
};

export const question = (scenario) => `[[${scenario}]] What is the weather in Oslo?`;

// One call of an SDK. `turns` are `{user, png}`, `{said}` (as the SDK gave it), and `{results: [{id, tool, text}]}`;
// `heard` is what has come of a stream's text.
export function askFor(adapter, world, scenario, model, streams) {
  const calls = world.calls[scenario] ?? [];
  return {
    scenario,
    model,
    // Who has no place for thoughts cannot bring them back.
    turns: [{ user: question(scenario) + (adapter.forgets ? " [[forgetful]]" : ""), png: scenario === "image" ? world.png : undefined }],
    tools: Object.fromEntries(calls.map(([name]) => [name, TOOLS[name]])),
    thinks: world.thinking.includes(scenario),
    hasForm: scenario === "json",
    streams,
    heard: [],
  };
}

// A call that is answered, and the next turn with the tools' results where it calls tools.
export async function served(adapter, world, scenario, situation, streams) {
  const ask = askFor(adapter, world, scenario, situation.model, streams);
  const answer = await adapter.ask(ask);
  marked(situation);
  said(world, scenario, answer);
  counted(world, scenario, answer);
  if (streams) assert.equal(ask.heard.join(""), answer.text, "the pieces of the stream");
  if (answer.calls.length === 0) return;
  const results = answer.calls.map(({ id, tool }, count) => ({ id, tool, text: `${count} degrees` }));
  ask.turns.push({ said: answer.raw }, { results });
  ask.heard = [];
  const next = await adapter.ask(ask);
  const wanted = world.calls[scenario].map(([name, args], at) => result(adapter, name, args, `${at} degrees`));
  assert.deepEqual([next.text, next.finish], [wanted.join("; "), "stop"], "the second turn");
  stays(situation);
}

// What a member says of a tool's result, which some SDKs wrap.
function result(adapter, tool, args, text) {
  return `${tool}(${args.city ?? ""}) = ${adapter.wraps ? adapter.wraps(tool, text) : text}`;
}

function marked(situation) {
  const header = (name) => wire.headers.get(`x-failover-${name}`);
  assert.equal(header("class"), situation.model, "x-failover-class");
  assert.equal(header("provider"), situation.provider, "x-failover-provider");
  const attempts = Number(header("attempts"));
  assert.ok(attempts >= situation.attempts, `x-failover-attempts is ${attempts}`);
  assert.equal(header("degraded"), null, "marked as degraded among equals");
}

// A turn with tools' results goes to whoever called the tools, and to nobody else first.
function stays(situation) {
  assert.equal(wire.headers.get("x-failover-provider"), situation.provider, "x-failover-provider");
  assert.equal(wire.headers.get("x-failover-attempts"), "1", "x-failover-attempts of the next turn");
}

function said(world, scenario, answer) {
  const calls = world.calls[scenario] ?? [];
  assert.deepEqual(answer.calls.map(({ tool, args }) => [tool, args]), calls, "calls");
  assert.equal(new Set(answer.calls.map(({ id }) => id)).size, calls.length, "identifiers of calls");
  const finish = { long: "length", refuse: "refusal" }[scenario] ?? "stop";
  assert.equal(answer.finish, calls.length > 0 ? "calls" : finish, "finish");
  if (scenario === "json") assert.deepEqual(answer.form, world.json, "the parsed answer");
  else if (scenario === "refuse") assert.equal(answer.text, world.refusal, "text");
  else assert.equal(answer.text, calls.length > 0 && scenario !== "mixed" ? "" : world.text, "text");
  // An SDK may have no place for thoughts.
  if (answer.thought !== null) {
    assert.equal(answer.thought, world.thinking.includes(scenario) ? world.thought : "", "thought");
  }
}

function counted(world, scenario, answer) {
  const { input, output, cached, thoughts } = world.usage;
  assert.deepEqual([answer.input, answer.output], [input, output], "tokens read and written");
  assert.equal(answer.cached, cached, "cached tokens");
  if (answer.thoughts !== undefined && world.thinking.includes(scenario)) {
    assert.equal(answer.thoughts, thoughts, "tokens of thought");
  }
}

// The SDK's own loop: it calls the tool and brings back what it said.
export async function agent(adapter, world, situation) {
  const text = await adapter.agent(situation.model, question("parallel"));
  const wanted = world.calls.parallel.map(([name, args]) => result(adapter, name, args, "12 degrees"));
  assert.equal(text, wanted.join("; "), "what came of the tools");
  stays(situation);
}

export async function counts(adapter, world, situation) {
  assert.equal(await adapter.count(situation.model, "How long is this?"), world.usage.input, "tokens");
}

// A stream that ends in the middle: the SDK raises, after what had come.
export async function broken(adapter, world, model) {
  const ask = askFor(adapter, world, "text", model, true);
  let answer;
  try {
    answer = await adapter.ask(ask);
  } catch (error) {
    assert.ok(adapter.isBroken(error), `${error?.constructor?.name}: ${error?.message}`);
    // In the gateway's words, or in those of a provider who had some.
    assert.match(error.message, /interrupted|broke off/);
    const heard = ask.heard.join("");
    // All of it may have been heard, of a provider who goes on and breaks off again; but never that it was all.
    assert.ok(heard && world.text.startsWith(heard), `heard ${JSON.stringify(heard)}`);
    return;
  }
  assert.fail(`half an answer ended cleanly: ${JSON.stringify(answer.text)}, ${answer.finish}`);
}

// A stream that ends in the middle, and that somebody else can complete: to the caller it is one, and whole. Gemini's
// alone takes an answer that is begun: asked to go on with its own it breaks off again, and the other repeats it.
export async function completed(adapter, world, model) {
  const ask = askFor(adapter, world, "text", model, true);
  const answer = await adapter.ask(ask);
  said(world, "text", answer);
  assert.equal(ask.heard.join(""), answer.text, "the pieces of the stream");
}

// The call fails as the SDK names it, after one request: what the gateway has repeated, SDKs must not multiply.
async function refused(adapter, kind, status, call, word = "") {
  const before = wire.requests;
  let answer;
  try {
    answer = await call();
  } catch (error) {
    const about = `${error?.constructor?.name}: ${error?.message}`;
    assert.ok(adapter.isError(error, kind), about);
    assert.equal(adapter.status(error), status, `status of ${about}`);
    const message = adapter.message(error);
    assert.ok(message && message.includes(word), `message ${JSON.stringify(message)}`);
    assert.equal(wire.requests - before, 1, "requests");
    return;
  }
  assert.fail(`answered: ${JSON.stringify(answer.text)}`);
}

export async function down(adapter, world, model, streams) {
  await refused(adapter, "down", 503, () => adapter.ask(askFor(adapter, world, "text", model, streams)));
  assert.ok(Number(wire.headers.get("retry-after")) >= 1, "no retry-after");
  assert.equal(wire.headers.get("x-should-retry"), "false", "x-should-retry");
}

// An SDK that repeats whatever it is told does so when it was told, and no sooner.
export async function patient(adapter, world) {
  const [requests, began] = [wire.requests, performance.now()];
  const ask = { ...askFor(adapter, world, "text", "all-429", false), maxRetries: 2 };
  await assert.rejects(() => adapter.ask(ask));
  const wait = 2 * 1000 * Number(wire.headers.get("retry-after"));
  assert.equal(wire.requests - requests, 3, "requests");
  assert.ok(performance.now() - began >= wait - 100, "did not wait");
}

export async function unknownClass(adapter, world) {
  await refused(adapter, "missing", 404, () => adapter.ask(askFor(adapter, world, "text", "nobody", false)), "nobody");
}

export async function tooLarge(adapter, world, model) {
  const ask = askFor(adapter, world, "text", model, false);
  ask.turns = [{ user: "x".repeat(6_000_000) }];
  await refused(adapter, "large", 413, () => adapter.ask(ask));
}

// The provider's own words reach the caller: here, that there is no scenario without tools.
export async function malformed(adapter, world, model) {
  const ask = askFor(adapter, world, "tool", model, false);
  ask.tools = {};
  await refused(adapter, "malformed", 400, () => adapter.ask(ask), "no tools were sent");
}
