"""Waiting to be registered, and publishing the endpoint: what a miner does on chain.

A daemon never holds a coldkey, so it can't register itself: it says what to run and waits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
import time
from collections.abc import Callable

import structlog

from ganglion.errors import ConfigError, GanglionError
from ganglion.protocol.endpoints import EndpointRefused, dial_target
from ganglion_miner.chain_view import ChainCache, Endpoint, Neuron
from ganglion_miner.config import MinerConfig

log = structlog.get_logger(__name__)

REPEAT_SECONDS = 60.0
LONGEST_PAUSE = 30.0
FIRST_RETRY = 2.0
LONGEST_RETRY = 60.0
UNTIL_FINAL = 30.0  # the metagraph is of a final block and shows a new endpoint late


def register_command(config: MinerConfig, hotkey: str) -> str:
    """What the owner of the coldkey has to run."""
    rpc = f" --rpc {config.rpc[0]}" if config.rpc else ""
    return f"ganglion subnet register {config.netuid} --hotkey {hotkey} --network {config.network}{rpc}"


async def wait_until_registered(cache: ChainCache, config: MinerConfig, hotkey: str) -> Neuron:
    """Poll until the hotkey has a UID, repeating the command once a minute; survives the chain's absence."""
    told, pause = -REPEAT_SECONDS, config.registration_poll
    while True:
        try:
            snapshot = await cache.refresh()
            if neuron := snapshot.neurons.get(hotkey):
                log.info("registered", uid=neuron.uid, block=snapshot.block)
                return neuron
            what = f"the hotkey {hotkey} is not registered in subnet {config.netuid}"
            reason = what if snapshot.exists else f"there is no subnet {config.netuid}"
            pause = config.registration_poll
        except GanglionError as error:
            reason, pause = f"cannot reach the chain: {error}", min(LONGEST_PAUSE, pause * 1.5)
        if time.monotonic() - told >= REPEAT_SECONDS:
            told = time.monotonic()
            tell(reason, register_command(config, hotkey) if reason.startswith("the hotkey") else None)
        await asyncio.sleep(pause)


def tell(reason: str, command: str | None) -> None:
    """Log, and tell whoever looks at the terminal."""
    log.warning("waiting", reason=reason, run=command)
    sys.stderr.write(f"{reason}; waiting" + (f". Run:\n  {command}\n" if command else "\n"))
    sys.stderr.flush()


def endpoint_to_publish(config: MinerConfig, port: int) -> Endpoint:
    """The endpoint that others will dial.

    Args:
        port: the port that is really listened on.

    Raises:
        ConfigError: there is none that anybody on this network would dial.
    """
    private = config.network_config().allow_private_endpoints
    text = config.advertise_ip or config.host
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not an IP address", hint="set --advertise-ip") from error
    if address.is_unspecified:
        if not private:
            raise ConfigError(
                "which address to publish on chain is not known",
                hint="set --advertise-ip to the address at which the internet reaches this miner",
            )
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    endpoint = Endpoint(address.version, int(address), config.advertise_port or port)
    try:
        dial_target(family=endpoint.family, ip=endpoint.ip, port=endpoint.port, allow_private=private)
    except EndpointRefused as error:
        raise ConfigError(f"nobody would dial this miner: {error}", hint="set --advertise-ip") from error
    return endpoint


class Publisher:
    """Keeps the chain's endpoint as it should be; a refusal (the serving rate limit, say) is tried again,
    ever later.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, wanted: Endpoint, clock: Callable[[], float] = time.monotonic) -> None:
        self._wanted = wanted
        self._clock = clock
        self._pause = FIRST_RETRY
        self._not_before = 0.0
        self._said = ""

    def want(self, wanted: Endpoint) -> None:
        """Publish another endpoint from now on, such as one with a new key."""
        self._wanted = wanted

    async def ensure(self, cache: ChainCache, published: Endpoint | None) -> None:
        """Serve the endpoint if the chain has another one. Never raises for the chain's reasons."""
        if published == self._wanted or self._clock() < self._not_before:
            return
        try:
            await cache.chain.serve(self._wanted)
        except GanglionError as error:
            self._put_off(error)
            return
        self._pause, self._said = FIRST_RETRY, ""
        self._not_before = self._clock() + UNTIL_FINAL
        log.info("endpoint_published", family=self._wanted.family, ip=self._wanted.ip, port=self._wanted.port)

    def _put_off(self, error: GanglionError) -> None:
        self._not_before = self._clock() + self._pause
        if str(error) != self._said:
            log.warning("endpoint_not_published", error=str(error), hint=error.hint, retry_s=self._pause)
        self._said, self._pause = str(error), min(LONGEST_RETRY, self._pause * 2)
