"""Where a text comes from: who wrote it, with which weights, when, as far as a receipt's file, a chain and a model can
tell.

`check_file` (protocol/receipt_checks.py) needs the file alone. What is added here needs a node (who anchored it and
when, what the profile's files are), or the model itself (whether these tokens are its own).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.errors import ConfigError, UsageError
from ganglion.keys import ss58
from ganglion.protocol.receipt_checks import Check, seed_of
from ganglion.protocol.receipt_file import ReceiptFile
from ganglion.protocol.receipts import Kind, prompt_hash

if TYPE_CHECKING:
    from ganglion.client import Client
    from ganglion.pallets.receipts import Anchored
    from ganglion.verification.replay import Verifier

__all__ = ["Facts", "ask_chain", "facts_of", "read_request", "replay", "with_prompt"]

CLOCKS_DIFFER_MS = 300_000  # between a miner and the chain


@dataclass(frozen=True)
class Facts:
    """What a receipt says. Addresses are SS58, hashes hex, times ISO 8601 by the miner's clock."""

    miner: str
    requester: str
    kind: str
    profile: str
    network: str
    request_id: str
    digest: str
    created_at: str
    prompt_tokens: int
    output_tokens: int
    finish: str
    first_token_ms: int
    tokens_per_second: float
    price: int


def facts_of(file: ReceiptFile) -> Facts:
    """The receipt's own words; `check_file` says whether they hold."""
    receipt = file.signed.receipt
    return Facts(
        miner=ss58.encode(receipt.miner),
        requester=ss58.encode(receipt.requester),
        kind=receipt.kind.name.lower(),
        profile=receipt.profile.hex(),
        network=receipt.network.hex(),
        request_id=receipt.request_id.hex(),
        digest=file.signed.digest().hex(),
        created_at=moment(receipt.created_at),
        prompt_tokens=receipt.prompt_tokens,
        output_tokens=receipt.output_tokens,
        finish=receipt.finish.name.lower(),
        first_token_ms=receipt.first_token_ms,
        tokens_per_second=receipt.pace / 1000,
        price=receipt.price,
    )


def moment(milliseconds: int) -> str:
    """Unix milliseconds for people. A receipt may say anything, so what is no date stays a number."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms after 1970"


async def ask_chain(client: Client, file: ReceiptFile) -> list[Check]:
    """What a node adds. Raises ChainError."""
    genesis = bytes.fromhex((await client.chain.genesis()).removeprefix("0x"))
    if genesis != file.signed.receipt.network:
        told = file.signed.receipt.network.hex()
        text = f"the receipt is of the network 0x{told}, this node's is 0x{genesis.hex()}"
        return [Check("network", "failed", text)]
    checks = [Check("network", "ok", f"0x{genesis.hex()}"), await _weights(client, file)]
    if file.inclusion is None:
        return [*checks, Check("anchor", "not shown", "the file holds no proof of an anchored batch")]
    lines = await client.receipts.inclusion(file.signed, file.inclusion)
    return [*checks, *(_anchor(line, file) for line in lines)] if lines else [*checks, _NOWHERE]


_NOWHERE = Check(
    "anchor",
    "failed",
    "this chain has no anchor with this root and number of receipts: there never was one, or it is older than "
    "anchors are kept",
)


async def _weights(client: Client, file: ReceiptFile) -> Check:
    profile = file.signed.receipt.profile
    found = await client.models.get(profile)
    if found is None:
        return Check("weights", "not shown", f"the profile 0x{profile.hex()} is not registered on this chain")
    files = ", ".join(f"{path} sha256:{digest.hex()}" for path, digest in found.spec.files)
    licence = f", {found.licence}" if found.licence else ""
    return Check("weights", "ok", f"profile {found.number} {found.name!r}{licence}: {files}")


def _anchor(line: Anchored, file: ReceiptFile) -> Check:
    whose = {"Requester": "who asked", "Miner": "who answered"}.get(line.role, "neither of its parties")
    created = file.signed.receipt.created_at
    state = "final" if line.finalized else "disputed" if line.disputed else f"final in {line.final_in} blocks"
    text = (
        f"in block {line.block} at {moment(line.at)}, with {line.count} receipts, in subnet {line.netuid} by "
        f"{line.hotkey} ({whose}); {state}"
    )
    if (
        created > line.at + CLOCKS_DIFFER_MS
    ):  # one of the clocks is wrong, and the chain's is the one that counts
        text += f"; the miner's own date, {moment(created)}, is later than that: do not rely on it"
    return Check("anchor", "ok", text)


def read_request(path: Path) -> dict[str, Any]:
    """A request's body from a file. Blocks. Raises UsageError."""
    from ganglion.protocol.errors_table import RequestError
    from ganglion.protocol.fields import parse_object

    try:
        return parse_object(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except RequestError as error:
        raise UsageError(f"{path} is no request's body: {error}") from error


def with_prompt(file: ReceiptFile, request: Mapping[str, Any], model: str | Path) -> ReceiptFile:
    """The file with the prompt of a request's body, as the model's tokenizer renders it. Blocks.

    Args:
        request: as users send it to a gateway, or as miners get it: what `x_ganglion` asks for is no part of a prompt.

    Raises:
        UsageError: the body is no request.
        ModelError: the model cannot be loaded.
    """
    from ganglion.model.loading import load_tokenizer, resolve_model
    from ganglion.model.rendering import render_chat, render_completion
    from ganglion.protocol.errors_table import RequestError
    from ganglion.protocol.openai import parse_chat, parse_completion

    tokenizer = load_tokenizer(resolve_model(model))
    request = {name: value for name, value in request.items() if name != "x_ganglion"}
    try:
        if file.signed.receipt.kind is Kind.CHAT:
            ids = render_chat(tokenizer, parse_chat(request).rows())
        else:
            prompt = parse_completion(request).prompt
            ids = render_completion(tokenizer, prompt) if isinstance(prompt, str) else list(prompt)
    except RequestError as error:
        raise UsageError(f"this is no request's body: {error}") from error
    return replace(file, prompt_ids=tuple(ids))


def replay(file: ReceiptFile, model: str | Path) -> list[Check]:
    """Whether the tokens are the model's own, by one pass of the model over prompt and answer. Blocks.

    Args:
        model: folder or id of the model that the receipt's profile names.

    Raises:
        ConfigError: torch is not installed.
        ModelError: the model cannot be loaded.
        UsageError: the file lacks what a replay needs.
    """
    try:
        from ganglion.verification.replay import Verifier
    except ImportError as error:
        raise ConfigError(
            f"a replay needs the model: {error}", hint="pip install 'ganglion[validator]'"
        ) from error
    if file.signed.receipt.kind is Kind.EMBEDDING:
        raise UsageError("embeddings are not replayed from a receipt's file")
    lacking = [name for name in ("prompt_ids", "token_ids", "sampling") if getattr(file, name) is None]
    if lacking:
        raise UsageError(
            f"a replay needs {', '.join(lacking)}, which the file does not show",
            hint="--request BODY renders the prompt of the request's JSON body"
            if "prompt_ids" in lacking
            else None,
        )
    verifier = Verifier(model)
    told, own = file.signed.receipt.profile, verifier.profile.digest()
    if told != own:
        text = f"the receipt names the weights 0x{told.hex()}, the files of {model} are 0x{own.hex()}"
        return [Check("replay", "failed", text)]
    return [_replayed(file, verifier), *_said(file, verifier)]


def _replayed(file: ReceiptFile, verifier: Verifier) -> Check:
    from ganglion.verification.rules import Claim

    assert file.prompt_ids is not None and file.token_ids is not None and file.sampling is not None
    receipt, terms = file.signed.receipt, file.sampling
    if prompt_hash(file.prompt_ids) != receipt.prompt:
        return Check(
            "replay", "failed", "the receipt is about another prompt, so its tokens cannot be replayed"
        )
    claim = Claim(
        prompt_ids=file.prompt_ids,
        output_ids=file.token_ids,
        seed=seed_of(receipt),
        sampling=terms.params,
        finish_reason=receipt.finish.name.lower(),
        max_tokens=terms.max_tokens,
        stop_token_ids=verifier.stop_token_ids,
        stops=terms.stops,
        leaves=file.leaves,
        trace_root=receipt.trace if file.leaves is not None else None,
    )
    (verdict,) = verifier.verify([claim])
    if verdict.ok:
        return Check("replay", "ok", f"all {verdict.n} tokens are these weights' own choice")
    sure = (
        "no honest miner gives such an answer"
        if verdict.hard
        else "an honest miner hardly gives such an answer"
    )
    return Check("replay", "failed", f"{verdict.reason}: {sure}")


def _said(file: ReceiptFile, verifier: Verifier) -> list[Check]:
    """Whether the text is that of the tokens."""
    from ganglion.model.text import is_text_of

    if file.text is None:
        return []
    assert file.token_ids is not None and file.sampling is not None
    if is_text_of(verifier.tokenizer, file.token_ids, file.sampling.stops, file.text):
        return [Check("text", "ok", "the text is that of the tokens")]
    return [
        Check("text", "failed", "the text in the file is not that of the receipt's tokens: it was altered")
    ]
