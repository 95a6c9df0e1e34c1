"""``ganglion wallet``: keys on this machine. Nothing here talks to a node."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ganglion.cli.command import command, group
from ganglion.cli.render import Column
from ganglion.cli.session import Session
from ganglion.errors import KeyCorrupted, UsageError
from ganglion.keys import Keypair, keystore, verify
from ganglion.keys.keypair import Scheme
from ganglion.keys.wallet import Wallet

app = group("Keys on this machine: coldkeys own funds, hotkeys sign work.")

Name = Annotated[str | None, typer.Argument(help="Wallet; default the chosen one.")]
Words = Annotated[int, typer.Option("--words", help="12 or 24.")]
SchemeName = Annotated[str, typer.Option("--scheme", help="sr25519 or ed25519.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.")]
Encrypt = Annotated[bool, typer.Option("--encrypt", help="Encrypt the hotkey with a password.")]
PhraseFile = Annotated[
    Path | None, typer.Option("--phrase-file", help="File with the phrase; default asked for.")
]
AsHotkey = Annotated[
    str | None, typer.Option("--as-hotkey", help="Store as this hotkey, not as the coldkey.")
]


def _chosen(session: Session, name: str | None) -> Wallet:
    return Wallet(name) if name else session.wallet


def _scheme(name: str) -> Scheme:
    if name not in ("sr25519", "ed25519"):
        raise UsageError(f"unknown scheme {name!r}", hint="sr25519 or ed25519")
    return name  # type: ignore[return-value]


def _show_phrase(session: Session, what: str, phrase: str) -> None:
    session.render.important(
        f"\nThe phrase of the {what}, the only backup of it. Write it down; it is not shown again:\n\n    {phrase}\n"
    )


@command(app, "new", "keys")
async def new(
    session: Session,
    name: Name = None,
    words: Words = 12,
    scheme: SchemeName = "sr25519",
    force: Force = False,
    no_hotkey: Annotated[bool, typer.Option("--no-hotkey", help="Make the coldkey only.")] = False,
) -> None:
    """Make a wallet: an encrypted coldkey and a hotkey named default."""
    wallet = _chosen(session, name)
    wallet.require_new(force)
    password = session.password(f"New password for {wallet.name}'s coldkey: ", confirm=True)
    phrase = wallet.create(password, words=words, scheme=_scheme(scheme), force=force)
    _show_phrase(session, f"coldkey {wallet.name}", phrase)
    if not no_hotkey and not wallet.hotkey_path("default").exists():
        _show_phrase(session, f"hotkey {wallet.name}/default", wallet.create_hotkey("default", words=words))
    session.render.result(wallet.summary())


@command(app, "new-hotkey", "keys")
async def new_hotkey(
    session: Session,
    hotkey: Annotated[str, typer.Argument(help="Name of the hotkey.")] = "default",
    words: Words = 12,
    scheme: SchemeName = "sr25519",
    encrypt: Encrypt = False,
    force: Force = False,
) -> None:
    """Make another hotkey in the wallet."""
    wallet = session.wallet
    password = session.password(f"New password for the hotkey {hotkey}: ", confirm=True) if encrypt else None
    phrase = wallet.create_hotkey(hotkey, password=password, words=words, scheme=_scheme(scheme), force=force)
    _show_phrase(session, f"hotkey {wallet.name}/{hotkey}", phrase)
    session.render.result({"name": hotkey, "address": wallet.hotkey_address(hotkey)})


@command(app, "list", "local")
async def list_wallets(session: Session) -> None:
    """Show all wallets and their addresses."""
    found = [wallet.summary() for wallet in Wallet.all()]
    columns = [
        Column("wallet", "WALLET", "text"),
        Column("key", "KEY", "text"),
        Column("address", "ADDRESS", "text"),
    ]
    rows: list[dict[str, Any]] = []
    for one in found:
        rows.append({"wallet": one["name"], "key": "coldkey", "address": one["coldkey"]})
        rows += [
            {"wallet": one["name"], "key": f"hotkey {hotkey}", "address": address}
            for hotkey, address in one["hotkeys"].items()
        ]
    if not rows:
        session.render.note("no wallets yet: `ganglion wallet new`")
    session.render.table(found, columns, rows)


@command(app, "show", "keys")
async def show(session: Session, name: Name = None) -> None:
    """Show one wallet's addresses."""
    wallet = _chosen(session, name)
    session.render.result({**wallet.summary(), "coldkey": wallet.address})


@command(app, "regen", "keys")
async def regen(
    session: Session,
    name: Name = None,
    phrase_file: PhraseFile = None,
    as_hotkey: AsHotkey = None,
    scheme: SchemeName = "sr25519",
    encrypt: Encrypt = False,
    force: Force = False,
) -> None:
    """Make a key again from its phrase (a secret URI with a path and a password works too)."""
    wallet = _chosen(session, name)
    uri = _secret(phrase_file)
    _store(session, wallet, Keypair.from_uri(uri, _scheme(scheme)), as_hotkey, encrypt, force)


@command(app, "import", "keys")
async def import_key(
    session: Session,
    file: Annotated[Path, typer.Argument(help="JSON exported by polkadot-js or by `wallet export`.")],
    name: Name = None,
    as_hotkey: AsHotkey = None,
    encrypt: Encrypt = False,
    force: Force = False,
) -> None:
    """Take a key from a polkadot-js JSON file; it keeps its password."""
    wallet = _chosen(session, name)
    document = keystore.read_json(file)
    encrypted = "none" not in document.get("encoding", {}).get("type", [])
    password = session.password(f"Password of {file}: ") if encrypted else None
    keypair = keystore.from_json(document, password)
    _store(session, wallet, keypair, as_hotkey, encrypt, force, password)


def _store(
    session: Session,
    wallet: Wallet,
    keypair: Keypair,
    as_hotkey: str | None,
    encrypt: bool,
    force: bool,
    password: str | None = None,
) -> None:
    if as_hotkey is None:
        wallet.require_new(force)
        wanted = password or session.password(f"New password for {wallet.name}'s coldkey: ", confirm=True)
        wallet.set_coldkey(keypair, wanted, force=force)
    else:
        wanted_hot = (password or session.password("New password: ", confirm=True)) if encrypt else None
        wallet.set_hotkey(as_hotkey, keypair, password=wanted_hot, force=force)
    session.render.result({"wallet": wallet.name, "hotkey": as_hotkey, "address": keypair.ss58})


@command(app, "export", "keys")
async def export(
    session: Session,
    name: Name = None,
    hotkey: Annotated[
        str | None, typer.Option("--hotkey", help="Export this hotkey, not the coldkey.")
    ] = None,
) -> None:
    """Print a key as the JSON that polkadot-js imports, encrypted as it is stored."""
    wallet = _chosen(session, name)
    path = wallet.coldkey_path if hotkey is None else wallet.hotkey_path(hotkey)
    document = keystore.read_json(path)
    session.render.result(document, json.dumps(document, indent=2))


@command(app, "watch", "keys")
async def watch(
    session: Session,
    address: Annotated[str, typer.Argument(help="Address to follow.")],
    name: Name = None,
    force: Force = False,
) -> None:
    """Keep an address under a name, without its key."""
    wallet = _chosen(session, name)
    wallet.watch(address, force=force)
    session.render.result(wallet.summary())


@command(app, "password", "keys")
async def change_password(
    session: Session,
    name: Name = None,
    new_password_file: Annotated[
        Path | None, typer.Option("--new-password-file", help="File with the new password.")
    ] = None,
) -> None:
    """Change the password of a coldkey."""
    wallet = _chosen(session, name)
    keypair = wallet.coldkey(session.password(f"Password of {wallet.name}'s coldkey: "))
    session.options.password_file = new_password_file
    wallet.set_coldkey(keypair, session.password("New password: ", confirm=True), force=True)
    session.render.result({"wallet": wallet.name, "address": keypair.ss58})


@command(app, "sign", "keys")
async def sign(
    session: Session,
    message: Annotated[str, typer.Argument(help="Text, or 0x-hex with --hex.")],
    name: Name = None,
    hotkey: Annotated[str | None, typer.Option("--hotkey", help="Sign with this hotkey.")] = None,
    hex: Annotated[bool, typer.Option("--hex", help="The message is hex.")] = False,
) -> None:
    """Sign a message with the coldkey or a hotkey."""
    wallet = _chosen(session, name)
    session.options.wallet, session.options.hotkey = wallet.name, hotkey
    keypair = session.coldkey() if hotkey is None else session.hotkey()
    signature = keypair.sign(_message(message, hex))
    value = {"address": keypair.ss58, "scheme": keypair.scheme, "signature": signature}
    session.render.result(value, "0x" + signature.hex())


@command(app, "verify", "local")
async def verify_signature(
    session: Session,
    address: Annotated[str, typer.Argument(help="Address that should have signed.")],
    message: Annotated[str, typer.Argument(help="Text, or 0x-hex with --hex.")],
    signature: Annotated[str, typer.Argument(help="64 bytes in hex.")],
    scheme: SchemeName = "sr25519",
    hex: Annotated[bool, typer.Option("--hex", help="The message is hex.")] = False,
) -> None:
    """Check a signature; exit code 1 if it is not valid."""
    valid = verify(session.address(address), _message(message, hex), _unhex(signature), _scheme(scheme))
    session.render.result({"valid": valid}, "valid" if valid else "not valid")
    if not valid:
        raise typer.Exit(1)


def _message(text: str, is_hex: bool) -> bytes:
    return _unhex(text) if is_hex else text.encode()


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise UsageError(f"not hex: {text[:80]!r}") from error


def _secret(file: Path | None) -> str:
    """A phrase from a file, the terminal or a pipe; never from an argument."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyCorrupted(f"{file} can't be read: {error}") from error
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass("Phrase: ", stream=sys.stderr).strip()
    return sys.stdin.readline().strip()
