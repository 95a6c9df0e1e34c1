"""What an operator can set. Precedence: flags > environment (``GANGLION_VALIDATOR_*``) > a TOML file > defaults."""

from __future__ import annotations

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

ENV_PREFIX = "GANGLION_VALIDATOR_"
CONFIG_VARIABLE = "GANGLION_VALIDATOR_CONFIG"

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class ValidatorConfig(BaseSettings):
    """Settings of one validator."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    network: str = Field(
        "development", description="name of the network: development, local, compose or testnet"
    )
    rpc: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="node URLs, comma-separated; default: the network's"
    )
    netuid: int = Field(1, ge=0, le=65_535, description="subnet to validate")
    hotkey: str = Field(
        "", description="path of the hotkey's JSON file (on development networks also a URI such as //Bob)"
    )
    hotkey_password_file: Path | None = Field(
        None, description="file with the hotkey's password, if it has one"
    )

    model: str = Field("ganglion-tiny", description="path or id of the model whose answers are replayed")
    model_name: str = Field("", description="name under which it is offered; default: the folder's name")
    embedding_model: str = Field(
        "", description="path or id of the encoder whose embeddings are checked; empty = none"
    )

    gateway_host: str = Field("127.0.0.1", description="address on which the gateway listens")
    gateway_port: int = Field(8080, ge=0, le=65_535, description="port of the gateway; 0 = any free one")
    api_keys_file: Path | None = Field(
        None, description="file with one API key a line; needed unless the gateway listens on loopback"
    )
    max_body_bytes: int = Field(1 << 20, ge=1024, le=64 << 20, description="largest request body")
    max_user_requests: int = Field(256, ge=1, le=65_536, description="users' requests in flight")
    default_max_tokens: int = Field(256, ge=1, le=1 << 20, description="max_tokens where a user names none")
    request_timeout: Seconds = Field(120.0, description="seconds in which a miner's answer must be complete")
    requests_per_miner: int = Field(32, ge=1, le=1024, description="requests in flight at one miner")

    round_interval: Seconds = Field(5.0, description="mean seconds between load rounds")
    round_window: Seconds = Field(
        2.0,
        description="seconds for which a round loads all miners at once; longer where their answers take long",
    )
    round_concurrency: int = Field(
        2, ge=1, le=256, description="requests that a round keeps in flight at each miner at first"
    )
    round_max_concurrency: int = Field(
        64, ge=1, le=1024, description="most of them, where more load brings more tokens"
    )
    background_interval: Seconds = Field(2.0, description="mean seconds between own prompts outside rounds")
    audit_rate: float = Field(0.25, gt=0, le=1, description="part of the answers that is replayed")
    max_audit_queue: int = Field(256, ge=1, le=65_536, description="answers that wait for their replay")
    score_memory: float = Field(
        0.5, ge=0, lt=1, description="weight of the old score when a round adds a new one"
    )

    embedding_share: float = Field(
        0.2, gt=0, lt=1, description="part of the weights for embeddings, where both tasks are checked"
    )

    chain_interval: Seconds = Field(1.0, description="seconds between looks at the chain")
    metagraph_max_age: Seconds = Field(900.0, description="seconds for which a cached metagraph is used")
    registration_poll: Seconds = Field(3.0, description="seconds between checks while not registered")

    data_dir: Path | None = Field(None, description="folder of the scores and commitments")
    log_file: Path | None = Field(None, description="file for JSON log lines; default: standard error")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level that is logged"
    )

    @field_validator("rpc", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(p.strip() for p in value.split(",") if p.strip()) if isinstance(value, str) else value

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

    def network_config(self) -> NetworkConfig:
        """The network with the chosen nodes. Raises ConfigError."""
        return NetworkConfig.named(self.network, self.rpc)


def load(overrides: Mapping[str, Any], file: Path | None = None) -> ValidatorConfig:
    """Settings from all sources; overrides that are None count as not given.

    Raises:
        ConfigError: a value is malformed, or the file can't be read.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    path = file or (Path(p) if (p := os.environ.get(CONFIG_VARIABLE)) else None)
    try:
        if path is not None:
            given = _read_toml(path) | _environment() | given
        return ValidatorConfig(**given)
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
    found = {name: os.environ.get(ENV_PREFIX + name.upper()) for name in ValidatorConfig.model_fields}
    return {name: value for name, value in found.items() if value is not None}
