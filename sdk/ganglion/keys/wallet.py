"""Wallets: one folder with a coldkey that owns funds and hotkeys that sign work.

    <configuration>/wallets/<name>/coldkey.json      encrypted
                                   coldkeypub.txt    address, so that reading needs no password
                                   hotkeys/<name>.json

A daemon reads one hotkey file and never this folder. Knows files and keys, not the chain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganglion.config import wallets_dir
from ganglion.errors import KeyCorrupted, KeyExists, KeyNotFound, UsageError
from ganglion.keys import keystore, mnemonic, ss58
from ganglion.keys.keypair import Keypair, Scheme

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
MIN_PASSWORD = 8

__all__ = ["MIN_PASSWORD", "Wallet"]


@dataclass(frozen=True)
class Wallet:
    """One wallet, which need not exist yet.

    Attributes:
        name: letters, digits, dot, dash, underscore.
        root: folder of all wallets.
    """

    name: str = "default"
    root: Path = field(default_factory=wallets_dir)

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def folder(self) -> Path:
        """Folder of this wallet."""
        return self.root / self.name

    @property
    def coldkey_path(self) -> Path:
        """The encrypted coldkey."""
        return self.folder / "coldkey.json"

    @property
    def address_path(self) -> Path:
        """The coldkey's address."""
        return self.folder / "coldkeypub.txt"

    def hotkey_path(self, hotkey: str) -> Path:
        """File of a hotkey."""
        return self.folder / "hotkeys" / f"{_check_name(hotkey)}.json"

    # -- coldkey

    def create(
        self, password: str, *, words: int = 12, scheme: Scheme = "sr25519", force: bool = False
    ) -> str:
        """Make a coldkey from a new phrase.

        Returns:
            The phrase: the only backup, and shown nowhere again.

        Raises:
            KeyExists: there is a coldkey, and ``force`` is not set.
        """
        phrase = mnemonic.generate(words)
        self.set_coldkey(Keypair.from_mnemonic(phrase, scheme=scheme), password, force=force)
        return phrase

    def set_coldkey(self, keypair: Keypair, password: str, *, force: bool = False) -> None:
        """Store a coldkey, encrypted.

        Raises:
            UsageError: the password is too short.
            KeyExists: there is a coldkey, and ``force`` is not set.
        """
        if len(password) < MIN_PASSWORD:
            raise UsageError(f"a coldkey's password has at least {MIN_PASSWORD} characters")
        keystore.save(self.coldkey_path, keypair, password, name=self.name, kind="coldkey", force=force)
        keystore.write_private(self.address_path, keypair.ss58 + "\n", force=True)

    def watch(self, address: str, *, force: bool = False) -> None:
        """Store only an address: a wallet that reads and can't sign.

        Raises:
            KeyExists: the wallet has an address, and ``force`` is not set.
        """
        ss58.decode(address)
        keystore.write_private(self.address_path, address + "\n", force=force)

    def coldkey(self, password: str) -> Keypair:
        """Open the coldkey.

        Raises:
            WrongPassword, KeyNotFound, KeyCorrupted: see their names.
        """
        return keystore.load(self.coldkey_path, password)

    @property
    def address(self) -> str:
        """The coldkey's address, without a password.

        Raises:
            KeyNotFound: the wallet has no coldkey.
        """
        try:
            address = self.address_path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            address = str(keystore.read_json(self.coldkey_path).get("address"))
        except (OSError, UnicodeDecodeError) as error:
            raise KeyCorrupted(f"{self.address_path} can't be read: {error}") from error
        if not ss58.is_valid(address):
            raise KeyCorrupted(
                f"{self.address_path} does not hold an address",
                hint="delete it, it is made again from coldkey.json",
            )
        return address

    # -- hotkeys

    def create_hotkey(
        self,
        hotkey: str = "default",
        *,
        password: str | None = None,
        words: int = 12,
        scheme: Scheme = "sr25519",
        force: bool = False,
    ) -> str:
        """Make a hotkey from a new phrase, unencrypted unless a password is given.

        Returns:
            The phrase.

        Raises:
            KeyExists: there is one of that name, and ``force`` is not set.
        """
        phrase = mnemonic.generate(words)
        self.set_hotkey(hotkey, Keypair.from_mnemonic(phrase, scheme=scheme), password=password, force=force)
        return phrase

    def set_hotkey(
        self, hotkey: str, keypair: Keypair, *, password: str | None = None, force: bool = False
    ) -> None:
        """Store a hotkey.

        Raises:
            KeyExists: there is one of that name, and ``force`` is not set.
            UsageError: it is the coldkey, which a hotkey must not be.
        """
        if self.has_address and self.address == keypair.ss58:
            raise UsageError("this is the wallet's coldkey: a hotkey must be another key")
        path = self.hotkey_path(hotkey)
        keystore.save(path, keypair, password, name=f"{self.name}/{hotkey}", kind="hotkey", force=force)

    def hotkey(self, hotkey: str = "default", password: str | None = None) -> Keypair:
        """Open a hotkey.

        Raises:
            WrongPassword, KeyNotFound, KeyCorrupted: see their names.
        """
        return keystore.load(self.hotkey_path(hotkey), password, refuse="coldkey")

    def hotkey_address(self, hotkey: str = "default") -> str:
        """Address of a hotkey, without a password."""
        path = self.hotkey_path(hotkey)
        address = keystore.read_json(path).get("address")
        if not isinstance(address, str) or not ss58.is_valid(address):
            raise KeyCorrupted(f"{path} does not say its address")
        return address

    def hotkeys(self) -> dict[str, str]:
        """Address by name; a file that can't be read is left out."""
        found: dict[str, str] = {}
        for path in sorted((self.folder / "hotkeys").glob("*.json")):
            try:
                found[path.stem] = self.hotkey_address(path.stem)
            except (KeyCorrupted, KeyNotFound, UsageError):
                continue
        return found

    # -- inventory

    @property
    def has_address(self) -> bool:
        """Whether the wallet has at least an address."""
        return self.address_path.exists() or self.coldkey_path.exists()

    def summary(self) -> dict[str, Any]:
        """Name, addresses and paths as plain values; no secret is read."""
        return {
            "name": self.name,
            "coldkey": self.address if self.has_address else None,
            "watch_only": self.has_address and not self.coldkey_path.exists(),
            "hotkeys": self.hotkeys(),
            "folder": str(self.folder),
        }

    def require_new(self, force: bool) -> None:
        """Check before asking for a password.

        Raises:
            KeyExists: the wallet has a coldkey, and ``force`` is not set.
        """
        if self.coldkey_path.exists() and not force:
            raise KeyExists(f"{self.coldkey_path} exists already", hint="choose another name, or --force")

    @classmethod
    def all(cls, root: Path | None = None) -> list[Wallet]:
        """Wallets that exist, by name."""
        folder = root or wallets_dir()
        if not folder.is_dir():
            return []
        names = sorted(one.name for one in folder.iterdir() if one.is_dir() and _NAME.fullmatch(one.name))
        return [cls(name, folder) for name in names]


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a key", hint="letters, digits, dot, dash, underscore; at most 64"
        )
    return name
