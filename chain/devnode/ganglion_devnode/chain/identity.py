"""What a chain is called, as clients ask for it and as a database remembers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganglion_devnode.chain.genesis import ChainSpec


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Name, id, type and properties of a chain."""

    name: str
    id: str
    chain_type: str
    properties: dict[str, Any]

    @classmethod
    def of(cls, spec: ChainSpec) -> ChainIdentity:
        """Of a specification."""
        return cls(spec.name, spec.id, spec.chain_type, spec.properties)

    def to_facts(self) -> dict[str, str]:
        """As stored."""
        properties = json.dumps(self.properties)
        return {"name": self.name, "id": self.id, "chain_type": self.chain_type, "properties": properties}

    @classmethod
    def from_facts(cls, facts: Mapping[str, str]) -> ChainIdentity:
        """From a store."""
        return cls(facts["name"], facts["id"], facts["chain_type"], json.loads(facts["properties"]))
