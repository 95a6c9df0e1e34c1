"""One network for the whole folder: four authorities, two miners and a validator; every test leaves it whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from .daemons import Daemons
from .namespaces import need_namespaces
from .network import Network


@pytest.fixture(scope="package", autouse=True)
def possible() -> None:
    """Say in one line what is missing where hosts can't be made."""
    try:
        need_namespaces()
    except AssertionError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Network, Daemons]]:
    """The running network and its daemons, provisioned."""
    network = Network.of_authorities(tmp_path_factory.mktemp("multihost"))
    try:
        daemons = Daemons(network)
        network.healthy()
        asyncio.run(daemons.provision())
        yield network, daemons
    finally:
        network.remove()


@pytest.fixture
def network(world: tuple[Network, Daemons]) -> Network:
    """All nodes run, are peers and finalize."""
    world[0].healthy()
    return world[0]


@pytest.fixture
def daemons(world: tuple[Network, Daemons]) -> Daemons:
    return world[1]
