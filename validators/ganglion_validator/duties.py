"""What a validator does beside answering and scoring, such as voting in committees: tasks that run as long as it does.

A duty that fails is begun again after a pause; its failure ends nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from ganglion.errors import GanglionError
from ganglion.keys import Keypair
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.verdict_book import VerdictBook

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

__all__ = ["Duty", "DutyContext", "run_duties"]


@dataclass(frozen=True, slots=True)
class DutyContext:
    """What a duty may use.

    Attributes:
        client: of the network, connected; a `ganglion.Client`.
        key: the hotkey.
        verifier: of generated answers; not thread-safe, one caller at a time.
        verdicts: what was found out, with what opens it.
    """

    client: Any
    key: Keypair
    netuid: int
    config: ValidatorConfig
    verifier: Any
    verdicts: VerdictBook


Duty = Callable[[DutyContext], Awaitable[None]]


async def run_duties(duties: Sequence[Duty], context: DutyContext) -> None:
    """Run them until cancelled."""
    async with asyncio.TaskGroup() as group:
        for duty in duties:
            group.create_task(_keep_running(duty, context))


async def _keep_running(duty: Duty, context: DutyContext) -> None:
    pause, name = FIRST_PAUSE, getattr(duty, "__name__", "duty")
    while True:
        try:
            await duty(context)
            pause = FIRST_PAUSE
        except GanglionError as error:
            log.warning("duty_failed", duty=name, error=str(error), hint=error.hint, fault=error.fault)
            pause = min(LONGEST_PAUSE, 2 * pause)
        except Exception as error:  # a mistake in it must not end the validator
            log.error("duty_failed", duty=name, exc_info=error)
            pause = LONGEST_PAUSE
        await asyncio.sleep(pause)
