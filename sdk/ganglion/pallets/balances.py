"""Pallets Balances and System: what an account holds, and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import Call, Query

__all__ = ["Account", "account", "issuance", "transfer", "transfer_all"]


@dataclass(frozen=True)
class Account:
    """An account's money and nonce.

    Attributes:
        free: includes what is frozen.
        reserved: on hold, such as a subnet's lock.
        frozen: part of free that can't be transferred.
        nonce: transactions sent.
    """

    free: Balance
    reserved: Balance
    frozen: Balance
    nonce: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Account:
        """From the codec's plain value of System.Account."""
        data = value["data"]
        return cls(
            Balance(data["free"]), Balance(data["reserved"]), Balance(data["frozen"]), int(value["nonce"])
        )

    @property
    def transferable(self) -> Balance:
        """What can be sent without reaping the account is at most this."""
        return Balance(max(self.free - max(self.frozen - self.reserved, 0), 0))


def transfer(to: str, amount: int, *, keep_alive: bool = True) -> Call:
    """Send ``amount`` nano; with ``keep_alive`` it fails rather than reap the sender."""
    function = "transfer_keep_alive" if keep_alive else "transfer_allow_death"
    return Call("Balances", function, {"dest": to, "value": amount})


def transfer_all(to: str, *, keep_alive: bool = True) -> Call:
    """Send everything."""
    return Call("Balances", "transfer_all", {"dest": to, "keep_alive": keep_alive})


def account(address: str) -> Query[Account]:
    """Money and nonce of an account; zeros for one that does not exist."""
    return Query("System", "Account", (address,), Account.decode)


def issuance() -> Query[Balance]:
    """All GNG that exist."""
    return Query("Balances", "TotalIssuance", (), Balance)
