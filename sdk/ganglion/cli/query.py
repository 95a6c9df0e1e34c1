"""``ganglion query``: anything in storage, any constant, any runtime API, by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganglion.cli.command import command
from ganglion.cli.render import plain
from ganglion.cli.session import Session
from ganglion.errors import UsageError

if TYPE_CHECKING:
    from ganglion.client import Client, Snapshot

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "query", "read")
    async def query(
        session: Session,
        name: Annotated[
            str | None,
            typer.Argument(help="Pallet.Storage, Pallet.Constant or Api.method; default list all."),
        ] = None,
        keys: Annotated[list[str] | None, typer.Argument(help="Keys or parameters; JSON or text.")] = None,
        map: Annotated[bool, typer.Option("--map", help="All entries below the given keys.")] = False,
        block: Annotated[int | None, typer.Option("--block", help="At this height.")] = None,
    ) -> None:
        """Read storage, a constant or a runtime API: `ganglion query System.Account 5Grw...`.

        Without a name it lists what there is; with a pallet or an API only, what that has.
        """
        async with session.client() as client:
            if name is None or "." not in name:
                found = await _listing(client, name)
                session.render.result(found, _text(found))
                return
            view = client if block is None else await client.at(block)
            value = await _read(view, client, name, [_parsed(key) for key in keys or []], map)
        session.render.result(value, json.dumps(plain(value), indent=2, ensure_ascii=False))


async def _read(view: Snapshot, client: Client, name: str, keys: list[Any], all_entries: bool) -> Any:
    module, _, item = name.partition(".")
    runtime = await client.context.runtimes.current()
    if module in await client.context.apis.methods():
        return await view.call_api(module, item, *keys)
    pallet = runtime.pallet(module)
    if any(one.value["name"] == item for one in pallet.constants or []):
        if keys or all_entries:
            raise UsageError(f"{name} is a constant and takes no keys")
        return await view.constant(module, item)
    size = len(runtime.storage_entry(module, item).get_params_type_string())
    if all_entries:
        entries = await view.query_map(module, item, *keys)
        return [{"keys": list(found), "value": value} for found, value in entries]
    if len(keys) != size:
        raise UsageError(
            f"{name} takes {size} keys, not {len(keys)}", hint="--map shows all entries below the given ones"
        )
    return await view.query(module, item, *keys)


async def _listing(client: Client, name: str | None) -> dict[str, Any]:
    runtime = await client.context.runtimes.current()
    apis = await client.context.apis.methods()
    if name is None:
        return {"pallets": [one.value["name"] for one in runtime.metadata.pallets], "apis": sorted(apis)}
    if name in apis:
        return {"methods": apis[name]}
    pallet = runtime.pallet(name)
    parts = {"storage": pallet.storage, "constants": pallet.constants, "calls": pallet.calls}
    parts |= {"events": pallet.events, "errors": pallet.errors}
    return {
        part: [one.value["name"] for one in found or [] if not one.value["name"].startswith(":")]
        for part, found in parts.items()
    }


def _text(found: dict[str, Any]) -> str:
    return "\n".join(f"{part}: {', '.join(names) or '-'}" for part, names in found.items())


def _parsed(key: str) -> Any:
    """A number, a list, an object, true, false or null as JSON says; everything else is text."""
    try:
        return json.loads(key)
    except ValueError:
        return key
