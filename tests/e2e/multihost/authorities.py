"""What the tests of authorities ask of the chain: who they are, with which keys, and changes of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganglion import Client
from ganglion.keys import Keypair

from .network import Network
from .node import Node

# Two sessions of ten blocks until a change works, and the rest of the one in which it was made; two-second slots,
# one in four of them empty while an authority is dead.
CHANGE_SECONDS = 150


@dataclass(frozen=True)
class SessionKeys:
    """Public keys as hex: what signs blocks (aura) and votes (grandpa)."""

    aura: str
    grandpa: str


def keypair(node: Node) -> Keypair:
    """Of a node's authority account."""
    return Keypair.from_uri(node.account)


async def keys_of(client: Client, node: Node) -> SessionKeys:
    """The keys that its account has registered."""
    found = await client.query("Session", "NextKeys", keypair(node).ss58)
    return SessionKeys(found["aura"], found["grandpa"])


async def rotate_keys(client: Client, node: Node) -> SessionKeys:
    """Have a node make new keys, as its operator does, and register them; the new keys."""
    owner = keypair(node)
    made = node.rpc("author_rotateKeysWithOwner", "0x" + owner.public_key.hex())
    aura, grandpa = "0x" + made["keys"][2:66], "0x" + made["keys"][66:130]
    keys = {"aura": aura, "grandpa": grandpa}
    await client.compose("Session", "set_keys", keys=keys, proof=made["proof"]).submit(owner)
    return SessionKeys(aura, grandpa)


async def name(client: Client, nodes: Sequence[Node]) -> None:
    """Root names the authorities."""
    call = client.compose("Authorities", "set", accounts=[keypair(node).ss58 for node in nodes])
    done = await client.system.sudo(call).submit(Keypair.from_uri("//Alice"))
    done.event("Authorities", "AuthoritiesSet")


async def wait_for_keys(network: Network, client: Client, nodes: Sequence[Node]) -> float:
    """Seconds until blocks and votes are those of exactly these accounts' registered keys, on a finalized block."""
    expected = [await keys_of(client, node) for node in nodes]
    witness = next(node for node in nodes if node.runs)

    def works() -> bool:
        block = witness.rpc("chain_getFinalizedHead")
        aura = witness.rpc("state_call", "AuraApi_authorities", "0x", block)
        grandpa = witness.rpc("state_call", "GrandpaApi_grandpa_authorities", "0x", block)
        return _is(aura, [one.aura for one in expected], 32) and _is(
            grandpa, [one.grandpa for one in expected], 40
        )

    names = [node.name for node in nodes]
    return network.wait(
        f"the authorities are {names} with the keys that they registered", works, CHANGE_SECONDS
    )


def _is(answer: str, keys: Sequence[str], stride: int) -> bool:
    """Whether a SCALE vector has just these keys, in any order; an entry is a key and what follows, `stride` bytes."""
    data = bytes.fromhex(answer[2:])
    assert data[0] == len(data[1:]) // stride * 4, "a vector of fewer than 64 entries"
    return {data[at : at + 32].hex() for at in range(1, len(data), stride)} == {key[2:] for key in keys}
