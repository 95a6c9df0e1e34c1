"""The one key that a daemon loads.

A coldkey is refused, and a development key anywhere but on a development network.
"""

from __future__ import annotations

from pathlib import Path

from ganglion.errors import ConfigError, KeyNotFound, KeystoreError
from ganglion.keys import keystore
from ganglion.keys.keypair import Keypair
from ganglion.keys.wallet import Wallet

__all__ = ["load_hotkey"]


def load_hotkey(where: str, *, development: bool, password_file: Path | None = None) -> Keypair:
    """Load a daemon's hotkey.

    Args:
        where: path of a hotkey file, ``wallet/hotkey`` by names, or a secret URI such as ``//Bob``.
        development: whether a URI is acceptable (everybody can derive these keys).
        password_file: its first line opens an encrypted hotkey.

    Raises:
        ConfigError: nothing given, or a URI where none is acceptable.
        KeystoreError: KeyNotFound, KeyCorrupted, WrongPassword, or the file is a coldkey.
    """
    if not where:
        raise ConfigError(
            "no hotkey is given", hint="pass --hotkey with the path of a hotkey file, or wallet/hotkey"
        )
    if where.startswith("//"):
        if not development:
            raise ConfigError(
                "a secret URI as hotkey is only for development networks",
                hint="make a hotkey with `ganglion wallet new-hotkey` and give its file",
            )
        return Keypair.from_uri(where)
    return keystore.load(_file(where), _password(password_file), refuse="coldkey")


def _file(where: str) -> Path:
    path = Path(where).expanduser()
    try:
        if path.is_file():
            return path
    except OSError as error:  # a folder on the way that this user may not enter
        hint = "the daemon's user must be able to read it"
        raise KeystoreError(f"{path} can't be read: {error.strerror}", hint=hint) from error
    names = where.split("/")
    if len(names) == 2 and all(names) and not where.endswith(".json"):
        return Wallet(names[0]).hotkey_path(names[1])
    raise KeyNotFound(f"there is no hotkey file at {path}", hint="`ganglion wallet list` shows the wallets")


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text().splitlines()[0]
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise ConfigError(f"the password file {path} can't be read: {error}") from error
