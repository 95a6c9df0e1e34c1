"""JSON-RPC 2.0 itself: requests, batches, responses. Knows no transport and no method."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ganglion_devnode.rpc.faults import (
    BATCH_TOO_LARGE,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    OVERSIZED_RESPONSE,
    PARSE_ERROR,
    RpcFault,
    fault_of,
)
from ganglion_devnode.rpc.params import bind, kind
from ganglion_devnode.rpc.table import Method, MethodTable

MAX_BATCH = 256


class Session(Protocol):
    """What a connection offers to subscriptions."""

    def open(self, notification: str) -> Any:
        """A sink that holds notifications back until its `activate`; raises RpcFault if there are too many."""

    def unsubscribe(self, subscription: Any) -> bool:
        """End a subscription; False if there is none of that id."""


@dataclass(slots=True)
class Reply:
    """The text to send (None for notifications only), and what to do once it is on its way."""

    text: str | None
    after: list[Callable[[], None]] = field(default_factory=list)


class Dispatcher:
    """Answers JSON-RPC messages from a method table."""

    def __init__(self, table: MethodTable, max_response_bytes: int) -> None:
        self._table = table
        self._max = max_response_bytes

    async def handle(self, message: str | bytes, session: Session | None) -> Reply:
        """Answer one message. Never raises for what a client sends."""
        try:
            parsed = json.loads(message)
        except (ValueError, RecursionError) as error:
            detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            return Reply(_dump(_failure(None, RpcFault(PARSE_ERROR, f"Parse error: {detail}"))))
        if isinstance(parsed, list):
            return await self._batch(parsed, session)
        reply = Reply(None)
        response = await self._one(parsed, session, reply)
        reply.text = None if response is None else self._limited(response)
        return reply

    async def _batch(self, calls: list[Any], session: Session | None) -> Reply:
        if not calls:
            return Reply(
                _dump(_failure(None, RpcFault(INVALID_REQUEST, "Invalid request: the batch is empty")))
            )
        if len(calls) > MAX_BATCH:
            text = f"The batch request was too large: {len(calls)} calls, at most {MAX_BATCH} are taken"
            return Reply(_dump(_failure(None, RpcFault(BATCH_TOO_LARGE, text))))
        reply = Reply(None)
        texts: list[str] = []
        size = 0
        for call in calls:
            response = await self._one(call, session, reply)
            if response is not None:
                texts.append(self._limited(response))
                size += len(texts[-1])
            if size > self._max:
                fault = RpcFault(OVERSIZED_RESPONSE, f"The batch response is larger than {self._max} bytes")
                return Reply(_dump(_failure(None, fault)), reply.after)
        reply.text = f"[{','.join(texts)}]" if texts else None
        return reply

    async def _one(self, call: Any, session: Session | None, reply: Reply) -> dict[str, Any] | None:
        """The response to one call; None for a notification, which gets none whatever happens."""
        problem = _problem(call)
        if problem is not None:
            request_id = call.get("id") if isinstance(call, dict) else None
            return _failure(request_id, RpcFault(INVALID_REQUEST, f"Invalid request: {problem}"))
        try:
            result = await self._call(call["method"], call.get("params"), session, reply)
            response = {"jsonrpc": "2.0", "id": call.get("id"), "result": result}
        except Exception as error:  # the boundary: whatever happens in a method becomes an error object
            response = _failure(call.get("id"), fault_of(error))
        return response if "id" in call else None

    async def _call(self, name: str, params: Any, session: Session | None, reply: Reply) -> Any:
        if name in self._table.unsubscribes:
            return self._unsubscribe(params, session)
        found = self._table.find(name)
        if found is None:
            raise RpcFault(
                METHOD_NOT_FOUND, "Method not found", f"there is no method {name[:100]!r} on this node"
            )
        if found.is_subscription:
            return await self._subscribe(found, params, session, reply)
        result = found.call(*bind(found.parameters, params))
        return await result if inspect.isawaitable(result) else result

    def _unsubscribe(self, params: Any, session: Session | None) -> bool:
        values = list(params.values()) if isinstance(params, dict) else params
        return session is not None and bool(values) and session.unsubscribe(values[0])

    async def _subscribe(self, found: Method, params: Any, session: Session | None, reply: Reply) -> str:
        if session is None:
            raise RpcFault(METHOD_NOT_FOUND, "Method not found", "subscriptions need a WebSocket connection")
        arguments = bind(found.parameters, params)
        sink = session.open(found.declaration.notification or "")
        try:
            ended = found.call(sink, *arguments)
            sink.on_end(await ended if inspect.isawaitable(ended) else ended)
        except BaseException:
            session.unsubscribe(sink.id)
            raise
        reply.after.append(sink.activate)
        return str(sink.id)

    def _limited(self, response: dict[str, Any]) -> str:
        text = _dump(response)
        if len(text) <= self._max:
            return text
        fault = RpcFault(
            OVERSIZED_RESPONSE, f"Response is too big: {len(text)} bytes, at most {self._max} are sent"
        )
        return _dump(_failure(response["id"], fault))


def _problem(call: Any) -> str | None:
    """Why this is no JSON-RPC call; None if it is one."""
    if not isinstance(call, dict):
        return f"a call is an object, got {kind(call)}"
    if call.get("jsonrpc", "2.0") != "2.0":
        return '`jsonrpc` must be "2.0"'
    if not isinstance(call.get("method"), str):
        return f"`method` must be a string, got {kind(call.get('method'))}"
    if not isinstance(call.get("params"), list | dict | None):
        return f"`params` must be an array or an object, got {kind(call.get('params'))}"
    if isinstance(call.get("id"), bool | list | dict):
        return f"`id` must be a string or a number, got {kind(call.get('id'))}"
    return None


def _failure(request_id: Any, fault: RpcFault) -> dict[str, Any]:
    if isinstance(request_id, bool | list | dict):
        request_id = None
    return {"jsonrpc": "2.0", "id": request_id, "error": fault.to_json()}


def notification(method: str, subscription: str, result: Any) -> str:
    """The text of a subscription's notification."""
    return _dump(
        {"jsonrpc": "2.0", "method": method, "params": {"subscription": subscription, "result": result}}
    )


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
