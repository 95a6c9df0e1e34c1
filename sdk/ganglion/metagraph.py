"""The state of a subnet by column: one runtime API call, decoded straight into NumPy arrays.

Each column of the answer is a length and fixed-size values, so a whole subnet is about twenty
``numpy.frombuffer`` views over the answer's bytes: no Python loop touches a neuron. Knows the layout, not the
network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.balance import Balance
from ganglion.chain.calls import ApiCall
from ganglion.errors import DecodeError, UsageError
from ganglion.keys import ss58
from ganglion.pallets.endpoint import EndpointAddress

ACCOUNT = np.dtype(("u1", 32))
_SCALARS = {
    "netuid": ("<u2", 2),
    "block": ("<u4", 4),
    "epoch": ("<u4", 4),
    "tempo": ("<u2", 2),
    "last_epoch_block": ("<u4", 4),
    "pending_emission": ("<u8", 8),
}
_COLUMNS = {
    "hotkeys": ACCOUNT,
    "coldkeys": ACCOUNT,
    "registered_at": np.dtype("<u4"),
    "last_update": np.dtype("<u4"),
    "active": np.dtype("u1"),
    "validator_permit": np.dtype("u1"),
    "stake": np.dtype("<u8"),
    "own_stake": np.dtype("<u8"),
    "incentive": np.dtype("<u2"),
    "dividends": np.dtype("<u2"),
    "consensus": np.dtype("<u2"),
    "validator_trust": np.dtype("<u2"),
    "emission": np.dtype("<u8"),
    "endpoint_family": np.dtype("u1"),
    "endpoint_ip": np.dtype(("<u8", 2)),
    "endpoint_port": np.dtype("<u2"),
    "endpoint_protocol": np.dtype("u1"),
}
FIELD_NAMES = (*_SCALARS, *_COLUMNS)
_FLAGS = {"active", "validator_permit"}
MAX_NEURONS = 4096

__all__ = ["Metagraph", "decode", "metagraph"]


@dataclass(frozen=True, eq=False)
class Metagraph:
    """A subnet at one block; index = uid, n = neurons. Arrays are read-only views of the answer.

    Attributes:
        netuid, block, epoch, tempo, last_epoch_block: scalars; epoch counts completed epochs.
        pending_emission: for the next epoch.
        hotkeys, coldkeys: uint8 [n, 32].
        registered_at, last_update: uint32 [n], blocks.
        active, validator_permit: bool [n].
        stake, own_stake, emission: uint64 [n], nano; stake is the pool's, own_stake the operator's part of
            it.
        incentive, dividends, consensus, validator_trust: uint16 [n], 65,535 = 1.0.
        endpoint_family: uint8 [n], 0 = not serving, else 4 or 6.
        endpoint_ip: uint64 [n, 2], low and high half; ``endpoint`` makes an address of it.
        endpoint_port: uint16 [n].
        endpoint_protocol: uint8 [n], 0 = HTTP, 1 = HTTPS.
    """

    netuid: int
    block: int
    epoch: int
    tempo: int
    last_epoch_block: int
    pending_emission: Balance
    hotkeys: NDArray[np.uint8]
    coldkeys: NDArray[np.uint8]
    registered_at: NDArray[np.uint32]
    last_update: NDArray[np.uint32]
    active: NDArray[np.bool_]
    validator_permit: NDArray[np.bool_]
    stake: NDArray[np.uint64]
    own_stake: NDArray[np.uint64]
    incentive: NDArray[np.uint16]
    dividends: NDArray[np.uint16]
    consensus: NDArray[np.uint16]
    validator_trust: NDArray[np.uint16]
    emission: NDArray[np.uint64]
    endpoint_family: NDArray[np.uint8]
    endpoint_ip: NDArray[np.uint64]
    endpoint_port: NDArray[np.uint16]
    endpoint_protocol: NDArray[np.uint8]

    @property
    def n(self) -> int:
        """Neurons."""
        return len(self.hotkeys)

    def __len__(self) -> int:
        return self.n

    @cached_property
    def hotkey_addresses(self) -> list[str]:
        """Address of each hotkey; computed on first use."""
        return [ss58.encode(key.tobytes()) for key in self.hotkeys]

    @cached_property
    def coldkey_addresses(self) -> list[str]:
        """Address of each coldkey; computed on first use."""
        return [ss58.encode(key.tobytes()) for key in self.coldkeys]

    @cached_property
    def _uids(self) -> dict[bytes, int]:
        return {key.tobytes(): uid for uid, key in enumerate(self.hotkeys)}

    def uid_of(self, hotkey: str | bytes) -> int | None:
        """Slot of a hotkey (address or public key), None if it has none."""
        return self._uids.get(ss58.to_public_key(hotkey))

    def hotkey(self, uid: int) -> str:
        """Address of the hotkey in a slot."""
        return ss58.encode(self.hotkeys[self._checked(uid)].tobytes())

    def endpoint(self, uid: int) -> EndpointAddress | None:
        """Where a neuron serves, None if it does not. Its published keys: ``client.neurons.endpoint``."""
        self._checked(uid)
        family = int(self.endpoint_family[uid])
        if family == 0:
            return None
        ip = int(self.endpoint_ip[uid, 0]) | int(self.endpoint_ip[uid, 1]) << 64
        return EndpointAddress.from_integer(
            family, ip, int(self.endpoint_port[uid]), int(self.endpoint_protocol[uid])
        )

    def table(self) -> list[dict[str, Any]]:
        """One plain record per neuron, for printing and JSON; proportions of 1, money in nano."""
        return [self._record(uid) for uid in range(self.n)]

    def _record(self, uid: int) -> dict[str, Any]:
        serving = self.endpoint(uid)
        return {
            "uid": uid,
            "hotkey": self.hotkey_addresses[uid],
            "coldkey": self.coldkey_addresses[uid],
            "active": bool(self.active[uid]),
            "validator_permit": bool(self.validator_permit[uid]),
            "stake": int(self.stake[uid]),
            "own_stake": int(self.own_stake[uid]),
            "incentive": int(self.incentive[uid]) / 65535,
            "dividends": int(self.dividends[uid]) / 65535,
            "consensus": int(self.consensus[uid]) / 65535,
            "validator_trust": int(self.validator_trust[uid]) / 65535,
            "emission": int(self.emission[uid]),
            "registered_at": int(self.registered_at[uid]),
            "last_update": int(self.last_update[uid]),
            "endpoint": None if serving is None else serving.url,
        }

    def _checked(self, uid: int) -> int:
        if not 0 <= uid < self.n:
            raise UsageError(f"subnet {self.netuid} has no uid {uid}", hint=f"uids: 0 to {self.n - 1}")
        return uid

    def __repr__(self) -> str:
        return f"Metagraph(netuid={self.netuid}, block={self.block}, epoch={self.epoch}, n={self.n})"


def metagraph(netuid: int) -> ApiCall[Metagraph]:
    """The metagraph of a subnet, None if there is no such subnet."""
    return ApiCall("MetagraphApi", "metagraph", (netuid,), decode, raw=True)


def decode(answer: bytes) -> Metagraph | None:
    """The SCALE bytes of ``Option<Metagraph>``.

    Columns that a newer runtime adds at the end are ignored.

    Raises:
        DecodeError: truncated, or the columns have different lengths.
    """
    if answer[:1] == b"\0":
        return None
    if answer[:1] != b"\1":
        raise DecodeError("the metagraph is neither there nor absent")
    position, values = 1, {}
    try:
        for name, (kind, size) in _SCALARS.items():
            values[name] = int(np.frombuffer(answer, kind, 1, position)[0])
            position += size
        for name, dtype in _COLUMNS.items():
            values[name], position = _column(answer, position, dtype)
    except (ValueError, IndexError) as error:
        raise DecodeError(
            "the metagraph is truncated", hint="upgrade ganglion: the runtime may be newer"
        ) from error
    lengths = {len(values[name]) for name in _COLUMNS}
    if len(lengths) != 1:
        raise DecodeError(f"the metagraph's columns have different lengths: {sorted(lengths)}")
    for name in _FLAGS:
        values[name] = values[name] != 0
    values["pending_emission"] = Balance(values["pending_emission"])
    return Metagraph(**values)


def _column(answer: bytes, position: int, dtype: np.dtype) -> tuple[NDArray, int]:
    length, position = _compact(answer, position)
    if length > MAX_NEURONS:
        raise DecodeError(f"the metagraph has a column of {length} values")
    column = np.frombuffer(answer, dtype.base, length * (dtype.itemsize // dtype.base.itemsize), position)
    return column.reshape((length, *dtype.shape)), position + length * dtype.itemsize


def _compact(answer: bytes, position: int) -> tuple[int, int]:
    width = (1, 2, 4, 0)[answer[position] & 3]
    if width == 0:
        raise DecodeError("the metagraph has a column that is too long")
    return int.from_bytes(answer[position : position + width], "little") >> 2, position + width
