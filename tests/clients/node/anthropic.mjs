// The `@anthropic-ai/sdk` package.

import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

import { Weather } from "./openai.mjs";

export class Messages {
  name = "@anthropic-ai/sdk";
  front = "messages";

  constructor(root) {
    this.client = new Anthropic({ baseURL: root, apiKey: "callers-key", timeout: 30_000 });
  }

  async ask(ask) {
    const body = { model: ask.model, max_tokens: 4096, messages: ask.turns.map((turn) => this.turn(turn)) };
    const tools = Object.entries(ask.tools).map(([name, { description, schema }]) => ({
      name, description, input_schema: schema,
    }));
    if (tools.length > 0) body.tools = tools;
    if (ask.thinks) body.thinking = { type: "enabled", budget_tokens: 1024 };
    if (ask.hasForm) body.output_config = { format: zodOutputFormat(Weather) };
    const { messages } = this.client;
    if (!ask.streams) return this.read(await (ask.hasForm ? messages.parse(body) : messages.create(body)));
    const stream = messages.stream(body);
    stream.on("text", (text) => ask.heard.push(text));
    return this.read(await stream.finalMessage());
  }

  turn({ user, png, said, results }) {
    if (said) return { role: "assistant", content: said.content };
    if (results) {
      const content = results.map(({ id, text }) => ({ type: "tool_result", tool_use_id: id, content: text }));
      return { role: "user", content };
    }
    if (!png) return { role: "user", content: user };
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: png } };
    return { role: "user", content: [image, { type: "text", text: user }] };
  }

  read(message) {
    const { content, usage } = message;
    const of = (type) => content.filter((block) => block.type === type);
    const cached = usage.cache_read_input_tokens ?? 0;
    const finishes = { end_turn: "stop", tool_use: "calls", max_tokens: "length", refusal: "refusal" };
    return {
      raw: message,
      text: of("text").map((block) => block.text).join(""),
      thought: of("thinking").map((block) => block.thinking).join(""),
      calls: of("tool_use").map((block) => ({ id: block.id, tool: block.name, args: block.input })),
      finish: finishes[message.stop_reason],
      form: message.parsed_output,
      input: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
      output: usage.output_tokens,
      cached,
    };
  }

  isBroken(error) {
    return error instanceof Anthropic.APIError;
  }

  isError(error, kind) {
    const kinds = {
      down: Anthropic.InternalServerError,
      missing: Anthropic.NotFoundError,
      large: Anthropic.APIError,
      malformed: Anthropic.BadRequestError,
    };
    return error instanceof kinds[kind];
  }

  status(error) {
    return error.status;
  }

  message(error) {
    return error.error?.error?.message;
  }

  async count(model, content) {
    return (await this.client.messages.countTokens({ model, messages: [{ role: "user", content }] })).input_tokens;
  }

  async listed() {
    const names = [];
    for await (const model of this.client.models.list()) names.push(model.id);
    return names;
  }

  async agent(model, content) {
    const tool = betaZodTool({
      name: "get_weather",
      description: "The weather of the next days",
      inputSchema: z.object({ city: z.string(), days: z.number() }),
      run: () => "12 degrees",
    });
    const messages = [{ role: "user", content }];
    const last = await this.client.beta.messages.toolRunner({ model, max_tokens: 4096, messages, tools: [tool] });
    return last.content.filter((block) => block.type === "text").map((block) => block.text).join("");
  }
}
