"""The engine vllm: answers come from a vLLM server on this machine, through its HTTP interface.

vLLM runs in a process of its own, with the processor of vllm_processor.py loaded, which chooses by st-1; this file
starts no GPU and imports neither torch nor vLLM. vLLM's interface does not give the states before the head, so
answers have no activation leaves: a profile served this way must not ask for them (`leaf_hard` 0).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import aiohttp

from ganglion.errors import EngineError
from ganglion.protocol.sampling import SamplingParams
from ganglion_miner.engine.base import (
    EngineBusy,
    EngineDead,
    EngineStats,
    FinishEvent,
    GenerationRequest,
    TokenEvent,
)
from ganglion_miner.engine.threaded import check_request

DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_SECONDS, STALL_SECONDS = 5.0, 120.0
IDLE_SECONDS = 2.0  # of a connection: below the server's own limit, so that none is used that it just closed
PROBES, PROBE_SECONDS = 3, 2.0  # after a failure, before the server is taken for dead
MAX_LINE = 1 << 18
START_HINT = "vllm serve MODEL --logits-processors ganglion_miner.engine.vllm_processor:SeededProcessor"

Event = TokenEvent | FinishEvent


class VllmEngine:
    """See Engine.

    Args:
        model: folder of the model that vLLM serves; only its config.json is read.
        url: of the server.
        max_in_flight: answers in work; one more is EngineBusy.
    """

    context_length = 0

    def __init__(self, model: str | Path, *, url: str = DEFAULT_URL, max_in_flight: int = 64) -> None:
        self._path, self._url, self._max_in_flight = model, url.rstrip("/"), max_in_flight
        self._session: aiohttp.ClientSession | None = None
        self._name, self._vocab, self._reachable = "", 0, False
        self._open: dict[str, asyncio.Event] = {}  # by request id; set: cancelled
        self._probing: asyncio.Task[None] | None = None
        self._stats = EngineStats()

    @property
    def healthy(self) -> bool:
        """Whether the server answers, or did not fail PROBES times in a row yet."""
        return self._session is not None and self._reachable

    async def start(self) -> None:
        """Find the server, its model and the processor in it."""
        self._vocab = await asyncio.to_thread(_vocab_size, self._path)
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=STALL_SECONDS)
        connector = aiohttp.TCPConnector(keepalive_timeout=IDLE_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout, read_bufsize=MAX_LINE, connector=connector)
        try:
            await self._look()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Cancel what is in flight and close connections; the server goes on."""
        for cancelled in self._open.values():
            cancelled.set()
        if self._probing is not None:
            self._probing.cancel()
        session, self._session, self._reachable = self._session, None, False
        if session is not None:
            await session.close()

    async def _look(self) -> None:
        async with self._asked("GET", "/v1/models") as response:
            served = (await response.json())["data"][0]
        self._name, self.context_length = served["id"], int(served["max_model_len"])
        bad = {"model": self._name, "prompt": [0], "max_tokens": 1, "vllm_xargs": {"st1_seed": "00"}}
        async with self._asked("POST", "/v1/completions", json=bad, refusals=True) as response:
            if response.status < 400:
                raise EngineError(
                    f"the vLLM at {self._url} has no seeded sampler", hint=f"start it with {START_HINT}"
                )

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Event]:
        """See Engine.generate."""
        if self._session is None:
            raise EngineDead("the engine is not running", recoverable=False)
        check_request(request, self.context_length, self._vocab)
        if len(self._open) >= self._max_in_flight:
            raise EngineBusy(f"{len(self._open)} answers are in flight", hint="try again later")
        cancelled = self._open[request.request_id] = asyncio.Event()
        try:
            async for event in self._events(request, cancelled):
                self._count(event)
                yield event
        finally:
            del self._open[request.request_id]

    def cancel(self, request_id: str) -> None:
        """See Engine.cancel."""
        if (cancelled := self._open.get(request_id)) is not None:
            cancelled.set()

    def stats(self) -> EngineStats:
        """See Engine.stats."""
        return replace(self._stats, running=len(self._open))

    async def _events(self, request: GenerationRequest, cancelled: asyncio.Event) -> AsyncIterator[Event]:
        last, produced = -1, 0
        try:
            async with self._asked("POST", "/v1/completions", json=self._body(request)) as response:
                async for tokens in _chunks(response):
                    for last in tokens:
                        if cancelled.is_set():
                            yield FinishEvent("cancelled")  # leaving closes the connection, and vLLM stops
                            return
                        produced += 1
                        yield TokenEvent(last)
            yield _finish(request, last, produced)
        except EngineError as error:
            yield FinishEvent("cancelled" if cancelled.is_set() else "error", error)

    def _body(self, request: GenerationRequest) -> dict[str, Any]:
        return {
            "model": self._name, "prompt": list(request.prompt_ids), "max_tokens": request.max_tokens, "stream": True,
            "temperature": 0, "ignore_eos": True, "stop_token_ids": list(request.stop_token_ids),
            "return_token_ids": True, "vllm_xargs": arguments(request.seed, request.sampling),
        }  # fmt: skip

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, *, refusals: bool = False, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response. Raises EngineError for a server that can't be reached, breaks off or (without `refusals`)
        refuses.
        """
        if self._session is None:
            raise EngineError("the engine was stopped", recoverable=False)
        try:
            async with self._session.request(method, self._url + path, **options) as response:
                self._reachable = True
                if response.status >= 400 and not refusals:
                    text = (await response.content.read(400)).decode(errors="replace")
                    raise EngineError(f"vLLM refused with {response.status}: {text}")
                yield response
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, IndexError, TypeError) as error:
            if isinstance(error, aiohttp.ClientConnectionError | TimeoutError):
                self._doubt()
            raise EngineError(
                f"vLLM at {self._url} failed: {error!r}", hint=f"is it running? {START_HINT}"
            ) from error

    def _doubt(self) -> None:
        """One lost connection says nothing of the other answers: ask whether the server is there."""
        if self._probing is None or self._probing.done():
            self._probing = asyncio.get_running_loop().create_task(self._probe())

    async def _probe(self) -> None:
        for _ in range(PROBES):
            session = self._session
            if session is None:
                return
            try:
                timeout = aiohttp.ClientTimeout(total=CONNECT_SECONDS)
                async with session.get(f"{self._url}/v1/models", timeout=timeout):
                    return
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(PROBE_SECONDS)
        self._reachable = False

    def _count(self, event: Event) -> None:
        s = self._stats
        names = {"stop": "finished", "length": "finished", "cancelled": "cancelled", "error": "failed"}
        name = "tokens" if isinstance(event, TokenEvent) else names[event.reason]
        self._stats = replace(s, **{name: getattr(s, name) + 1})


def arguments(seed: bytes, params: SamplingParams) -> dict[str, str | int | float]:
    """What a request tells the processor (`vllm_xargs`)."""
    values = {f"st1_{name}": value for name, value in asdict(params).items()}
    return {"st1_seed": seed.hex(), **values}


def _vocab_size(model: str | Path) -> int:
    from ganglion.model.loading import resolve_model

    config = json.loads((resolve_model(model) / "config.json").read_text())
    return int(config.get("text_config", config)["vocab_size"])


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[list[int]]:
    """Token ids of each block of a stream. Raises ValueError, KeyError for what is none."""
    async for line in response.content:
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            continue
        block = json.loads(line[5:])
        if "error" in block:
            raise EngineError(f"vLLM broke off: {str(block['error'])[:400]}")
        yield [int(token) for choice in block["choices"] for token in choice.get("token_ids") or ()]


def _finish(request: GenerationRequest, last: int, produced: int) -> FinishEvent:
    """Why an answer ended, judged by its tokens."""
    if last in request.stop_token_ids:
        return FinishEvent("stop")
    if produced == request.max_tokens:
        return FinishEvent("length")
    return FinishEvent("error", EngineError(f"vLLM ended after {produced} of {request.max_tokens} tokens"))
