"""What is asked of a miner, whoever asks: a body, and what its answer will be held to.

Users' requests and the validator's own prompts become the same `Job`. Everything that the answer depends on is
fixed here, before a miner is chosen: the rendered prompt, and max_tokens even where a user named none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.model.rendering import check_fits, prompt_hash, render_chat, render_completion
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import ChatRequest, CompletionRequest, EmbeddingRequest, Sampling
from ganglion.protocol.receipts import Kind, inputs_hash

__all__ = ["Job", "JobMaker", "embedding_job"]

NOT_FORWARDED = frozenset({"x_ganglion", "stream", "user", "metadata", "max_completion_tokens"})


@dataclass(frozen=True, slots=True)
class Job:
    """A request as miners get it.

    Attributes:
        body: without stream and identity.
        prompt_ids: rendered prompt; empty for embeddings.
        prompt: hash that the receipt must carry.
        max_tokens: of the answer; 0 for embeddings.
        streamed: whether it goes out as a stream.
        texts: of an embedding request.
    """

    kind: Kind
    body: Mapping[str, Any]
    prompt: bytes
    prompt_ids: tuple[int, ...] = ()
    max_tokens: int = 0
    temperature: float = 0.0
    stops: tuple[str, ...] = ()
    seed: int | None = None
    streamed: bool = False
    texts: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """What a miner must offer."""
        return "embed" if self.kind is Kind.EMBEDDING else "generate"


class JobMaker:
    """Renders prompts for one model.

    Args:
        tokenizer: of the model.
        name: under which users and miners know the model.
        context: positions that the model has.
        default_max_tokens: where a user names none.
    """

    def __init__(self, tokenizer: Any, name: str, context: int, default_max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self.name = name
        self._context = context
        self._default = default_max_tokens

    def chat(self, asked: ChatRequest, body: Mapping[str, Any]) -> Job:
        """Raises RequestError, PromptError."""
        self._check_model(asked.model)
        return self._job(Kind.CHAT, render_chat(self._tokenizer, asked.rows()), asked, body)

    def completion(self, asked: CompletionRequest, body: Mapping[str, Any]) -> Job:
        """Raises RequestError, PromptError."""
        self._check_model(asked.model)
        ids = (
            render_completion(self._tokenizer, asked.prompt)
            if isinstance(asked.prompt, str)
            else list(asked.prompt)
        )
        return self._job(Kind.COMPLETION, ids, asked, body)

    def _job(
        self, kind: Kind, ids: list[int], asked: ChatRequest | CompletionRequest, body: Mapping[str, Any]
    ) -> Job:
        sampling: Sampling = asked.sampling
        wanted = sampling.max_tokens or max(1, min(self._default, self._context - len(ids)))
        check_fits(len(ids), wanted, self._context)
        kept = {key: value for key, value in body.items() if key not in NOT_FORWARDED}
        if not asked.stream:
            kept.pop("stream_options", None)
        return Job(
            kind,
            kept | {"max_tokens": wanted},
            prompt_hash(ids),
            tuple(ids),
            wanted,
            sampling.temperature,
            sampling.stop,
            sampling.seed,
            asked.stream,
        )

    def _check_model(self, name: str) -> None:
        if name != self.name:
            raise RequestError(
                f"the model {name[:128]!r} is not offered here",
                code="model_not_found",
                param="model",
                hint=f"this gateway offers {self.name!r}",
            )


def embedding_job(asked: EmbeddingRequest) -> Job:
    """A request for embeddings; the encoding is the gateway's affair."""
    body = {"model": asked.model, "input": list(asked.inputs)}
    if asked.dimensions is not None:
        body["dimensions"] = asked.dimensions
    return Job(Kind.EMBEDDING, body, inputs_hash(asked.inputs), texts=asked.inputs)
