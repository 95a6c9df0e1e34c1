"""OpenAI's requests as this network takes them: bodies to dataclasses, or a 400 that names the field.

The verified lane samples with temperature, top_p, max_tokens, stop and seed, and with two fields that OpenAI
does not have and other servers do: top_k and repetition_penalty. Every other sampling field is refused unless
its value changes nothing (`n: 1`); `user` and `metadata` are accepted and unused. Ours is in
`x_ganglion` (request id and nonce, see identity.py): the gateway adds it, a miner requires it. Knows no
tokenizer: lengths in tokens are the server's to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.fields import Fields, parse_object
from ganglion.protocol.identity import ID_BYTES, Identity
from ganglion.protocol.sampling import MAX_PENALTY, MAX_TOP_K, MIN_PENALTY, SamplingParams

__all__ = [
    "ChatRequest",
    "CompletionRequest",
    "EmbeddingRequest",
    "Message",
    "Sampling",
    "parse_chat",
    "parse_completion",
    "parse_embedding",
    "parse_object",
    "read_sampling",
]

MAX_MODEL_NAME = 256
MAX_MESSAGES = 1024
MAX_STOPS = 4
MAX_STOP_LENGTH = 256
MAX_TOKENS = 1 << 20
MAX_INPUTS = 256
MAX_TEMPERATURE = 2.0
MIN_TOP_P = 1e-6
DEFAULT_TEMPERATURE = 1.0
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}

_NEUTRAL_SAMPLING: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
}
_NEUTRAL_CHAT: dict[str, tuple[Any, ...]] = _NEUTRAL_SAMPLING | {
    "logprobs": (False,),
    "response_format": ({"type": "text"},),
    "tools": ([],),
    "tool_choice": ("none",),
    "store": (False,),
    "modalities": (["text"],),
    "service_tier": ("auto", "default"),
}
_NEUTRAL_COMPLETION: dict[str, tuple[Any, ...]] = _NEUTRAL_SAMPLING | {
    "best_of": (1,),
    "echo": (False,),
    "suffix": ("",),
}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample. `max_tokens` None means: as many as fit, up to the server's limit."""

    params: SamplingParams
    max_tokens: int | None
    stop: tuple[str, ...]
    seed: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class _Generation:
    model: str
    sampling: Sampling
    stream: bool
    include_usage: bool
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class ChatRequest(_Generation):
    """Body of /v1/chat/completions."""

    messages: tuple[Message, ...]

    def rows(self) -> list[dict[str, str]]:
        """The messages as chat templates take them."""
        return [{"role": m.role, "content": m.content} for m in self.messages]


@dataclass(frozen=True, slots=True)
class CompletionRequest(_Generation):
    """Body of /v1/completions; the prompt is text or token ids."""

    prompt: str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Body of /v1/embeddings."""

    model: str
    inputs: tuple[str, ...]
    base64: bool
    dimensions: int | None
    identity: Identity | None


def parse_chat(body: Mapping[str, Any], *, require_identity: bool = False) -> ChatRequest:
    """Read a body of /v1/chat/completions. Raises RequestError."""
    fields = Fields(body)
    fields.neutral(_NEUTRAL_CHAT)
    fields.neutral({"top_logprobs": (0,)})
    request = ChatRequest(**_generation(fields, require_identity, chat=True), messages=_messages(fields))
    fields.finish()
    return request


def parse_completion(body: Mapping[str, Any], *, require_identity: bool = False) -> CompletionRequest:
    """Read a body of /v1/completions. Raises RequestError."""
    fields = Fields(body)
    fields.neutral(_NEUTRAL_COMPLETION)
    fields.neutral({"logprobs": ()})
    request = CompletionRequest(**_generation(fields, require_identity, chat=False), prompt=_prompt(fields))
    fields.finish()
    return request


def parse_embedding(body: Mapping[str, Any], *, require_identity: bool = False) -> EmbeddingRequest:
    """Read a body of /v1/embeddings. Raises RequestError."""
    fields = Fields(body)
    fields.ignore("user", "metadata")
    encoding = fields.take("encoding_format")
    if encoding not in (None, "float", "base64"):
        fields.fail("encoding_format", "must be float or base64")
    request = EmbeddingRequest(
        model=fields.text("model", max_length=MAX_MODEL_NAME),
        inputs=_inputs(fields),
        base64=encoding == "base64",
        dimensions=fields.integer("dimensions", low=1, high=1 << 16),
        identity=_identity(fields, require_identity),
    )
    fields.finish()
    return request


def _generation(fields: Fields, require_identity: bool, *, chat: bool) -> dict[str, Any]:
    fields.ignore("user", "metadata")
    stream = fields.boolean("stream")
    return {
        "model": fields.text("model", max_length=MAX_MODEL_NAME),
        "sampling": _sampling(fields, chat=chat),
        "stream": stream,
        "include_usage": _include_usage(fields, stream),
        "identity": _identity(fields, require_identity),
    }


def read_sampling(body: Mapping[str, Any], *, chat: bool) -> Sampling:
    """The sampling of a body alone, defaults filled in; its other fields are not looked at. Raises RequestError."""
    return _sampling(Fields(body), chat=chat)


def _sampling(fields: Fields, *, chat: bool) -> Sampling:
    names = ("max_tokens", "max_completion_tokens") if chat else ("max_tokens",)
    limits = [v for name in names if (v := fields.integer(name, low=1, high=MAX_TOKENS)) is not None]
    if len(set(limits)) > 1:
        fields.fail("max_tokens", "differs from max_completion_tokens")
    return Sampling(
        params=_params(fields),
        max_tokens=limits[0] if limits else None,
        stop=_stop(fields),
        seed=fields.integer("seed", low=-(2**63), high=2**63 - 1),
    )


def _params(fields: Fields) -> SamplingParams:
    return SamplingParams(
        temperature=fields.number("temperature", DEFAULT_TEMPERATURE, low=0, high=MAX_TEMPERATURE),
        top_p=fields.number("top_p", 1.0, low=MIN_TOP_P, high=1),
        top_k=fields.integer("top_k", low=0, high=MAX_TOP_K) or 0,
        repetition_penalty=fields.number("repetition_penalty", 1.0, low=MIN_PENALTY, high=MAX_PENALTY),
    )


def _stop(fields: Fields) -> tuple[str, ...]:
    value = fields.take("stop")
    stops = [value] if isinstance(value, str) else value if value is not None else []
    if not isinstance(stops, list) or len(stops) > MAX_STOPS:
        fields.fail("stop", f"must be a string or a list of at most {MAX_STOPS} strings")
    if not all(isinstance(s, str) and 0 < len(s) <= MAX_STOP_LENGTH for s in stops):
        fields.fail("stop", f"strings must have 1 to {MAX_STOP_LENGTH} characters")
    return tuple(stops)


def _include_usage(fields: Fields, stream: bool) -> bool:
    options = fields.child("stream_options")
    if options is None:
        return False
    if not stream:
        fields.fail("stream_options", "is only allowed with stream: true")
    include = options.boolean("include_usage")
    options.neutral({"include_obfuscation": (False,)})
    options.finish()
    return include


def _identity(fields: Fields, required: bool) -> Identity | None:
    ours = fields.child("x_ganglion")
    if ours is None:
        if required:
            fields.fail("x_ganglion", "with request_id and nonce is required", "missing_parameter")
        return None
    identity = Identity(ours.hex("request_id", size=ID_BYTES), ours.hex("nonce", size=ID_BYTES))
    ours.finish()
    return identity


def _messages(fields: Fields) -> tuple[Message, ...]:
    value = fields.require("messages")
    if not isinstance(value, list) or not 0 < len(value) <= MAX_MESSAGES:
        fields.fail("messages", f"must be a list of 1 to {MAX_MESSAGES} messages")
    return tuple(_message(item, f"messages[{index}]") for index, item in enumerate(value))


def _message(value: Any, path: str) -> Message:
    if not isinstance(value, dict):
        raise RequestError(f"{path} must be an object", code="invalid_value", param=path)
    fields = Fields(value, path)
    role = fields.require("role")
    if not isinstance(role, str) or role not in ROLES:
        fields.fail("role", f"must be one of {', '.join(ROLES)}")
    content = fields.require("content")
    message = Message(ROLES[role], content if isinstance(content, str) else _joined(fields, content))
    fields.finish()
    return message


def _joined(fields: Fields, content: Any) -> str:
    """Content given in parts: only text parts."""
    if not isinstance(content, list) or not content:
        fields.fail("content", "must be a string or a list of text parts")
    texts = []
    for index, part in enumerate(content):
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            fields.fail(f"content[{index}]", 'must be {"type": "text", "text": ...}')
        if len(part) > 2:
            fields.fail(f"content[{index}]", "has a field that is not known", "unknown_parameter")
        texts.append(part["text"])
    return "".join(texts)


def _prompt(fields: Fields) -> str | tuple[int, ...]:
    value = fields.require("prompt")
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | list):
        value = value[0]
    if isinstance(value, str) and value:
        return value
    if isinstance(value, list) and value and all(type(t) is int and 0 <= t < 2**31 for t in value):
        return tuple(value)
    fields.fail("prompt", "must be one text or one list of token ids")


def _inputs(fields: Fields) -> tuple[str, ...]:
    value = fields.require("input")
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not 0 < len(texts) <= MAX_INPUTS:
        fields.fail("input", f"must be a text or a list of 1 to {MAX_INPUTS} texts")
    if not all(isinstance(text, str) and text for text in texts):
        fields.fail("input", "must hold texts that are not empty")
    return tuple(texts)
