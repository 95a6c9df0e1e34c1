"""Key files in polkadot-js's JSON, version 3: what the browser extension exports and imports.

Encrypted with scrypt and XSalsa20-Poly1305 under a random salt and nonce, or with type "none" where no
password is given. Files are written whole or not at all, readable by their owner only, and never over an
existing one unless told so. Knows files and bytes, not wallets.

Source: polkadot-js keyring, pair/encode and json-encrypt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import os
import stat
import time
from pathlib import Path
from typing import Any, Literal

import sr25519

from ganglion.errors import KeyCorrupted, KeyExists, KeyNotFound, KeystoreError, WrongPassword
from ganglion.keys import ss58
from ganglion.keys.keypair import Keypair, Scheme

Kind = Literal["coldkey", "hotkey"]
HEADER = bytes([48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32])
DIVIDER = bytes([161, 35, 3, 33, 0])
SCRYPT_N, SCRYPT_P, SCRYPT_R = 1 << 15, 1, 8
SCRYPT_MEMORY = 256 * 1024 * 1024
MAX_FILE = 64 * 1024

log = logging.getLogger(__name__)

__all__ = ["Kind", "from_json", "load", "read_json", "save", "to_json", "write_private"]


def to_json(
    keypair: Keypair, password: str | None, *, name: str = "", kind: Kind | None = None
) -> dict[str, Any]:
    """A key as a polkadot-js document.

    Args:
        password: None leaves it unencrypted.
        name: shown by wallets.
        kind: what the key is for; daemons refuse files that say coldkey.
    """
    plain = HEADER + _exported_secret(keypair) + DIVIDER + keypair.public_key
    if password is None:
        encoded, kinds = plain, ["none"]
    else:
        encoded, kinds = _seal(plain, password), ["scrypt", "xsalsa20-poly1305"]
    meta: dict[str, Any] = {"name": name or keypair.ss58, "whenCreated": int(time.time() * 1000)}
    if kind is not None:
        meta["ganglion"] = {"kind": kind}
    return {
        "encoded": base64.b64encode(encoded).decode(),
        "encoding": {"content": ["pkcs8", keypair.scheme], "type": kinds, "version": "3"},
        "address": keypair.ss58,
        "meta": meta,
    }


def from_json(document: dict[str, Any], password: str | None) -> Keypair:
    """The key in a polkadot-js document.

    Raises:
        WrongPassword: it is encrypted, and this does not open it.
        KeyCorrupted: it is not a document of this kind, or damaged.
    """
    try:
        encoding = document["encoding"]
        content, kinds, version = encoding["content"], encoding["type"], encoding["version"]
        encoded = base64.b64decode(document["encoded"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise KeyCorrupted(f"not a polkadot-js key document: {error!r}") from error
    scheme = next((one for one in ("sr25519", "ed25519") if one in content), None)
    if version != "3" or scheme is None:
        raise KeyCorrupted(
            f"a key of version {version!r} and content {content!r} is not supported",
            hint="export it again with a current polkadot-js, as sr25519 or ed25519",
        )
    plain = encoded if "none" in kinds else _open(encoded, kinds, password)
    keypair = _keypair(plain, scheme)
    _check_address(document, keypair)
    return keypair


def _check_address(document: dict[str, Any], keypair: Keypair) -> None:
    """The address is not covered by the encryption: a file whose address was changed would mislead its owner."""
    address = document.get("address")
    if address is None:
        return
    if not isinstance(address, str):
        raise KeyCorrupted("the address in the key file is not text")
    if address.startswith("0x"):
        same = address[2:].lower() == keypair.public_key.hex()
    else:
        same = ss58.is_valid(address, None) and ss58.decode(address, None) == keypair.public_key
    if not same:
        raise KeyCorrupted(f"the key file says {address}, but holds the key of {keypair.ss58}")


def _exported_secret(keypair: Keypair) -> bytes:
    """64 bytes: the ed25519-expanded form for sr25519, seed and public key for ed25519."""
    if keypair.scheme == "ed25519":
        return keypair.secret + keypair.public_key
    return bytes(sr25519.convert_secret_key_to_ed25519(keypair.secret))


def _keypair(plain: bytes, scheme: Scheme) -> Keypair:
    divider = len(HEADER) + 64
    public = plain[divider + len(DIVIDER) :]
    if (
        not plain.startswith(HEADER)
        or plain[divider : divider + len(DIVIDER)] != DIVIDER
        or len(public) != 32
    ):
        raise KeyCorrupted("the decrypted key has not the form of polkadot-js keys")
    secret = plain[len(HEADER) : divider]
    try:
        if scheme == "ed25519":
            keypair = Keypair.from_seed(secret[:32], "ed25519")
        else:
            found, own = sr25519.pair_from_ed25519_secret_key(secret)
            keypair = Keypair(bytes(found), bytes(own))
    except ValueError as error:
        raise KeyCorrupted(f"the secret key is not valid: {error}") from error
    if keypair.public_key != public:
        raise KeyCorrupted("the public key in the key file does not belong to its secret key")
    return keypair


def _seal(plain: bytes, password: str) -> bytes:
    from nacl.secret import SecretBox

    salt = os.urandom(32)
    key = _scrypt(password, salt, SCRYPT_N, SCRYPT_P, SCRYPT_R)
    box = SecretBox(key).encrypt(plain)
    parameters = b"".join(value.to_bytes(4, "little") for value in (SCRYPT_N, SCRYPT_P, SCRYPT_R))
    return salt + parameters + box.nonce + box.ciphertext


def _open(encoded: bytes, kinds: list[str], password: str | None) -> bytes:
    from nacl.exceptions import CryptoError
    from nacl.secret import SecretBox

    if "xsalsa20-poly1305" not in kinds:
        raise KeyCorrupted(f"an encryption of type {kinds!r} is not supported")
    if password is None:
        raise WrongPassword("the key file is encrypted", hint="give its password")
    if "scrypt" in kinds:
        n, p, r = (int.from_bytes(encoded[at : at + 4], "little") for at in (32, 36, 40))
        key, box = _scrypt(password, encoded[:32], n, p, r), encoded[44:]
    else:
        key, box = password.encode()[:32].ljust(32, b"\0"), encoded
    if len(box) <= 40:
        raise KeyCorrupted("the key file is too short", hint="restore it from a backup, or from its phrase")
    try:
        return SecretBox(key).decrypt(box[24:], box[:24])
    except CryptoError as error:
        raise WrongPassword(
            "the password does not open the key file",
            hint="passwords are case-sensitive; is it the right wallet?",
        ) from error


def _scrypt(password: str, salt: bytes, n: int, p: int, r: int) -> bytes:
    """The key of a password; a file may not demand more memory or time than a wallet would ever write."""
    sound = n >= 2 and n & (n - 1) == 0 and 1 <= r <= 32 and 1 <= p <= 16
    if not sound or 128 * n * r > SCRYPT_MEMORY:
        raise KeyCorrupted(f"the key file has scrypt parameters that can't be right: N={n}, p={p}, r={r}")
    limit = 128 * r * (n + p + 2) + 1024 * 1024
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=limit, dklen=32)


# -- files


def save(
    path: Path,
    keypair: Keypair,
    password: str | None,
    *,
    name: str = "",
    kind: Kind | None = None,
    force: bool = False,
) -> None:
    """Write a key file, mode 0600 in a folder of mode 0700.

    Raises:
        KeyExists: there is one already, and ``force`` is not set.
    """
    text = json.dumps(to_json(keypair, password, name=name, kind=kind), indent=2) + "\n"
    write_private(path, text, force=force)


def load(path: Path, password: str | None = None, *, refuse: Kind | None = None) -> Keypair:
    """Read a key file.

    Args:
        refuse: kind of key that may not be loaded here.

    Raises:
        KeyNotFound, KeyCorrupted, WrongPassword: see their names.
        KeystoreError: the file says that it is of the refused kind.
    """
    document = read_json(path)
    meta = document.get("meta")
    said = meta.get("ganglion") if isinstance(meta, dict) else None
    if refuse is not None and isinstance(said, dict) and said.get("kind") == refuse:
        raise KeystoreError(f"{path} is a {refuse} and is not loaded here", hint="give a hotkey file")
    try:
        return from_json(document, password)
    except KeystoreError as error:
        error.message = f"{path}: {error.message}"
        raise


def read_json(path: Path) -> dict[str, Any]:
    """The document in a key file, still encrypted.

    Raises:
        KeyNotFound: no such file.
        KeyCorrupted: not JSON, not an object, or far too long.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(MAX_FILE + 1)
    except FileNotFoundError as error:
        raise KeyNotFound(
            f"there is no key file {path}", hint="`ganglion wallet list` shows what there is"
        ) from error
    except OSError as error:
        raise KeystoreError(f"{path} can't be read: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO) and os.name == "posix":
        log.warning("%s can be read by others: chmod 600", path)
    try:
        document = json.loads(raw) if len(raw) <= MAX_FILE else None
    except (ValueError, RecursionError) as error:
        raise KeyCorrupted(
            f"{path} is not JSON", hint="it is damaged: restore it from a backup, or from its phrase"
        ) from error
    if not isinstance(document, dict):
        raise KeyCorrupted(f"{path} is not a key file")
    return document


def write_private(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        KeyExists: it is there, and ``force`` is not set.
        KeystoreError: the file system refuses.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        _private_folder(path.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if force:
                os.replace(temporary, path)
            else:
                os.link(temporary, path)  # fails if the name is taken, where a rename would overwrite
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except FileExistsError as error:
        raise KeyExists(
            f"{path} exists already", hint="choose another name, or --force to overwrite it"
        ) from error
    except OSError as error:
        raise KeystoreError(f"{path} can't be written: {error.strerror}") from error


def _private_folder(folder: Path) -> None:
    missing = [folder, *folder.parents]
    for one in reversed([one for one in missing if not one.exists()]):
        one.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
