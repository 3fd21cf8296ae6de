// The `@google/genai` package.

import { ApiError, GoogleGenAI } from "@google/genai";
import { z } from "zod";

import { Weather } from "./openai.mjs";

export class Gemini {
  name = "@google/genai";
  front = "gemini";

  constructor(root) {
    this.client = new GoogleGenAI({ vertexai: false, apiKey: "callers-key", httpOptions: { baseUrl: root } });
  }

  async ask(ask) {
    const config = {};
    const functionDeclarations = Object.entries(ask.tools).map(([name, { description, schema }]) => ({
      name, description, parametersJsonSchema: schema,
    }));
    if (functionDeclarations.length > 0) config.tools = [{ functionDeclarations }];
    if (ask.thinks) config.thinkingConfig = { includeThoughts: true, thinkingLevel: "LOW" };
    if (ask.hasForm) {
      config.responseMimeType = "application/json";
      config.responseJsonSchema = z.toJSONSchema(Weather);
    }
    const body = { model: ask.model, contents: ask.turns.map((turn) => this.content(turn)), config };
    if (!ask.streams) {
      const response = await this.client.models.generateContent(body);
      return this.read(ask, response, response.candidates[0].content);
    }
    const parts = [];
    let last;
    for await (last of await this.client.models.generateContentStream(body)) {
      for (const part of last.candidates?.[0]?.content?.parts ?? []) {
        parts.push(part);
        if (part.text && !part.thought) ask.heard.push(part.text);
      }
    }
    return this.read(ask, last, { role: "model", parts });
  }

  content({ user, png, said, results }) {
    if (said) return said;
    const parts = results
      ? results.map(({ id, tool, text }) => ({
          functionResponse: { name: tool, id: id.own, response: { result: text } },
        }))
      : [{ text: user }];
    if (png) parts.push({ inlineData: { mimeType: "image/png", data: png } });
    return { role: "user", parts };
  }

  read(ask, response, content) {
    const usage = response.usageMetadata;
    const parts = content.parts ?? [];
    const text = parts.filter((part) => part.text && !part.thought).map((part) => part.text).join("");
    const called = parts.filter((part) => part.functionCall).map((part) => part.functionCall);
    const finish = { STOP: "stop", MAX_TOKENS: "length", SAFETY: "refusal" }[response.candidates[0].finishReason];
    const thoughts = usage.thoughtsTokenCount ?? 0;
    return {
      raw: content,
      text,
      thought: parts.filter((part) => part.text && part.thought).map((part) => part.text).join(""),
      // Calls have no identifiers of their own in this API, unless they have.
      calls: called.map((call) => ({ id: { own: call.id }, tool: call.name, args: call.args })),
      finish: called.length > 0 && finish === "stop" ? "calls" : finish,
      form: ask.hasForm ? JSON.parse(text) : undefined,
      input: usage.promptTokenCount,
      output: (usage.candidatesTokenCount ?? 0) + thoughts,
      cached: usage.cachedContentTokenCount,
      thoughts,
    };
  }

  isBroken(error) {
    return error instanceof ApiError;
  }

  isError(error) {
    return error instanceof ApiError;
  }

  status(error) {
    return error.status;
  }

  message(error) {
    // The SDK's message is the response's body.
    return JSON.parse(error.message).error.message;
  }

  async count(model, contents) {
    return (await this.client.models.countTokens({ model, contents })).totalTokens;
  }

  async listed() {
    const names = [];
    for await (const model of await this.client.models.list()) names.push(model.name.replace("models/", ""));
    return names;
  }
}
