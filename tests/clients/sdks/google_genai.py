"""The `google-genai` package."""

import google.genai
from google.genai import errors, types

from scenarios import Answer, Results, Said, User
from sdks.openai_chat import Weather
from sdks.wire import Wire


class Adapter:
    name = f"google-genai {google.genai.__version__}"
    front = "gemini"
    BROKEN = errors.APIError
    DOWN = errors.ServerError
    MISSING = errors.ClientError
    LARGE = errors.ClientError
    MALFORMED = errors.ClientError

    def __init__(self, root, key="callers-key"):
        self.wire = Wire()
        options = types.HttpOptions(base_url=root, client_args={"event_hooks": self.wire.hooks}, timeout=30_000)
        self.client = google.genai.Client(vertexai=False, api_key=key, http_options=options)

    def ask(self, ask):
        config = types.GenerateContentConfig(
            tools=self.tools(ask.tools) if ask.tools else None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_level="LOW") if ask.thinks else None,
            response_mime_type="application/json" if ask.has_form else None,
            response_schema=Weather if ask.has_form else None,
        )
        body = {"model": ask.model, "contents": [self.content(turn) for turn in ask.turns], "config": config}
        if not ask.streams:
            response = self.client.models.generate_content(**body)
            return self.read(response, response.candidates[0].content)
        return self.stream(body, ask)

    def stream(self, body, ask):
        # The SDK has no accumulator but its chats': the parts one after the other.
        parts, last = [], None
        for last in self.client.models.generate_content_stream(**body):
            for part in last.candidates[0].content.parts if last.candidates and last.candidates[0].content else []:
                parts.append(part)
                if part.text and not part.thought:
                    ask.heard.append(part.text)
        assert last is not None, "an empty stream"
        answer = self.read(last, types.Content(role="model", parts=parts))
        if ask.has_form:
            answer.form = Weather.model_validate_json(answer.text).model_dump()
        return answer

    def tools(self, tools):
        declarations = [
            types.FunctionDeclaration(name=name, description=description, parameters_json_schema=schema)
            for name, (description, schema) in tools.items()
        ]
        return [types.Tool(function_declarations=declarations)]

    def content(self, turn):
        match turn:
            case User(text, None):
                return types.UserContent(text)
            case User(text, png):
                return types.UserContent([text, types.Part.from_bytes(data=png, mime_type="image/png")])
            case Said(content):
                return content
            case Results(results):
                parts = [
                    types.Part(function_response=types.FunctionResponse(name=tool, id=call[1], response={"result": text}))
                    for call, tool, text in results
                ]
                return types.Content(role="user", parts=parts)

    FINISH = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "refusal"}

    def read(self, response, content):
        usage, parts = response.usage_metadata, content.parts or []
        finish = self.FINISH[response.candidates[0].finish_reason.value]
        # Calls have no identifiers of their own in this API, unless they have.
        calls = [
            ((at, part.function_call.id), part.function_call.name, part.function_call.args)
            for at, part in enumerate(parts)
            if part.function_call
        ]
        form = response.parsed
        thoughts = usage.thoughts_token_count or 0
        return Answer(
            raw=content,
            text="".join(part.text for part in parts if part.text and not part.thought),
            thought="".join(part.text for part in parts if part.text and part.thought),
            calls=calls,
            finish="calls" if calls and finish == "stop" else finish,
            form=form and form.model_dump(),
            input=usage.prompt_token_count,
            output=(usage.candidates_token_count or 0) + thoughts,
            cached=usage.cached_content_token_count,
            thoughts=thoughts,
        )

    def malformed(self, model):
        # The SDK itself refuses a request without contents; this is one without parts.
        return self.client.models.generate_content(model=model, contents=[types.Content(role="robot", parts=[])])

    def count(self, model, text):
        return self.client.models.count_tokens(model=model, contents=text).total_tokens

    def status(self, error):
        return error.code

    def message(self, error):
        assert error.status, error.details
        return error.message

    def listed(self):
        return [model.name.removeprefix("models/") for model in self.client.models.list()]

    def agent(self, model, text):
        def get_weather(city: str, days: int) -> str:
            """The weather of the next days."""
            return "12 degrees"

        config = types.GenerateContentConfig(tools=[get_weather])
        return self.client.models.generate_content(model=model, contents=text, config=config).text
