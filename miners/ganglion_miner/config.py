"""What an operator can set. Precedence: flags > environment (``GANGLION_MINER_*``) > a TOML file > defaults.

Values only; nothing here opens a file but the TOML one. There are no switches that make a miner cheat.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from ganglion.daemon.settings import DaemonSettings, Seconds, SettingsConfigDict

ENV_PREFIX = "GANGLION_MINER_"
WINDOW_SECONDS = 90

Task = Literal["generate", "embed"]


class MinerConfig(DaemonSettings):
    """Settings of one miner."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX)

    model: str = Field("ganglion-tiny", description="path of a model folder, or a model id")
    model_name: str = Field(
        "", description="name under which the model is served; default: the folder's name"
    )
    profile: str = Field(
        "",
        pattern="^((0x)?[0-9a-fA-F]{64})?$",
        description="identity (hex) of the only model profile that is loaded; default: whatever the folder holds",
    )
    task: Task = Field("generate", description="generate (chat and completions) or embed (embeddings)")
    engine: str = Field("batched", description="inference engine: batched, transformers-cb or vllm")
    vllm_url: str = Field("http://127.0.0.1:8000", description="vLLM server of the engine vllm")
    max_running: int = Field(32, ge=1, le=1024, description="answers generated in one batch")
    kv_cache_mb: int = Field(
        4096, ge=1, le=1 << 20, description="most MiB for keys and values; shortens the context if it must"
    )
    max_queue: int = Field(48, ge=0, le=65_536, description="requests that wait for a place in the batch")
    max_per_key: int = Field(64, ge=1, le=65_536, description="requests in flight of one key")
    max_new_tokens: int = Field(2048, ge=1, le=1 << 20, description="most tokens of one answer")

    host: str = Field("0.0.0.0", description="address to listen on")
    port: int = Field(8091, ge=0, le=65_535, description="port to listen on; 0 = any free one")
    advertise_ip: str = Field("", description="address to publish on chain; default: the address listened on")
    advertise_port: int = Field(
        0, ge=0, le=65_535, description="port to publish on chain; default: the port listened on"
    )

    max_body_bytes: int = Field(1 << 20, ge=1024, le=64 << 20, description="largest request body")
    body_timeout: Seconds = Field(10.0, description="seconds in which a body must arrive")
    request_timeout: Seconds = Field(120.0, description="seconds in which an answer must be complete")
    drain_timeout: Seconds = Field(30.0, description="seconds that running answers get at shutdown")
    quota_per_second: float = Field(
        50.0, gt=0, le=10_000, description="requests a second of one key, lasting"
    )
    quota_burst: int = Field(200, ge=1, le=100_000, description="requests of one key at once")
    min_requester_stake: int | None = Field(
        None,
        ge=0,
        description="nano that a signer's coldkey must stake to be admitted without a permit; default: off",
    )

    private_prompts: bool = Field(True, description="publish a key on chain and take requests sealed to it")
    sealing_key_lifetime: Seconds = Field(
        86_400.0, description="seconds from making a sealing key to its expiry; a new one is made before"
    )

    metagraph_interval: Seconds = Field(6.0, description="seconds between refreshes of the metagraph")
    metagraph_max_age: Seconds = Field(
        900.0, description="seconds after which a cached metagraph admits nobody"
    )
    registration_poll: Seconds = Field(
        3.0, description="seconds between checks while the hotkey is not registered"
    )

    anchor_receipts: bool = Field(True, description="put batches of accepted receipts on chain")
    anchor_every: Seconds = Field(
        3600.0, description="seconds after which accepted receipts go on chain even if they are few"
    )

    data_dir: Path | None = Field(
        None, description="folder of the receipt store; default: the user's state folder"
    )

    @field_validator("advertise_ip")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value:
            ipaddress.ip_address(value)
        return value

    @property
    def max_in_flight(self) -> int:
        """Requests that are generated or wait."""
        return self.max_running + self.max_queue

    @property
    def replay_entries(self) -> int:
        """Open nonces that one key's quota can make in the time that a signature can be valid."""
        return int(self.quota_per_second * WINDOW_SECONDS) + self.quota_burst


load = MinerConfig.load
