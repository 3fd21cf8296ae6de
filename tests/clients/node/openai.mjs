// The `openai` package: Chat Completions and Responses.

import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

export const Weather = z.object({ city: z.string(), degrees: z.number() });

class OpenAIAdapter {
  constructor(root) {
    this.client = new OpenAI({ baseURL: `${root}/v1`, apiKey: "callers-key", timeout: 30_000 });
  }

  isBroken(error) {
    return error instanceof OpenAI.APIError;
  }

  isError(error, kind) {
    const kinds = {
      down: OpenAI.InternalServerError,
      missing: OpenAI.NotFoundError,
      large: OpenAI.APIError,
      malformed: OpenAI.BadRequestError,
    };
    return error instanceof kinds[kind];
  }

  status(error) {
    return error.status;
  }

  message(error) {
    return error.error?.message;
  }

  async listed() {
    const names = [];
    for await (const model of this.client.models.list()) names.push(model.id);
    return names;
  }
}

export class Chat extends OpenAIAdapter {
  name = "openai (node), chat";
  front = "chat";

  async ask(ask) {
    const body = { model: ask.model, messages: ask.turns.flatMap((turn) => this.messages(turn)) };
    const tools = Object.entries(ask.tools).map(([name, { description, schema }]) => ({
      type: "function",
      function: { name, description, parameters: schema, strict: true },
    }));
    if (tools.length > 0) body.tools = tools;
    if (ask.thinks) body.reasoning_effort = "low";
    if (ask.hasForm) body.response_format = zodResponseFormat(Weather, "weather");
    const { completions } = this.client.chat;
    if (!ask.streams) return this.read(await (ask.hasForm ? completions.parse(body) : completions.create(body)));
    const stream = completions.stream({ ...body, stream_options: { include_usage: true } });
    stream.on("content.delta", ({ delta }) => ask.heard.push(delta));
    stream.on("refusal.delta", ({ delta }) => ask.heard.push(delta));
    // Of fields that it does not know the accumulator keeps the last piece.
    let thought = "";
    stream.on("chunk", ({ choices }) => (thought += choices[0]?.delta.reasoning_content ?? ""));
    return { ...this.read(await stream.finalChatCompletion()), thought };
  }

  messages({ user, png, said, results }) {
    if (said) return [said.choices[0].message];
    if (results) return results.map(({ id, text }) => ({ role: "tool", tool_call_id: id, content: text }));
    if (!png) return [{ role: "user", content: user }];
    const image = { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } };
    return [{ role: "user", content: [{ type: "text", text: user }, image] }];
  }

  read(completion) {
    const [{ message, finish_reason: reason }] = completion.choices;
    const { usage } = completion;
    const finish = { stop: "stop", tool_calls: "calls", length: "length", content_filter: "refusal" }[reason];
    return {
      raw: completion,
      text: (message.content ?? "") + (message.refusal ?? ""),
      thought: message.reasoning_content ?? "",
      calls: (message.tool_calls ?? []).map((call) => ({
        id: call.id,
        tool: call.function.name,
        args: JSON.parse(call.function.arguments),
      })),
      finish: message.refusal ? "refusal" : finish,
      form: message.parsed,
      input: usage.prompt_tokens,
      output: usage.completion_tokens,
      cached: usage.prompt_tokens_details?.cached_tokens,
      thoughts: usage.completion_tokens_details?.reasoning_tokens,
    };
  }

  async agent(model, content) {
    const tool = {
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather of the next days",
        parameters: z.toJSONSchema(z.object({ city: z.string(), days: z.number() })),
        parse: JSON.parse,
        function: () => "12 degrees",
      },
    };
    const body = { model, messages: [{ role: "user", content }], tools: [tool] };
    return this.client.chat.completions.runTools(body).finalContent();
  }
}

export class Responses extends OpenAIAdapter {
  name = "openai (node), responses";
  front = "responses";

  async ask(ask) {
    const body = { model: ask.model, input: ask.turns.flatMap((turn) => this.items(turn)), store: false };
    const tools = Object.entries(ask.tools).map(([name, { description, schema }]) => ({
      type: "function", name, description, parameters: schema, strict: true,
    }));
    if (tools.length > 0) body.tools = tools;
    if (ask.thinks) {
      body.reasoning = { effort: "low", summary: "auto" };
      body.include = ["reasoning.encrypted_content"];
    }
    if (ask.hasForm) body.text = { format: zodTextFormat(Weather, "weather") };
    const { responses } = this.client;
    if (!ask.streams) return this.read(await (ask.hasForm ? responses.parse(body) : responses.create(body)));
    const stream = responses.stream(body);
    stream.on("response.output_text.delta", ({ delta }) => ask.heard.push(delta));
    stream.on("response.refusal.delta", ({ delta }) => ask.heard.push(delta));
    return this.read(await stream.finalResponse());
  }

  items({ user, png, said, results }) {
    if (said) return said.output;
    if (results) return results.map(({ id, text }) => ({ type: "function_call_output", call_id: id, output: text }));
    if (!png) return [{ role: "user", content: user }];
    const image = { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" };
    return [{ role: "user", content: [{ type: "input_text", text: user }, image] }];
  }

  read(response) {
    const { output, usage } = response;
    const of = (type) => output.filter((item) => item.type === type);
    const parts = of("message").flatMap((item) => item.content);
    const refusals = parts.filter((part) => part.type === "refusal").map((part) => part.refusal);
    const calls = of("function_call");
    const reason = response.incomplete_details?.reason;
    const incomplete = { max_output_tokens: "length", content_filter: "refusal" }[reason];
    const complete = refusals.length > 0 ? "refusal" : calls.length > 0 ? "calls" : "stop";
    return {
      raw: response,
      text: response.output_text + refusals.join(""),
      thought: of("reasoning").flatMap((item) => item.summary).map((part) => part.text).join("\n\n"),
      calls: calls.map((call) => ({ id: call.call_id, tool: call.name, args: JSON.parse(call.arguments) })),
      finish: { completed: complete, incomplete }[response.status],
      form: response.output_parsed,
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_tokens_details.cached_tokens,
      thoughts: usage.output_tokens_details.reasoning_tokens,
    };
  }

  async count(model, input) {
    return (await this.client.responses.inputTokens.count({ model, input })).input_tokens;
  }
}
