"""The state of one block: the main trie and the default child tries, and the changes that lead to the next
one.

Immutable throughout. A child trie's root is stored in the main trie, so that the main root covers everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ganglion_devnode.trie import Trie

CHILD_STORAGE_PREFIX = b":child_storage:"
DEFAULT_CHILD_PREFIX = b":child_storage:default:"
CODE_KEY = b":code"
HEAP_PAGES_KEY = b":heappages"


def child_root_key(storage_key: bytes) -> bytes:
    """Where the main trie keeps the root of the child trie `storage_key`."""
    return DEFAULT_CHILD_PREFIX + storage_key


@dataclass(slots=True)
class StateChanges:
    """What a block changed. None deletes.

    main and children hold trie changes (child roots are derived by `State.apply`); offchain_index and
    transaction_index go to the node's own stores and never into a root.
    """

    main: dict[bytes, bytes | None] = field(default_factory=dict)
    children: dict[bytes, dict[bytes, bytes | None]] = field(default_factory=dict)
    offchain_index: dict[bytes, bytes | None] = field(default_factory=dict)
    transaction_index: list[IndexOperation] = field(default_factory=list)
    state_version: int | None = None  # the version the runtime asked for in its last storage root
    applied: AppliedChanges | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True, frozen=True)
class IndexOperation:
    """A request to index (size set) or renew (size None) the data of an extrinsic."""

    extrinsic: int
    content_hash: bytes
    size: int | None = None


@dataclass(slots=True, frozen=True)
class AppliedChanges:
    """The outcome of applying changes to `base`, kept so that a block's root is computed once."""

    base: State
    version: int
    result: State


class State:
    """Main trie, child tries by storage key (without prefix), and the state version of new writes."""

    __slots__ = ("children", "main")

    def __init__(self, main: Trie, children: Mapping[bytes, Trie] | None = None) -> None:
        self.main = main
        self.children: Mapping[bytes, Trie] = children or {}

    @classmethod
    def empty(cls, version: int) -> State:
        """A state without keys."""
        return cls(Trie.empty(version))

    @classmethod
    def build(
        cls, top: Mapping[bytes, bytes], children: Mapping[bytes, Mapping[bytes, bytes]], version: int
    ) -> State:
        """A state from plain maps, as in a raw chain specification. Child keys carry no prefix."""
        changes = StateChanges(main=dict(top), children={key: dict(pairs) for key, pairs in children.items()})
        return cls.empty(version).apply(changes)

    @property
    def version(self) -> int:
        """State version of new writes."""
        return self.main.version

    def with_version(self, version: int) -> State:
        """The same content, whose later writes use `version`."""
        return self if version == self.version else State(self.main.with_version(version), self.children)

    def get(self, key: bytes) -> bytes | None:
        """Value in the main trie."""
        return self.main.get(key)

    def child(self, storage_key: bytes) -> Trie:
        """The child trie; empty if it has no key."""
        trie = self.children.get(storage_key)
        return Trie.empty(self.version) if trie is None else trie.with_version(self.version)

    def root(self) -> bytes:
        """The state root of a block header, 32 bytes."""
        return self.main.root()

    def read_proof(self, keys: Sequence[bytes]) -> list[bytes]:
        """Nodes that show `keys` of the main trie against `root()`."""
        return self.main.read_proof(keys)

    def child_read_proof(self, storage_key: bytes, keys: Sequence[bytes]) -> list[bytes]:
        """Nodes that show `keys` of a child trie against `root()`."""
        above = self.main.read_proof([child_root_key(storage_key)])
        return list(dict.fromkeys(above + self.child(storage_key).read_proof(keys)))

    def apply(self, changes: StateChanges) -> State:
        """The state after `changes`."""
        version = self.version if changes.state_version is None else changes.state_version
        done = changes.applied
        if done is not None and done.base is self and done.version == version:
            return done.result
        return self.with_version(version)._apply(changes)

    def _apply(self, changes: StateChanges) -> State:
        children = dict(self.children)
        main = dict(changes.main)
        for storage_key, pairs in changes.children.items():
            if not pairs:
                continue
            trie = self.child(storage_key).apply(pairs)
            children[storage_key] = trie
            main[child_root_key(storage_key)] = None if trie.is_empty else trie.root()
            if trie.is_empty:
                del children[storage_key]
        return State(self.main.apply(main), children)
