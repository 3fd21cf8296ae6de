"""The `openai` package, Chat Completions."""

import base64
import json

import openai
import pydantic

from scenarios import Answer, Results, Said, User
from sdks.wire import Wire


class Weather(pydantic.BaseModel):
    city: str
    degrees: int


class Adapter:
    name = f"openai {openai.__version__}, chat"
    front = "chat"
    BROKEN = openai.APIError
    DOWN = openai.InternalServerError
    MISSING = openai.NotFoundError
    LARGE = openai.APIStatusError
    MALFORMED = openai.BadRequestError

    def __init__(self, root, key="callers-key"):
        self.wire = Wire()
        http = openai.DefaultHttpxClient(event_hooks=self.wire.hooks)
        self.client = openai.OpenAI(base_url=f"{root}/v1", api_key=key, http_client=http, timeout=30)

    def ask(self, ask):
        body = {"model": ask.model, "messages": [message for turn in ask.turns for message in self.messages(turn)]}
        if ask.tools:
            body["tools"] = [self.tool(name, *tool) for name, tool in ask.tools.items()]
        if ask.thinks:
            body["reasoning_effort"] = "low"
        if ask.has_form:
            body["response_format"] = Weather
        if ask.streams:
            return self.read(self.stream(body, ask.heard))
        # What is truncated cannot be parsed, and is raised as an error.
        call = self.client.chat.completions.parse if ask.has_form else self.client.chat.completions.create
        return self.read(call(**body))

    def stream(self, body, heard):
        with self.client.chat.completions.stream(**body, stream_options={"include_usage": True}) as stream:
            for event in stream:
                if event.type in ("content.delta", "refusal.delta"):
                    heard.append(event.delta)
            try:
                return stream.get_final_completion()
            except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError) as error:
                # What the SDK makes of an answer that is not whole.
                return error.completion

    def messages(self, turn):
        match turn:
            case User(text, None):
                return [{"role": "user", "content": text}]
            case User(text, png):
                url = f"data:image/png;base64,{base64.b64encode(png).decode()}"
                parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
                return [{"role": "user", "content": parts}]
            case Said(completion):
                return [completion.choices[0].message]
            case Results(results):
                return [{"role": "tool", "tool_call_id": call, "content": text} for call, _, text in results]

    def tool(self, name, description, schema):
        function = {"name": name, "description": description, "parameters": schema, "strict": True}
        return {"type": "function", "function": function}

    FINISH = {"stop": "stop", "tool_calls": "calls", "length": "length", "content_filter": "refusal"}

    def read(self, completion):
        choice, usage = completion.choices[0], completion.usage
        message = choice.message
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage
        assert completion.object == "chat.completion" and completion.id and completion.created
        form = getattr(message, "parsed", None)
        return Answer(
            raw=completion,
            text=(message.content or "") + (message.refusal or ""),
            thought=getattr(message, "reasoning_content", None) or "",
            calls=[
                (call.id, call.function.name, json.loads(call.function.arguments))
                for call in message.tool_calls or []
            ],
            finish="refusal" if message.refusal else self.FINISH[choice.finish_reason],
            form=form and form.model_dump(),
            input=usage.prompt_tokens,
            output=usage.completion_tokens,
            cached=usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens,
            thoughts=usage.completion_tokens_details and usage.completion_tokens_details.reasoning_tokens,
        )

    def malformed(self, model):
        return self.client.chat.completions.create(model=model, messages=[])

    def status(self, error):
        return error.status_code

    def message(self, error):
        assert isinstance(error.body, dict), error.body
        return error.body.get("message")

    def listed(self):
        return [model.id for model in self.client.models.list()]
