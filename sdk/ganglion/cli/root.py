"""Calls as root by the chain's sudo key: refused early without it, and believed only when the call itself succeeded."""

from __future__ import annotations

from typing import Any

from ganglion.cli.session import Session
from ganglion.errors import UsageError

__all__ = ["require_sudo_key", "require_sudo_success", "send_as_root"]


async def send_as_root(session: Session, client: Any, draft: Any, question: str) -> Any:
    """Send a call as root; None if it was not sent.

    Raises:
        UsageError: the signer is not the sudo key.
        DispatchError: the call failed.
    """
    await require_sudo_key(session, client)
    done = await session.send_by_coldkey(client.system.sudo(draft), question)
    if done is not None:
        await require_sudo_success(client, done)
    return done


async def require_sudo_key(session: Session, client: Any) -> None:
    """Raises UsageError: the chain has no sudo key, or another account's key would sign."""
    root = await client.system.sudo_key()
    if root is None:
        raise UsageError("this chain has no sudo key", hint="`ganglion gov propose` puts it to the vote")
    if root != session.coldkey_address():
        raise UsageError(f"only {root} can do that", hint="sign with the sudo key, see --key and --wallet")


async def require_sudo_success(client: Any, done: Any) -> None:
    """Sudo's transaction succeeds even where the call in it failed; the event tells.

    Raises:
        DispatchError: the call failed.
    """
    from ganglion.chain.dispatch_errors import decode_dispatch_error

    outcome = done.event("Sudo", "Sudid").fields["sudo_result"]
    if isinstance(outcome, dict) and "Err" in outcome:
        runtime = await client.context.runtimes.current()
        raise decode_dispatch_error(runtime, outcome["Err"], extrinsic_hash=done.hash, block_hash=done.block)
