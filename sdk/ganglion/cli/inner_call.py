"""A call inside another, such as a proxy's: given by name with JSON arguments, or encoded as ``--dry-run`` of any
command prints it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.chain.calls import Call
from ganglion.errors import UsageError

if TYPE_CHECKING:
    from ganglion.chain.extrinsics import Draft, InBlock
    from ganglion.client import Client

__all__ = ["Arguments", "CallName", "inner_call", "require_inner_success"]

CallName = Annotated[
    str,
    typer.Argument(metavar="CALL", help="Pallet.function, or the encoded call as 0x-hex (see --dry-run)."),
]
Arguments = Annotated[
    str, typer.Argument(metavar="[ARGUMENTS]", help="Its arguments by name, a JSON object.")
]


async def inner_call(client: Client, call: str, arguments: str = "{}") -> Draft:
    """The call that a command line names.

    Raises:
        UsageError: no such call, arguments that do not fit, or bytes that are no call.
    """
    if call.startswith("0x"):
        return await _decoded(client, call)
    pallet, _, function = call.partition(".")
    try:
        args = json.loads(arguments)
    except ValueError as error:
        raise UsageError(f"the arguments are no JSON: {error}") from error
    if not isinstance(args, dict) or not function:
        raise UsageError(
            "a call is Pallet.function with its arguments as a JSON object",
            hint="""such as Subnets.start '{"netuid": 1}'""",
        )
    draft = client.compose(pallet, function, **args)
    await draft.encode()
    return draft


async def _decoded(client: Client, call: str) -> Draft:
    try:
        data = bytes.fromhex(call[2:])
    except ValueError as error:
        raise UsageError(f"{call!r} is not 0x-hex") from error
    runtime = await client.context.runtimes.current()
    found = _call(runtime.decode("Call", data))
    draft = client.compose(found.pallet, found.function, **found.args)
    if await draft.encode() != data:
        raise UsageError("the encoded call can't be read back exactly", hint="give it by name instead")
    return draft


def _call(value: Any) -> Any:
    """Decoded calls, as calls; everything else as it is."""
    if isinstance(value, dict) and "call_module" in value:
        args = {one["name"]: _call(one["value"]) for one in value["call_args"]}
        return Call(value["call_module"], value["call_function"], args)
    if isinstance(value, list | tuple):
        return [_call(one) for one in value]
    return value


async def require_inner_success(client: Client, done: InBlock, event: str) -> None:
    """A transaction succeeds even where the call in it failed; an event with a ``result`` tells, if it was made.

    Raises:
        DispatchError: the call failed.
    """
    from ganglion.chain.dispatch_errors import decode_dispatch_error

    results = [one.fields["result"] for one in done.events if one.name == event]
    for outcome in results:
        if isinstance(outcome, dict) and "Err" in outcome:
            runtime = await client.context.runtimes.current()
            raise decode_dispatch_error(
                runtime, outcome["Err"], extrinsic_hash=done.hash, block_hash=done.block
            )
