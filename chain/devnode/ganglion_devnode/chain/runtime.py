"""The runtime of one state, with the calls that a node makes of it, typed.

Adds deadlines and the decoding of the few results that a node reads itself. Knows no blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganglion_devnode.chain.inherents import inherent_data
from ganglion_devnode.executor import CallContext, Executor, Keystore, RuntimeVersion
from ganglion_devnode.overlay import Overlay
from ganglion_devnode.pool.validity import (
    Applied,
    ValidityError,
    ValidTransaction,
    decode_apply_result,
    decode_validity,
)
from ganglion_devnode.scale import Reader, byte_string, option
from ganglion_devnode.state import State

if TYPE_CHECKING:
    from ganglion_devnode.chain.block import Block
    from ganglion_devnode.chain.clock import Tick
    from ganglion_devnode.chain.header import Header

SOURCE_LOCAL, SOURCE_EXTERNAL = b"\x01", b"\x02"


class Runtime:
    """An executor together with the node's keys and the time a call may take (seconds)."""

    def __init__(self, executor: Executor, keystore: Keystore | None, seconds: float) -> None:
        self.executor = executor
        self.keystore = keystore
        self.seconds = seconds

    @property
    def version(self) -> RuntimeVersion:
        """Names, versions and runtime APIs."""
        return self.executor.version

    def call(
        self, on: State | Overlay, method: str, data: bytes = b"", *, seconds: float | None = None
    ) -> bytes:
        """Run an API method within `seconds`; writes stay in the overlay."""
        overlay = Overlay(on) if isinstance(on, State) else on
        context = CallContext(self.keystore, deadline=self.seconds if seconds is None else seconds)
        return self.executor.call(overlay, method, data, context=context)

    # --- blocks

    def initialize_block(self, overlay: Overlay, header: Header) -> bool:
        """Start a block; True if it may contain transactions (False while migrations run)."""
        mode = self.call(overlay, "Core_initialize_block", header.encode())
        return mode in (b"", b"\x00")

    def inherents(self, overlay: Overlay, tick: Tick) -> bytes:
        """SCALE `Vec<Extrinsic>` for a block at `tick`; nothing is written."""
        overlay.start_transaction()
        try:
            return self.call(overlay, "BlockBuilder_inherent_extrinsics", inherent_data(tick))
        finally:
            overlay.rollback_transaction()

    def apply_extrinsic(self, overlay: Overlay, extrinsic: bytes) -> Applied | ValidityError:
        """Execute one extrinsic; what it wrote is kept only if it is in the block."""
        overlay.start_transaction()
        try:
            outcome = decode_apply_result(self.call(overlay, "BlockBuilder_apply_extrinsic", extrinsic))
        except BaseException:
            overlay.rollback_transaction()
            raise
        if isinstance(outcome, Applied):
            overlay.commit_transaction()
        else:
            overlay.rollback_transaction()
        return outcome

    def finalize_block(self, overlay: Overlay) -> bytes:
        """The SCALE header with the roots and digest that the runtime computed."""
        return self.call(overlay, "BlockBuilder_finalize_block")

    def execute_block(self, parent: State | Overlay, block: Block) -> None:
        """Execute a sealed block on its parent's state; the runtime traps if a root differs."""
        self.call(parent, "Core_execute_block", _unsealed(block))

    def check_inherents(self, parent: State, block: Block, now: Tick) -> bool:
        """Whether the runtime takes what the block's inherents say, to a node whose time is `now`."""
        answer = self.call(parent, "BlockBuilder_check_inherents", _unsealed(block) + inherent_data(now))
        return bool(Reader(answer).uint(1))

    # --- transactions

    def validate(
        self,
        state: State,
        extrinsic: bytes,
        at: bytes,
        *,
        source: bytes = SOURCE_EXTERNAL,
        seconds: float | None = None,
    ) -> ValidTransaction | ValidityError:
        """Whether `extrinsic` could enter the block after the one with hash `at`."""
        data = source + extrinsic + at
        answer = self.call(state, "TaggedTransactionQueue_validate_transaction", data, seconds=seconds)
        return decode_validity(answer)

    def account_nonce(self, state: State, account: bytes) -> int:
        """Transactions that `account` (32 bytes) has made on chain."""
        return int.from_bytes(self.call(state, "AccountNonceApi_account_nonce", account), "little")

    # --- consensus

    def slot_duration(self, state: State) -> int:
        """Milliseconds per Aura slot."""
        return int.from_bytes(self.call(state, "AuraApi_slot_duration"), "little")

    def authorities(self, state: State) -> list[bytes]:
        """Aura's public keys, in order."""
        reader = Reader(self.call(state, "AuraApi_authorities"))
        return [reader.take(32) for _ in range(reader.compact())]

    # --- genesis

    def preset_names(self) -> list[str]:
        """The genesis presets that the runtime knows."""
        reader = Reader(self.call(self._empty(), "GenesisBuilder_preset_names"))
        return [reader.bytes().decode() for _ in range(reader.compact())]

    def preset(self, name: str | None) -> bytes | None:
        """A preset's JSON; None as name gives the full default configuration."""
        argument = option(None if name is None else _text(name))
        reader = Reader(self.call(self._empty(), "GenesisBuilder_get_preset", argument))
        return reader.bytes() if reader.option() else None

    def build_genesis(self, json_config: bytes) -> tuple[State, str | None]:
        """The state of a full genesis configuration (without `:code`), or the runtime's complaint about it."""
        empty = self._empty()
        overlay = Overlay(empty)
        reader = Reader(self.call(overlay, "GenesisBuilder_build_state", _text(json_config.decode())))
        if reader.uint(1):
            return empty, reader.bytes().decode(errors="replace")
        return empty.apply(overlay.changes()), None

    def _empty(self) -> State:
        return State.empty(self.version.state_version)


def _unsealed(block: Block) -> bytes:
    return block.header.without_seal().encode() + block.body()


def _text(value: str) -> bytes:
    return byte_string(value.encode())
