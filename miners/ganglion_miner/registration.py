"""Waiting to be registered, and publishing the endpoint: what a miner does on chain.

A daemon never holds a coldkey, so it can't register itself: it says what to run and waits.
"""

from __future__ import annotations

import asyncio
import ipaddress
import sys
import time

import structlog

from ganglion.errors import ConfigError, GanglionError
from ganglion.protocol.endpoints import EndpointRefused, dial_target
from ganglion_miner.chain_view import ChainCache, Endpoint, Neuron
from ganglion_miner.config import MinerConfig

log = structlog.get_logger(__name__)

REPEAT_SECONDS = 60.0
LONGEST_PAUSE = 30.0


def register_command(config: MinerConfig, hotkey: str) -> str:
    """What the owner of the coldkey has to run."""
    rpc = f" --rpc {config.rpc[0]}" if config.rpc else ""
    return (
        f"ganglion --network {config.network}{rpc} subnet register --netuid {config.netuid} --hotkey {hotkey}"
    )


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


async def publish(cache: ChainCache, published: Endpoint | None, wanted: Endpoint) -> bool:
    """Serve the endpoint if the chain has another one.

    Failures (the serving rate limit, say) are left for later.
    """
    if published == wanted:
        return True
    try:
        await cache.chain.serve(wanted)
    except GanglionError as error:
        log.warning("endpoint_not_published", error=str(error), hint=error.hint)
        return False
    address = ipaddress.IPv4Address(wanted.ip) if wanted.family == 4 else ipaddress.IPv6Address(wanted.ip)
    log.info("endpoint_published", ip=str(address), port=wanted.port)
    return True
