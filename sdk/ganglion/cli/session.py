"""What every command needs: settings, a renderer, keys, a client, and the way a transaction is sent.

Passwords come from ``--password-file``, from the file that ``GANGLION_PASSWORD_FILE`` names, or from the
terminal; never from an argument or a variable, which other processes can read.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.cli.render import Renderer, plain
from ganglion.config import load_settings
from ganglion.errors import ConfigError, KeyNotFound, KeystoreError, UsageError
from ganglion.keys import Keypair, ss58
from ganglion.keys.uri import SecretUri
from ganglion.keys.wallet import Wallet

if TYPE_CHECKING:
    from ganglion.chain.extrinsics import Draft, InBlock
    from ganglion.client import Client
    from ganglion.settings import Settings

SHORTEST_ADDRESS = 46
PASSWORD_FILE_VARIABLE = "GANGLION_PASSWORD_FILE"

__all__ = ["Options", "Session"]


@dataclass
class Options:
    """Flags that most commands share; None = not given."""

    network: str | None = None
    rpc: list[str] | None = None
    json: bool = False
    yes: bool = False
    dry_run: bool = False
    quiet: bool = False
    wallet: str | None = None
    hotkey: str | None = None
    key: str | None = None
    password_file: Path | None = None
    finalized: bool = False

    def merged(self, later: dict[str, Any]) -> Options:
        """With the flags that were given after the command's name."""
        given = {name: value for name, value in later.items() if value not in (None, False, [])}
        return Options(**{**vars(self), **given})


@dataclass
class Session:
    """One run of one command."""

    options: Options
    render: Renderer = field(init=False)

    def __post_init__(self) -> None:
        self.render = Renderer(json=self.options.json, quiet=self.options.quiet)

    @cached_property
    def settings(self) -> Settings:
        """Flags, environment, file, defaults."""
        options = self.options
        return load_settings(
            network=options.network,
            rpc=tuple(options.rpc) if options.rpc else None,
            wallet=options.wallet,
            hotkey=options.hotkey,
        )

    @property
    def has_node(self) -> bool:
        """Whether the user named a node or a network."""
        return bool(self.settings.rpc) or self.options.network is not None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A connected client."""
        from ganglion.client import Client

        if self.options.key is not None:
            self._development_key(self.options.key)  # a wrong key is said before a node is asked
        client = Client(self.settings.network_config(), timeouts=self.settings.timeouts())
        try:
            yield await client.connect(patient=False)
        finally:
            await client.close()

    # -- keys

    @property
    def wallet(self) -> Wallet:
        """The wallet that was chosen."""
        return Wallet(self.settings.wallet)

    def address(self, given: str | None) -> str:
        """Address of an account: SS58, ``//Name``, a wallet's name, or (None) the signing key's."""
        if given is None:
            return self.coldkey_address()
        if given.startswith("//"):
            return self._development_key(given).ss58
        if ss58.is_valid(given):
            return given
        return self._of_wallet(given)

    def _of_wallet(self, given: str) -> str:
        if len(given) >= SHORTEST_ADDRESS:
            ss58.decode(given)  # says what is wrong with it
        wallet = Wallet(given)
        if wallet.has_address:
            return wallet.address
        raise UsageError(f"{given!r} is neither an address nor a wallet", hint="`ganglion wallet list`")

    def hotkey_address(self, given: str | None = None) -> str:
        """Address of a hotkey: SS58, ``//Name``, its name in the wallet, or (None) the chosen one."""
        chosen = given or self.options.hotkey
        if chosen is not None and chosen.startswith("//"):
            return self._development_key(chosen).ss58
        if chosen is not None and ss58.is_valid(chosen):
            return chosen
        return self.wallet.hotkey_address(chosen or self.settings.hotkey)

    def coldkey_address(self) -> str:
        """Address of the key that would sign."""
        if self.options.key is not None:
            return self._development_key(self.options.key).ss58
        return self.wallet.address

    def coldkey(self) -> Keypair:
        """The coldkey that signs."""
        if self.options.key is not None:
            return self._development_key(self.options.key)
        wallet = self.wallet
        if not wallet.coldkey_path.exists():
            raise KeystoreError(
                f"the wallet {wallet.name!r} has no coldkey to sign with",
                hint=f"`ganglion wallet new {wallet.name}`, or --wallet NAME",
            )
        return wallet.coldkey(self.password(f"Password of {wallet.name}'s coldkey: "))

    def hotkey(self) -> Keypair:
        """The hotkey that signs."""
        chosen = self.options.key or self.options.hotkey
        if chosen is not None and chosen.startswith("//"):
            return self._development_key(chosen)
        from ganglion.keys import keystore

        name = chosen or self.settings.hotkey
        path = self.wallet.hotkey_path(name)
        if not path.exists():
            raise KeyNotFound(f"there is no key file {path}", hint=self._hint_for_a_key())
        document = keystore.read_json(path)
        encrypted = "none" not in document.get("encoding", {}).get("type", [])
        return self.wallet.hotkey(
            name, self.password(f"Password of the hotkey {name}: ") if encrypted else None
        )

    def _hint_for_a_key(self) -> str:
        """What to do where no hotkey is there to sign."""
        if self.settings.network_config().allow_private_endpoints:
            return "name a wallet (--wallet, --hotkey; `ganglion wallet list`), or on a devnet --key //devnet//user"
        return "name a wallet with --wallet and --hotkey: `ganglion wallet list` shows what there is"

    def _development_key(self, uri: str) -> Keypair:
        """A key that everybody knows; a real secret has no place on a command line."""
        if not uri.startswith("//") or not SecretUri.parse(uri).is_development:
            raise UsageError(
                "--key takes development keys such as //Alice only",
                hint="arguments are visible to other processes: import the key with `ganglion wallet import`",
            )
        if not self.settings.network_config().allow_private_endpoints:
            raise UsageError("development keys are known to everybody and are for development networks only")
        return Keypair.from_uri(uri)

    def password(self, prompt: str, *, confirm: bool = False) -> str:
        """A password from the file that was named, else from the terminal."""
        file = self.options.password_file or os.environ.get(PASSWORD_FILE_VARIABLE)
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"the password file {file} can't be read: {error}") from error
        if not sys.stdin.isatty():
            raise UsageError(
                "a password is needed and there is no terminal", hint="pass --password-file FILE"
            )
        first = getpass.getpass(prompt, stream=sys.stderr)
        if confirm and getpass.getpass("Again: ", stream=sys.stderr) != first:
            raise UsageError("the two passwords differ")
        return first

    # -- transactions

    def confirm(self, question: str) -> None:
        """Ask before something that costs.

        Raises:
            UsageError: the answer is no, or nobody is there to ask.
        """
        if self.options.yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(f"{question} needs a confirmation", hint="pass --yes")
        self.render.important(f"{question} [y/N]")
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise UsageError("not confirmed, nothing was sent")

    async def send_by_coldkey(self, draft: Draft, question: str) -> InBlock | None:
        """Send with the coldkey, or show what would be sent."""
        return await self._send(draft, question, self.coldkey_address(), self.coldkey)

    async def send_by_hotkey(self, draft: Draft, question: str) -> InBlock | None:
        """Send with the hotkey, or show what would be sent."""
        address = self.hotkey_address(self.options.key if (self.options.key or "").startswith("//") else None)
        return await self._send(draft, question, address, self.hotkey)

    async def _send(self, draft: Draft, question: str, address: str, key: Any) -> InBlock | None:
        if self.options.dry_run:
            await self._show(draft, address)
            return None
        fee = await draft.fee(address)
        self.confirm(f"{question}, fee about {fee}?" if fee else f"{question}?")
        keypair = key()
        self.render.progress(f"submitting {draft.call.pallet}.{draft.call.function} ...")
        done = await draft.submit(keypair, wait_for="finalized" if self.options.finalized else "in_block")
        self._sent(done)
        return done

    async def _show(self, draft: Draft, address: str) -> None:
        encoded = await draft.encode()
        fee = await draft.fee(address)
        shown = {
            "dry_run": True,
            "call": f"{draft.call.pallet}.{draft.call.function}",
            "args": plain(draft.call.args),
            "signer": address,
            "fee": fee,
            "feeless": draft.call.feeless,
            "encoded": encoded,
        }
        self.render.result(
            shown, f"{draft.call}\nsigner:  {address}\nfee:     {fee}\nencoded: 0x{encoded.hex()}"
        )

    def _sent(self, done: InBlock) -> None:
        value = {
            "extrinsic_hash": done.hash,
            "block_hash": done.block,
            "block_number": done.number,
            "index": done.index,
            "fee": done.fee,
            "finalized": done.final,
            "events": [
                {"pallet": event.pallet, "name": event.name, "fields": event.fields} for event in done.events
            ],
        }
        own = [event for event in done.events if event.pallet not in {"System", "TransactionPayment"}]
        text = "\n".join(
            [f"in block {done.number} ({done.block}), fee {done.fee}", *(f"  {event}" for event in own)]
        )
        self.render.result(value, text)
