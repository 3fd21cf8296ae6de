#!/usr/bin/env python3
"""Are the requests that were written for members requests in the vendors' own eyes?

    ENCODED_REQUESTS=/tmp/encoded cargo test --test corpora_requests
    SPECS=../shared/specs python tests/clients/validate.py /tmp/encoded

Each `SOURCE@DIALECT@MODEL.jsonl` holds one written request a line. Every one that is a translation is held against
the vendor's API description (`SPECS`, left out where it is absent) and against the types of his official SDK,
neither of which may find a field it does not know. What the caller said in the member's own dialect arrives as he
said it, and is for the member to judge. Exits with 1 if one is refused that the caller's vendor had accepted.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import sys
import typing

import jsonschema
import jsonschema.exceptions
import pydantic
import referencing
import referencing.jsonschema
import typing_extensions
import yaml
from google.genai import types as genai
from pydantic import TypeAdapter

# Lists of parameters are `Iterable` in the SDKs, which pydantic would not look into.
typing.Iterable = typing.List  # type: ignore[misc]

import anthropic.types.message_create_params  # noqa: E402
import openai.types.chat.completion_create_params  # noqa: E402
import openai.types.responses.response_create_params  # noqa: E402


# The vendors' descriptions


def nullable(node):
    """OpenAPI 3.0's way to say that null is taken, as JSON Schema says it.

    Of `oneOf` more than one may fit: the alternatives overlap in what the vendors take every day, as a message with
    an image is both of OpenAI's two kinds of messages."""
    if isinstance(node, list):
        return [nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: nullable(value) for key, value in node.items() if key not in ("example", "examples", "default")}
    if "oneOf" in node and "anyOf" not in node:
        node["anyOf"] = node.pop("oneOf")
    if node.pop("nullable", False) is True:
        return {"anyOf": [node, {"type": "null"}]}
    return node


def discovery(node):
    """Google's description as JSON Schema. Its API takes no field that it does not know."""
    if "$ref" in node:
        return {"$ref": f"#/schemas/{node['$ref']}"}
    kind = node.get("type")
    if kind == "any":
        return {}
    if kind == "array":
        return {"type": "array", "items": discovery(node["items"])}
    if kind == "object":
        schema = {"type": "object"}
        if "additionalProperties" in node:
            schema["additionalProperties"] = discovery(node["additionalProperties"])
        if "properties" in node:
            schema["properties"] = {name: discovery(value) for name, value in node["properties"].items()}
            schema.setdefault("additionalProperties", False)
        return schema
    if kind == "string" and node.get("format") in ("int64", "uint64"):
        return {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]}
    schema = {"type": kind}
    if kind == "string" and "enum" in node:
        schema["enum"] = node["enum"]
    return schema


def validator(document, reference):
    resource = referencing.Resource.from_contents(
        document, default_specification=referencing.jsonschema.DRAFT202012
    )
    registry = referencing.Registry().with_resource("urn:vendor", resource)
    return jsonschema.Draft202012Validator({"$ref": f"urn:vendor#{reference}"}, registry=registry)


def load_descriptions(folder):
    if not folder.is_dir():
        print(f"no API descriptions at {folder}: left out; set SPECS")
        return {}

    def openapi(name):
        with open(folder / name, encoding="utf-8") as file:
            document = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return {"components": nullable(document["components"])}

    openai_document = openapi("openai-openapi.yml")
    google = json.loads((folder / "google-discovery.json").read_text())
    google = {"schemas": {name: discovery(node) for name, node in google["schemas"].items()}}
    schemas = "/components/schemas"
    return {
        "openai-chat": validator(openai_document, f"{schemas}/CreateChatCompletionRequest"),
        "openai-responses": validator(openai_document, f"{schemas}/CreateResponse"),
        "anthropic-messages": validator(openapi("anthropic-openapi.yml"), f"{schemas}/CreateMessageParams"),
        "gemini": validator(google, "/schemas/GenerateContentRequest"),
    }


def worst(error):
    """Of a union the alternative that came nearest: the one whose complaint lies deepest."""
    while error.context:
        by_branch = collections.defaultdict(list)
        for inner in error.context:
            by_branch[inner.schema_path[0]].append(inner)

        def nearness(branch):
            # A wrong tag or a missing field means that another alternative was meant.
            is_other = any(
                inner.validator in ("const", "enum", "required", "type") and len(inner.path) <= 1 for inner in branch
            )
            return (is_other, len(branch))

        branch = min(by_branch.values(), key=nearness)
        error = max(branch, key=lambda inner: len(inner.path))
    return error


def described(check, body):
    for error in check.iter_errors(body):
        error = worst(error)
        yield f"{error.json_path}: {shorten(error.message)}"


# The SDKs' types


def strict_types():
    """No SDK sends a field that its types do not know."""
    seen = 0
    for name, module in list(sys.modules.items()):
        if name.startswith(("openai.types", "anthropic.types")):
            for value in vars(module).values():
                if isinstance(value, type) and typing_extensions.is_typeddict(value):
                    value.__pydantic_config__ = {"extra": "forbid"}
                    # An open file may stand where base64 does, of which pydantic has no notion.
                    for field, kind in value.__annotations__.items():
                        if "Base64FileInput" in str(kind):
                            value.__annotations__[field] = str
                    seen += 1
    assert seen > 100, f"only {seen} types"


def load_types():
    strict_types()
    params = {
        "openai-chat": openai.types.chat.completion_create_params.CompletionCreateParams,
        "openai-responses": openai.types.responses.response_create_params.ResponseCreateParams,
        "anthropic-messages": anthropic.types.message_create_params.MessageCreateParams,
    }
    checks = {name: TypeAdapter(kind).validate_python for name, kind in params.items()}
    checks["anthropic-messages"] = check_anthropic(checks["anthropic-messages"])
    checks["gemini"] = check_gemini
    return checks


def check_anthropic(check):
    # The SDK's types know the newest version of the API, which has no sampling parameters; translations ask for the
    # older one, which has them, and is described above.
    def older(body):
        check({name: value for name, value in body.items() if name not in ("temperature", "top_p", "top_k")})

    return older


GEMINI = {
    "contents": list[genai.Content],
    "systemInstruction": genai.Content,
    "tools": list[genai.Tool],
    "toolConfig": genai.ToolConfig,
    "generationConfig": genai.GenerationConfig,
    "safetySettings": list[genai.SafetySetting],
    "cachedContent": str,
    "serviceTier": genai.ServiceTier,
    "store": bool,
    "labels": dict[str, str],
}
GEMINI_ADAPTERS = {name: TypeAdapter(kind) for name, kind in GEMINI.items()}


def check_gemini(body):
    for name, value in body.items():
        if name not in GEMINI_ADAPTERS:
            raise AssertionError(f"$.{name}: not a field of the request")
        # From JSON, as bytes are base64 there.
        try:
            GEMINI_ADAPTERS[name].validate_json(json.dumps(value))
        except pydantic.ValidationError as error:
            raise AssertionError(f"$.{name}" + typed(error)[1:]) from None
        except AttributeError as error:
            # Where its enums expect a name they fall over anything else.
            raise AssertionError(f"$.{name}: {error}") from None


def typed(error):
    # Of a union's many complaints the deepest is the nearest to the truth, but for the one that every request
    # without a stream gets from the kind with one.
    errors = [one for one in error.errors() if one["loc"][-1:] != ("stream",)] or error.errors()
    worst_one = max(errors, key=lambda one: len(one["loc"]))
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}"
        for step in worst_one["loc"]
        if isinstance(step, int) or not re.search(r"[A-Z\[]|^(function|str|list|nullable)", str(step))
    )
    return f"${path}: {shorten(worst_one['msg'])} (of {error.error_count()})"


def by_type(check, body):
    try:
        check(body)
    except pydantic.ValidationError as error:
        yield typed(error)
    except AssertionError as error:
        yield str(error)


def shorten(text):
    return text if len(text) <= 160 else f"{text[:80]} ... {text[-75:]}"


# The run


# What sources are called that speak a dialect.
OWN_WORDS = {
    "openai-chat": ["chat"],
    "openai-responses": ["responses"],
    "anthropic-messages": ["messages"],
    "gemini": ["generateContent"],
}


def is_vendors_own(dialect, model):
    """Mistral, DeepSeek and others speak OpenAI's dialect each in words of their own (`tool_choice: "any"`, `thinking`,
    `document_url`), of which OpenAI's description and SDK say nothing."""
    return dialect != "openai-chat" or model.startswith("gpt-")


def pattern(complaint):
    return re.sub(r"\[\d+\]", "[]", complaint)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    specs = pathlib.Path(os.environ.get("SPECS", "../shared/specs"))
    checks = {"description": (described, load_descriptions(specs)), "types": (by_type, load_types())}
    taken = failed = 0
    for file in sorted(folder.glob("*.jsonl")):
        source, dialect, model = file.name.removesuffix(".jsonl").split("@")
        if source.split(".")[-1] in OWN_WORDS[dialect] or not is_vendors_own(dialect, model):
            continue
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        lines = [line for line in lines if line["accepted"]]
        for kind, (run, by_dialect) in checks.items():
            if dialect not in by_dialect or not lines:
                continue
            complaints = collections.defaultdict(list)
            for line in lines:
                for complaint in run(by_dialect[dialect], line["body"]):
                    complaints[pattern(complaint)].append(line["name"])
            refused = len({name for names in complaints.values() for name in names})
            taken += len(lines) - refused
            if refused:
                print(f"{source} to {dialect} {model}, by {kind}: {refused} of {len(lines)} refused")
            for complaint, names in sorted(complaints.items(), key=lambda item: -len(item[1])):
                print(f"    {len(names):4} {complaint}    ({names[0]})")
            failed += refused
    print(f"written requests, by {' and by '.join(checks)}: {taken} taken, {failed} refused")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
