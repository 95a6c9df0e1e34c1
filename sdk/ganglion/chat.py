"""A small client for a gateway: one question, the answer as it is generated. Behind ``ganglion chat``.

Speaks OpenAI's API over HTTP and nothing else: it knows no chain and trusts the gateway, which has checked the
miner's answer. Errors of the gateway become PeerError with its own words and hint.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp

from ganglion.errors import PeerError, ProtocolError, UsageError
from ganglion.peer_types import read_capped
from ganglion.protocol import sse

MAX_ERROR = 1 << 16
MAX_LINE = 1 << 20
CONNECT_SECONDS = 5.0
NO_GATEWAY = "start a network with `ganglion devnet up`, or name a gateway with --gateway"

__all__ = ["stream"]


async def stream(
    messages: Sequence[Mapping[str, str]],
    *,
    gateway: str,
    model: str | None = None,
    api_key: str | None = None,
    sampling: Mapping[str, Any] | None = None,
    timeout: float = 120.0,
) -> AsyncIterator[str | dict[str, Any]]:
    """Ask, and yield pieces of text, then one object: model, finish_reason, usage, x_ganglion.

    Args:
        messages: objects with `role` and `content`.
        gateway: base URL with /v1.
        model: name of the model; None = the first that the gateway offers.
        sampling: fields of the request such as max_tokens, temperature, seed.
        timeout: seconds for the whole answer.

    Raises:
        PeerError: the gateway can't be reached, refused, or broke off.
        UsageError: the gateway's address is none.
    """
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    base = gateway.rstrip("/")
    try:
        async with asyncio.timeout(timeout), aiohttp.ClientSession(timeout=limits, headers=headers) as http:
            body = {
                "model": model or await _first_model(http, base),
                "messages": list(messages),
                "stream": True,
                "stream_options": {"include_usage": True},
                **(sampling or {}),
            }
            async with http.post(f"{base}/chat/completions", json=body, allow_redirects=False) as response:
                await _check(response)
                async for piece in _pieces(response):
                    yield piece
    except aiohttp.ServerTimeoutError as error:
        raise PeerError(f"the gateway at {base} does not answer", hint=NO_GATEWAY) from error
    except TimeoutError as error:
        raise PeerError(
            f"the gateway did not finish within {timeout:g} s", hint="allow more with --timeout"
        ) from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise UsageError(f"{gateway!r} is no URL", hint="such as http://127.0.0.1:8080/v1") from error
    except aiohttp.ClientConnectorError as error:
        raise PeerError(f"cannot reach the gateway at {base}: {error}", hint=NO_GATEWAY) from error
    except aiohttp.ClientError as error:
        raise PeerError(
            f"the gateway at {base} broke off: {error or type(error).__name__}", hint="ask again"
        ) from error
    except ProtocolError as error:
        raise PeerError(f"the gateway at {base} speaks another protocol: {error}", retryable=False) from error


async def _first_model(http: aiohttp.ClientSession, base: str) -> str:
    async with http.get(f"{base}/models", allow_redirects=False) as response:
        await _check(response)
        value = _object(await read_capped(response, MAX_LINE))
    data = value.get("data")
    name = data[0].get("id") if isinstance(data, list) and data and isinstance(data[0], dict) else None
    if not isinstance(name, str):
        raise PeerError("the gateway offers no model", hint="try again when a miner serves one")
    return name


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[str | dict[str, Any]]:
    about: dict[str, Any] = {"model": None, "finish_reason": None, "usage": None, "x_ganglion": {}}
    async for block in _blocks(response):
        if block == sse.DONE:
            yield about
            return
        for name, mark in (("receipt", sse.RECEIPT), ("acceptance", sse.ACCEPTANCE)):
            if block.startswith(mark):
                said = block[len(mark) :].decode("ascii", "replace").strip()
                about["x_ganglion"] = {**about["x_ganglion"], name: said}
        chunk = sse.data_of(block)
        if isinstance(chunk, dict):
            if "error" in chunk:
                raise _failure(chunk, 200)
            if text := _take(chunk, about):
                yield text
    raise PeerError("the gateway broke off in the middle of the answer", retryable=True)


def _take(chunk: Mapping[str, Any], about: dict[str, Any]) -> str:
    """Text of a chunk; what else it says goes into `about`."""
    about["model"] = chunk.get("model", about["model"])
    about["usage"] = chunk.get("usage") or about["usage"]
    if isinstance(chunk.get("x_ganglion"), dict):
        about["x_ganglion"] = {**about["x_ganglion"], **chunk["x_ganglion"]}
    choices = chunk.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return ""
    about["finish_reason"] = choices[0].get("finish_reason") or about["finish_reason"]
    delta = choices[0].get("delta")
    content = delta.get("content") if isinstance(delta, dict) else None
    return content if isinstance(content, str) else ""


async def _blocks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    buffer = bytearray()
    async for data in response.content.iter_any():
        buffer += data
        while (end := buffer.find(sse.END)) >= 0:
            block = bytes(buffer[: end + len(sse.END)])
            del buffer[: end + len(sse.END)]
            yield block
        if len(buffer) > MAX_LINE:
            raise ProtocolError("the gateway sent an event that is too long", fault="peer")


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise _failure(_object(await read_capped(response, MAX_ERROR)), response.status)


def _failure(value: Mapping[str, Any], status: int) -> PeerError:
    """The gateway's error body as an exception, in its own words."""
    error, extra = value.get("error"), value.get("x_ganglion")
    message = error.get("message") if isinstance(error, dict) else None
    hint = extra.get("hint") if isinstance(extra, dict) else None
    if not message and isinstance(error, dict):
        message = error.get("code")
    text = f"the gateway said: {message}" if message else f"the gateway answered with status {status}"
    if status == 401 and not hint:
        hint = "set GANGLION_API_KEY"
    user = status in (400, 401, 403, 404, 413, 415, 422)
    return PeerError(text, hint=hint, retryable=not user, fault="user" if user else "peer")


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
