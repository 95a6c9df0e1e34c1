"""The private keys to which requests are sealed: on disk with mode 0600, made anew before they expire, deleted when
nobody can still be using them.

One key is current: the one that the chain shall show. When a new one is made the old one opens requests until the
chain shows the new one, and then for as long as a request that is on its way may take. What is deleted cannot be
asked for by anybody later, so a listener who kept the packets learns nothing from a machine that he seizes. Knows
neither HTTP nor the chain; the clock is an argument.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from ganglion.errors import ConfigError
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.sealed import SealingKey, public_key

log = structlog.get_logger(__name__)

KEY_BYTES = 32
RENEW_AT = 0.75  # of a key's life
GRACE_SECONDS = 60.0  # clocks differ
ENDING = ".key"

__all__ = ["SealingKeys"]


@dataclass(frozen=True, slots=True)
class _Held:
    """A private key. `until` is unix seconds at which it is deleted; None while the chain may show it."""

    private: bytes
    published: SealingKey
    until: int | None = None

    def __repr__(self) -> str:
        return f"_Held({self.published.key_id.hex()})"

    @property
    def name(self) -> str:
        """Of its file: key id, expiry, and when it is deleted."""
        parts = [self.published.key_id.hex(), str(self.published.expires_at)]
        return "-".join(parts + ([] if self.until is None else [str(self.until)])) + ENDING


class SealingKeys:
    """All keys that this miner can open requests with.

    Args:
        folder: its own; made with mode 0700.
        lifetime: seconds from making a key to its expiry.
        longest: seconds that a request may be on its way and in work.
        clock: unix seconds.

    Raises:
        ConfigError: the folder cannot be used.
    """

    def __init__(
        self, folder: Path, *, lifetime: float, longest: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._lifetime = lifetime
        self._longest = longest
        self._clock = clock
        self._held: dict[bytes, _Held] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
            self._load()
            self.tend()
        except OSError as error:
            raise ConfigError(
                f"cannot keep sealing keys in {folder}: {error}", hint="set --data-dir"
            ) from error

    def __len__(self) -> int:
        return len(self._held)

    def tend(self) -> SealingKey:
        """Delete what has had its time, make a key if the newest is old; the one to publish. Call it often."""
        now = self._clock()
        for held in list(self._held.values()):
            if now >= self._ends(held):
                self._delete(held)
        current = self._newest()
        if current is None or current.published.expires_at - now < (1 - RENEW_AT) * self._lifetime:
            current = self._make(now)
        return current.published

    def current(self) -> SealingKey | None:
        """The newest key that can be published, None once it has expired. No disk is needed for it."""
        newest = self._newest()
        return newest.published if newest and newest.published.expires_at > self._clock() else None

    def shown(self, key_id: bytes) -> None:
        """The chain shows this key: the older ones open what is on its way, and are then deleted. Raises OSError."""
        until = int(self._clock() + self._longest)
        for held in list(self._held.values()):
            if held.published.key_id != key_id and held.until is None and key_id in self._held:
                self._retire(held, until)

    def private(self, key_id: bytes) -> bytes:
        """The key that opens a request.

        Raises:
            RequestError: `unknown_sealing_key`, `expired_sealing_key`; both mean: read the chain again.
        """
        held, hint = self._held.get(key_id), "read the miner's key from the chain again"
        if held is None:
            raise RequestError(
                f"this miner has no sealing key {key_id.hex()}", code="unknown_sealing_key", hint=hint
            )
        late = self._clock() - held.published.expires_at
        if late > GRACE_SECONDS:
            raise RequestError(
                f"the sealing key {key_id.hex()} expired {late:.0f} s ago",
                code="expired_sealing_key",
                hint=hint,
            )
        return held.private

    def _ends(self, held: _Held) -> float:
        last = held.published.expires_at + GRACE_SECONDS + self._longest
        return last if held.until is None else min(last, held.until)

    def _newest(self) -> _Held | None:
        live = [held for held in self._held.values() if held.until is None]
        return max(live, key=lambda held: held.published.expires_at, default=None)

    # ---- files

    def _load(self) -> None:
        for path in sorted(self._folder.glob(f"*{ENDING}")):
            held = _read(path)
            if held is None:
                log.warning(
                    "sealing_key_ignored", path=str(path), hint="it is no key of this miner; remove it"
                )
            else:
                self._held[held.published.key_id] = held

    def _make(self, now: float) -> _Held:
        private = os.urandom(KEY_BYTES)
        held = _Held(private, SealingKey(public_key(private), int(now + self._lifetime)))
        path, new = self._folder / held.name, self._folder / f"{held.name}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(private)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
        self._held[held.published.key_id] = held
        log.info("sealing_key_made", key_id=held.published.key_id.hex(), expires_at=held.published.expires_at)
        return held

    def _retire(self, held: _Held, until: int) -> None:
        retired = replace(held, until=until)
        with suppress(FileNotFoundError):  # deleted by hand: the key goes on in memory till its time
            (self._folder / held.name).rename(self._folder / retired.name)
        self._held[held.published.key_id] = retired

    def _delete(self, held: _Held) -> None:
        """Overwrite and unlink; a disk that keeps old blocks may keep them, which only its owner can prevent."""
        path = self._folder / held.name
        try:
            with path.open("r+b") as file:
                file.write(bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            log.warning("sealing_key_gone", path=str(path))
        del self._held[held.published.key_id]
        log.info("sealing_key_deleted", key_id=held.published.key_id.hex())


def _read(path: Path) -> _Held | None:
    """The key of a file, None if it is none; mode 0600 is restored."""
    parts = path.name.removesuffix(ENDING).split("-")
    if len(parts) not in (2, 3) or not all(part.isdigit() for part in parts[1:]):
        return None
    path.chmod(0o600)
    private = path.read_bytes()
    if len(private) != KEY_BYTES:
        return None
    published = SealingKey(public_key(private), int(parts[1]))
    return (
        _Held(private, published, int(parts[2]) if len(parts) == 3 else None)
        if (published.key_id.hex() == parts[0])
        else None
    )
