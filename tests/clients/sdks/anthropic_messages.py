"""The `anthropic` package."""

import base64

import anthropic

from scenarios import Answer, Results, Said, User
from sdks.openai_chat import Weather
from sdks.wire import Wire


class Adapter:
    name = f"anthropic {anthropic.__version__}"
    front = "messages"
    BROKEN = anthropic.APIError
    DOWN = anthropic.InternalServerError
    MISSING = anthropic.NotFoundError
    LARGE = anthropic.APIStatusError
    MALFORMED = anthropic.BadRequestError

    def __init__(self, root, key="callers-key"):
        self.wire = Wire()
        http = anthropic.DefaultHttpxClient(event_hooks=self.wire.hooks)
        self.client = anthropic.Anthropic(base_url=root, api_key=key, http_client=http, timeout=30)

    def ask(self, ask):
        body = {"model": ask.model, "max_tokens": 4096, "messages": [self.turn(turn) for turn in ask.turns]}
        if ask.tools:
            body["tools"] = [
                {"name": name, "description": description, "input_schema": schema}
                for name, (description, schema) in ask.tools.items()
            ]
        if ask.thinks:
            body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        form = {"output_format": Weather} if ask.has_form else {}
        if ask.streams:
            with self.client.messages.stream(**body, **form) as stream:
                for text in stream.text_stream:
                    ask.heard.append(text)
                return self.read(stream.get_final_message())
        call = self.client.messages.parse if ask.has_form else self.client.messages.create
        return self.read(call(**body, **form))

    def turn(self, turn):
        match turn:
            case User(text, None):
                return {"role": "user", "content": text}
            case User(text, png):
                source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(png).decode()}
                parts = [{"type": "image", "source": source}, {"type": "text", "text": text}]
                return {"role": "user", "content": parts}
            case Said(message):
                return {"role": "assistant", "content": message.content}
            case Results(results):
                blocks = [
                    {"type": "tool_result", "tool_use_id": call, "content": text} for call, _, text in results
                ]
                return {"role": "user", "content": blocks}

    FINISH = {"end_turn": "stop", "tool_use": "calls", "max_tokens": "length", "refusal": "refusal"}

    def read(self, message):
        def of(kind):
            return [block for block in message.content if block.type == kind]

        usage = message.usage
        assert (message.type, message.role) == ("message", "assistant") and message.id and message.model
        cached = usage.cache_read_input_tokens or 0
        written = usage.cache_creation_input_tokens or 0
        form = getattr(message, "parsed_output", None)
        return Answer(
            raw=message,
            text="".join(block.text for block in of("text")),
            thought="".join(block.thinking for block in of("thinking")),
            calls=[(block.id, block.name, block.input) for block in of("tool_use")],
            finish=self.FINISH[message.stop_reason],
            form=form and form.model_dump(),
            input=usage.input_tokens + cached + written,
            output=usage.output_tokens,
            cached=cached,
        )

    def malformed(self, model):
        return self.client.messages.create(model=model, max_tokens=64, messages=[])

    def count(self, model, text):
        turns = [{"role": "user", "content": text}]
        return self.client.messages.count_tokens(model=model, messages=turns).input_tokens

    def status(self, error):
        return error.status_code

    def message(self, error):
        assert error.body["type"] == "error" and error.body["error"]["type"], error.body
        return error.body["error"]["message"]

    def listed(self):
        return [model.id for model in self.client.models.list()]

    def agent(self, model, text):
        @anthropic.beta_tool
        def get_weather(city: str, days: int) -> str:
            """The weather of the next days."""
            return "12 degrees"

        turns = [{"role": "user", "content": text}]
        runner = self.client.beta.messages.tool_runner(
            model=model, max_tokens=4096, messages=turns, tools=[get_weather]
        )
        return "".join(block.text for block in runner.until_done().content if block.type == "text")
