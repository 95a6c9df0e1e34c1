"""Simulated hours would write a line of log for every round."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import structlog

if TYPE_CHECKING:
    from .redteam.lab import Lab


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The red team's models, loaded once."""
    from .redteam.lab import Lab

    return Lab.open()
