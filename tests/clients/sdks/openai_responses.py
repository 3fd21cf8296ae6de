"""The `openai` package, Responses."""

import base64
import json

import openai

from scenarios import Answer, Results, Said, User
from sdks import openai_chat
from sdks.openai_chat import Weather


class Adapter(openai_chat.Adapter):
    name = f"openai {openai.__version__}, responses"
    front = "responses"
    # What lies in a stream's `error` event, and what the SDK's own reader says of a response that failed.
    BROKEN = (openai.APIError, RuntimeError)

    def ask(self, ask):
        body = {"model": ask.model, "input": [item for turn in ask.turns for item in self.items(turn)], "store": False}
        if ask.tools:
            body["tools"] = [self.tool(name, *tool) for name, tool in ask.tools.items()]
        if ask.thinks:
            body |= {
                "reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"],
            }
        form = {"text_format": Weather} if ask.has_form else {}
        if ask.streams:
            return self.read(self.stream(body | form, ask.heard))
        call = self.client.responses.parse if ask.has_form else self.client.responses.create
        return self.read(call(**body, **form))

    def stream(self, body, heard):
        last = None
        with self.client.responses.stream(**body) as stream:
            numbers = []
            for event in stream:
                numbers.append(event.sequence_number)
                if event.type in ("response.output_text.delta", "response.refusal.delta"):
                    heard.append(event.delta)
                elif event.type == "response.incomplete":
                    # The SDK's accumulator knows only of completed ones.
                    last = event.response
            assert numbers == sorted(set(numbers)), numbers
            return last or stream.get_final_response()

    def items(self, turn):
        match turn:
            case User(text, None):
                return [{"role": "user", "content": text}]
            case User(text, png):
                url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
                parts = [
                    {"type": "input_text", "text": text},
                    {"type": "input_image", "image_url": url, "detail": "auto"},
                ]
                return [{"role": "user", "content": parts}]
            case Said(response):
                return response.output
            case Results(results):
                return [
                    {"type": "function_call_output", "call_id": call, "output": text} for call, _, text in results
                ]

    def tool(self, name, description, schema):
        return {"type": "function", "name": name, "description": description, "parameters": schema, "strict": True}

    def read(self, response):
        items, usage = response.output, response.usage
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens, usage
        parts = [part for item in items if item.type == "message" for part in item.content]
        calls = [item for item in items if item.type == "function_call"]
        thoughts = [part.text for item in items if item.type == "reasoning" for part in item.summary]
        refusals = [part.refusal for part in parts if part.type == "refusal"]
        form = getattr(response, "output_parsed", None)
        return Answer(
            raw=response,
            text=response.output_text + "".join(refusals),
            thought="\n\n".join(thoughts),
            calls=[(call.call_id, call.name, json.loads(call.arguments)) for call in calls],
            finish=self.finish(response, bool(calls), bool(refusals)),
            form=form and form.model_dump(),
            input=usage.input_tokens,
            output=usage.output_tokens,
            cached=usage.input_tokens_details.cached_tokens,
            thoughts=usage.output_tokens_details.reasoning_tokens,
        )

    def finish(self, response, calls, refuses):
        if response.status == "incomplete":
            reasons = {"max_output_tokens": "length", "content_filter": "refusal"}
            return reasons[response.incomplete_details.reason]
        assert response.status == "completed", response.status
        return "refusal" if refuses else "calls" if calls else "stop"

    def malformed(self, model):
        return self.client.responses.create(model=model, input=[])

    def count(self, model, text):
        return self.client.responses.input_tokens.count(model=model, input=text).input_tokens
