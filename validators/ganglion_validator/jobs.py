"""What is asked of a miner, whoever asks: a body, and what its answer will be held to.

Users' requests and the validator's own prompts become the same `Job`: the same fields in the same order, so that
a body tells nothing of who wrote it. Everything that the answer depends on is fixed here, before a miner is
chosen: the rendered prompt, and max_tokens even where a user named none.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion.model.rendering import prompt_hash, render_chat, render_completion
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.openai import ChatRequest, CompletionRequest, EmbeddingRequest, Sampling
from ganglion.protocol.receipts import Kind, inputs_hash
from ganglion.protocol.sampling import SamplingParams

__all__ = ["Job", "JobMaker", "embedding_job"]

BYTES_PER_TOKEN = 4
GREEDY = SamplingParams(0.0)
ANSWER_BYTES, ANSWER_BYTES_PER_TOKEN = 64 << 10, 1 << 10  # a token as a chunk of a stream takes about 300
ANSWER_BYTES_PER_TEXT = 128 << 10  # vectors of 16,384 numbers and more in base64


@dataclass(frozen=True, slots=True)
class Job:
    """A request as miners get it.

    Attributes:
        body: without stream and identity.
        prompt_ids: rendered prompt; empty for embeddings.
        prompt: hash that the receipt must carry.
        max_tokens: of the answer; 0 for embeddings.
        streamed: whether it goes out as a stream.
        include_usage: whether that stream tells token counts.
        texts: of an embedding request.
        work: size of an embedding request, about a token a unit.
        counts: whether the answer is work that could not be prepared before it was asked for.
        own: whether the validator made it up; known here and nowhere else.
        asked_by: name of the API key that asked, empty for none.
    """

    kind: Kind
    body: Mapping[str, Any]
    prompt: bytes
    prompt_ids: tuple[int, ...] = ()
    max_tokens: int = 0
    sampling: SamplingParams = GREEDY
    stops: tuple[str, ...] = ()
    seed: int | None = None
    streamed: bool = False
    include_usage: bool = False
    texts: tuple[str, ...] = ()
    work: int = 0
    counts: bool = False
    own: bool = False
    asked_by: str = ""

    @property
    def temperature(self) -> float:
        """Factor of the noise, 0 for none."""
        return self.sampling.temperature

    @property
    def task(self) -> str:
        """What a miner must offer."""
        return "embed" if self.kind is Kind.EMBEDDING else "generate"

    @property
    def most_tokens(self) -> int:
        """Of prompt and answer; 0 for embeddings."""
        return len(self.prompt_ids) + self.max_tokens

    @property
    def answer_bytes(self) -> int:
        """More than an honest answer ever has. Miners are strangers, and their answers are held in memory."""
        if self.kind is Kind.EMBEDDING:
            return ANSWER_BYTES + ANSWER_BYTES_PER_TEXT * len(self.texts)
        return ANSWER_BYTES + ANSWER_BYTES_PER_TOKEN * self.max_tokens


class JobMaker:
    """Renders prompts for one model.

    Args:
        tokenizer: of the model.
        name: under which users and miners know the model.
        context: positions that the model has.
        default_max_tokens: where a user names none.
        vocab: token ids that the model knows.
    """

    def __init__(
        self, tokenizer: Any, name: str, context: int, default_max_tokens: int, vocab: int = 1 << 31
    ) -> None:
        self.tokenizer = tokenizer
        self.name = name
        self.context = context
        self._default = default_max_tokens
        self._vocab = vocab

    def apart(self) -> JobMaker:
        """One with a tokenizer of its own, for another thread: tokenizers are not made to be shared."""
        return JobMaker(copy.deepcopy(self.tokenizer), self.name, self.context, self._default, self._vocab)

    def chat(self, asked: ChatRequest) -> Job:
        """Raises RequestError, PromptError."""
        self._check_model(asked.model)
        rows = asked.rows()
        return self._job(Kind.CHAT, render_chat(self.tokenizer, rows), asked, {"messages": rows})

    def completion(self, asked: CompletionRequest) -> Job:
        """Raises RequestError, PromptError."""
        self._check_model(asked.model)
        if isinstance(asked.prompt, str):
            ids, prompt = render_completion(self.tokenizer, asked.prompt), asked.prompt
        else:
            ids = prompt = list(asked.prompt)
            if max(ids) >= self._vocab:  # nobody could answer it, and no replay could judge the answer
                raise RequestError(
                    "a token id is outside the model's vocabulary", code="invalid_value", param="prompt"
                )
        return self._job(Kind.COMPLETION, ids, asked, {"prompt": prompt})

    def _job(
        self, kind: Kind, ids: list[int], asked: ChatRequest | CompletionRequest, question: dict[str, Any]
    ) -> Job:
        sampling: Sampling = asked.sampling
        wanted = sampling.max_tokens or max(1, min(self._default, self.context - len(ids)))
        self._check_fits(len(ids), wanted, next(iter(question)))
        return Job(
            kind,
            _body(self.name, question, asked, wanted),
            prompt_hash(ids),
            tuple(ids),
            wanted,
            sampling.params,
            sampling.stop,
            sampling.seed,
            asked.stream,
            asked.include_usage,
            counts=sampling.seed is None and sampling.params.temperature > 0 and sampling.params.top_k != 1,
        )

    def _check_fits(self, prompt_tokens: int, max_tokens: int, param: str) -> None:
        """Nothing is ever cut silently."""
        if prompt_tokens == 0:
            raise RequestError("the prompt is empty", code="unprocessable_prompt", param=param)
        room = self.context - prompt_tokens
        if max_tokens > room:
            raise RequestError(
                f"the prompt has {prompt_tokens} tokens and max_tokens is {max_tokens}, but the model's context "
                f"is {self.context} tokens",
                code="context_length_exceeded",
                param=param,
                hint=f"at most {room} tokens are left for the answer" if room > 0 else "shorten the prompt",
            )

    def _check_model(self, name: str) -> None:
        if name != self.name:
            raise RequestError(
                f"the model {name[:128]!r} is not offered here",
                code="model_not_found",
                param="model",
                hint=f"this gateway offers {self.name!r}",
            )


def _body(
    model: str, question: dict[str, Any], asked: ChatRequest | CompletionRequest, max_tokens: int
) -> dict[str, Any]:
    """The request in one form, whatever form it came in."""
    sampling = asked.sampling
    params = sampling.params
    body = {"model": model, **question, "max_tokens": max_tokens, "temperature": params.temperature}
    body |= {name: value for name, value, neutral in _cuts(params) if value != neutral}
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if asked.include_usage:
        body["stream_options"] = {"include_usage": True}
    return body


def _cuts(params: SamplingParams) -> tuple[tuple[str, float, float], ...]:
    """Name, value and the value that changes nothing, of what a body names only if it matters."""
    return (
        ("top_p", params.top_p, 1.0),
        ("top_k", params.top_k, 0),
        ("repetition_penalty", params.repetition_penalty, 1.0),
    )


def embedding_job(asked: EmbeddingRequest) -> Job:
    """A request for embeddings; the encoding is the gateway's affair."""
    body: dict[str, Any] = {"model": asked.model, "input": list(asked.inputs)}
    if asked.dimensions is not None:
        body["dimensions"] = asked.dimensions
    work = sum(1 + len(text.encode()) // BYTES_PER_TOKEN for text in asked.inputs)
    return Job(Kind.EMBEDDING, body, inputs_hash(asked.inputs), texts=asked.inputs, work=work)
