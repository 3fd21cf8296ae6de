// The `ai` package with its providers for the three vendors, over all four APIs.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import {
  APICallError, generateObject, generateText, jsonSchema, stepCountIs, streamObject, streamText, tool,
} from "ai";
import { z } from "zod";

import { Weather } from "./openai.mjs";

// The SDK asks twice again whatever `x-should-retry` says, if after the time that `retry-after` says. Who has a
// gateway that repeats does as here.
const maxRetries = 0;

class Adapter {
  // What stands in the model's place to think; the classes' names tell the SDK nothing.
  thinking = {};

  async ask(ask) {
    const body = {
      model: this.model(ask.model),
      messages: ask.turns.flatMap((turn) => this.messages(turn)),
      providerOptions: this.options(ask),
      maxRetries: ask.maxRetries ?? maxRetries,
    };
    const tools = Object.entries(ask.tools).map(([name, { description, schema }]) => [
      name, tool({ description, inputSchema: jsonSchema(schema) }),
    ]);
    if (tools.length > 0) body.tools = Object.fromEntries(tools);
    if (ask.hasForm) return this.form(body, ask);
    if (!ask.streams) return this.read(await generateText(body));
    // Errors come as parts of the full stream; the stream of text alone would end as if all were well.
    const stream = streamText({ ...body, onError: () => {} });
    for await (const part of stream.fullStream) {
      if (part.type === "text-delta") ask.heard.push(part.text);
      if (part.type === "error") throw part.error;
    }
    const names = ["text", "reasoningText", "toolCalls", "finishReason", "usage", "response"];
    const whole = await Promise.all(names.map(async (name) => [name, await stream[name]]));
    return this.read(Object.fromEntries(whole));
  }

  async form(body, ask) {
    if (!ask.streams) {
      const { object, usage, finishReason } = await generateObject({ ...body, schema: Weather });
      return { ...this.usage(usage), form: object, text: "", thought: null, calls: [], finish: finishReason };
    }
    const stream = streamObject({ ...body, schema: Weather, onError: () => {} });
    for await (const part of stream.fullStream) if (part.type === "error") throw part.error;
    const [form, usage, finish] = await Promise.all([stream.object, stream.usage, stream.finishReason]);
    return { ...this.usage(usage), form, text: "", thought: null, calls: [], finish };
  }

  messages({ user, png, said, results }) {
    if (said) return said.response.messages;
    if (results) {
      const content = results.map(({ id, tool, text }) => ({
        type: "tool-result", toolCallId: id, toolName: tool, output: { type: "text", value: text },
      }));
      return [{ role: "tool", content }];
    }
    const content = [{ type: "text", text: user }];
    if (png) content.push({ type: "image", image: png, mediaType: "image/png" });
    return [{ role: "user", content }];
  }

  options() {
    return {};
  }

  read(result) {
    const finishes = { stop: "stop", "tool-calls": "calls", length: "length", "content-filter": "refusal" };
    return {
      ...this.usage(result.usage),
      raw: result,
      text: result.text,
      thought: result.reasoningText ?? "",
      calls: result.toolCalls.map(({ toolCallId, toolName, input }) => ({
        id: toolCallId, tool: toolName, args: input,
      })),
      finish: finishes[result.finishReason],
    };
  }

  usage(usage) {
    return {
      input: usage.inputTokens,
      output: usage.outputTokens,
      cached: usage.inputTokenDetails.cacheReadTokens,
      thoughts: usage.outputTokenDetails.reasoningTokens,
    };
  }

  // The SDK asks, runs the tool, and asks again.
  async agent(model, content) {
    const weather = tool({
      description: "The weather of the next days",
      inputSchema: z.object({ city: z.string(), days: z.number() }),
      execute: () => "12 degrees",
    });
    const { text } = await generateText({
      model: this.model(model),
      messages: [{ role: "user", content }],
      tools: { get_weather: weather },
      providerOptions: this.options({}),
      stopWhen: stepCountIs(3),
      maxRetries,
    });
    return text;
  }

  isBroken(error) {
    // Of an error within a stream, some providers of the SDK hand on what it says as it is.
    return APICallError.isInstance(error) || !(error instanceof Error);
  }

  isError(error) {
    return APICallError.isInstance(error);
  }

  status(error) {
    return error.statusCode;
  }

  message(error) {
    return error.message;
  }
}

export class Chat extends Adapter {
  name = "ai with @ai-sdk/openai, chat";
  front = "chat";
  // It has no place for thoughts in this API.
  forgets = true;

  constructor(root) {
    super();
    this.model = createOpenAI({ baseURL: `${root}/v1`, apiKey: "callers-key" }).chat;
  }

  options(ask) {
    return { openai: ask.thinks ? { reasoningEffort: "low", forceReasoning: true } : {} };
  }

  read(result) {
    return { ...super.read(result), thought: null };
  }
}

export class Responses extends Adapter {
  name = "ai with @ai-sdk/openai, responses";
  front = "responses";
  insists = true;

  constructor(root) {
    super();
    this.model = createOpenAI({ baseURL: `${root}/v1`, apiKey: "callers-key" }).responses;
  }

  options(ask) {
    const thinking = ask.thinks
      ? { reasoningEffort: "low", reasoningSummary: "auto", forceReasoning: true, include: ["reasoning.encrypted_content"] }
      : {};
    // Otherwise it refers to what the provider has stored, which nobody else has.
    return { openai: { store: false, ...thinking } };
  }
}

export class Messages extends Adapter {
  name = "ai with @ai-sdk/anthropic";
  front = "messages";

  constructor(root) {
    super();
    this.model = createAnthropic({ baseURL: `${root}/v1`, apiKey: "callers-key" });
  }

  options(ask) {
    // By the name of the model it would think that it takes no schema, and make a tool of it.
    const form = ask.hasForm ? { structuredOutputMode: "outputFormat" } : {};
    return { anthropic: ask.thinks ? { thinking: { type: "enabled", budgetTokens: 1024 } } : form };
  }
}

export class Gemini extends Adapter {
  name = "ai with @ai-sdk/google";
  front = "gemini";
  wraps = (name, content) => JSON.stringify({ name, content });

  constructor(root) {
    super();
    this.model = createGoogleGenerativeAI({ baseURL: `${root}/v1beta`, apiKey: "callers-key" });
  }

  options(ask) {
    return { google: ask.thinks ? { thinkingConfig: { includeThoughts: true, thinkingLevel: "low" } } : {} };
  }
}
