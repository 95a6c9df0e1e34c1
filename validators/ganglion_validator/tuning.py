"""What the configuration and the machine mean for the parts: shares, rounds, connections, places on disk. Pure, but for
the limit of open files.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from pathlib import Path

from ganglion.keys import Keypair
from ganglion.peer import PeerLimits
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.rounds import RoundSettings

MAX_FILES, SPARE_FILES = 16_384, 320  # the rest is for users, the chain, the store

__all__ = ["is_loopback", "max_connections", "peer_limits", "round_settings", "shares_of", "store_path"]


def shares_of(config: ValidatorConfig) -> dict[str, float]:
    """Part of the weights that each task gets."""
    if not config.embedding_model:
        return {"generate": 1.0}
    return {"generate": 1.0 - config.embedding_share, "embed": config.embedding_share}


def round_settings(config: ValidatorConfig) -> RoundSettings:
    """What rounds need of the configuration."""
    return RoundSettings(
        interval=config.round_interval,
        window=config.round_window,
        concurrency=config.round_concurrency,
        max_concurrency=max(config.round_concurrency, config.round_max_concurrency),
        background=config.background_interval,
        audit_rate=config.audit_rate,
    )


def peer_limits(config: ValidatorConfig) -> PeerLimits:
    """Connections for a full load of many miners at once, as far as this process may open them."""
    per_peer = config.round_max_concurrency + config.requests_per_miner
    return PeerLimits(
        total=config.request_timeout, connections=max_connections(), connections_per_peer=per_peer
    )


def max_connections() -> int:
    """As many files as the system lets this process open, less what it needs itself."""
    try:
        import resource
    except ImportError:  # Windows
        return 512 - SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(MAX_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    files = MAX_FILES if soft == resource.RLIM_INFINITY else min(MAX_FILES, soft)
    return max(64, files - SPARE_FILES)


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def store_path(config: ValidatorConfig, key: Keypair) -> Path:
    """Where scores and commitments are: one file a hotkey and subnet."""
    folder = config.data_dir
    if folder is None:
        import platformdirs

        folder = platformdirs.user_state_path("ganglion") / "validator"
    return folder / f"validator-{config.netuid}-{key.ss58}.sqlite"
