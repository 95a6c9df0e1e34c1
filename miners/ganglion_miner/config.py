"""What an operator can set. Precedence: flags > environment (``GANGLION_MINER_*``) > a TOML file > defaults.

Values only; nothing here opens a file but the TOML one. There are no switches that make a miner cheat.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ganglion.config import NetworkConfig
from ganglion.errors import ConfigError

ENV_PREFIX = "GANGLION_MINER_"
CONFIG_VARIABLE = "GANGLION_MINER_CONFIG"
WINDOW_SECONDS = 90

Task = Literal["generate", "embed"]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class MinerConfig(BaseSettings):
    """Settings of one miner."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    network: str = Field(
        "development", description="name of the network: development, local, compose or testnet"
    )
    rpc: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="node URLs, comma-separated; default: the network's"
    )
    netuid: int = Field(1, ge=0, le=65_535, description="subnet to serve")
    hotkey: str = Field(
        "", description="path of the hotkey's JSON file (on development networks also a URI such as //Bob)"
    )
    hotkey_password_file: Path | None = Field(
        None, description="file with the hotkey's password, if it has one"
    )

    model: str = Field("ganglion-tiny", description="path of a model folder, or a model id")
    model_name: str = Field(
        "", description="name under which the model is served; default: the folder's name"
    )
    task: Task = Field("generate", description="generate (chat and completions) or embed (embeddings)")
    engine: str = Field("batched", description="inference engine: batched or transformers-cb")
    max_running: int = Field(16, ge=1, le=1024, description="answers generated in one batch")
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

    metagraph_interval: Seconds = Field(6.0, description="seconds between refreshes of the metagraph")
    metagraph_max_age: Seconds = Field(
        900.0, description="seconds after which a cached metagraph admits nobody"
    )
    registration_poll: Seconds = Field(
        3.0, description="seconds between checks while the hotkey is not registered"
    )

    data_dir: Path | None = Field(
        None, description="folder of the receipt store; default: the user's state folder"
    )
    log_file: Path | None = Field(None, description="file for JSON log lines; default: standard error")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level that is logged"
    )

    @field_validator("rpc", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value

    @field_validator("advertise_ip")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value:
            ipaddress.ip_address(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file; no .env from the working directory, which anyone could have put there."""
        path = os.environ.get(CONFIG_VARIABLE)
        file = (TomlConfigSettingsSource(settings_cls, toml_file=Path(path)),) if path else ()
        return (init_settings, env_settings, *file)

    @property
    def max_in_flight(self) -> int:
        """Requests that are generated or wait."""
        return self.max_running + self.max_queue

    @property
    def replay_entries(self) -> int:
        """Open nonces that one key's quota can make in the time that a signature can be valid."""
        return int(self.quota_per_second * WINDOW_SECONDS) + self.quota_burst

    def network_config(self) -> NetworkConfig:
        """The network with the chosen nodes. Raises ConfigError."""
        return NetworkConfig.named(self.network, self.rpc)


def load(overrides: Mapping[str, Any], file: Path | None = None) -> MinerConfig:
    """Settings from all sources; overrides that are None count as not given.

    Raises:
        ConfigError: a value is malformed, or the file can't be read.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    path = file or (Path(p) if (p := os.environ.get(CONFIG_VARIABLE)) else None)
    try:
        if path is not None:
            given = _read_toml(path) | _environment() | given
        return MinerConfig(**given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        raise ConfigError(
            f"{where}: {first['msg']}", hint=f"check flags, {ENV_PREFIX}* and the file"
        ) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from error


def _environment() -> dict[str, str]:
    """The environment's values, which win over the file's."""
    names = MinerConfig.model_fields
    found = {name: os.environ.get(ENV_PREFIX + name.upper()) for name in names}
    return {name: value for name, value in found.items() if value is not None}
