"""Settings of a daemon. Precedence: flags > environment > a TOML file > defaults.

Values only; nothing here opens a file but the TOML one.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ganglion.config import NetworkConfig
from ganglion.errors import ConfigError
from ganglion.settings import NodeUrls

__all__ = ["DaemonSettings", "Seconds", "SettingsConfigDict"]

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class DaemonSettings(BaseSettings):
    """What every daemon can be told. A subclass names its ``env_prefix``; the file is in PREFIX + CONFIG."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    network: str = Field(
        "development", description="name of the network: development, local, compose or testnet"
    )
    rpc: NodeUrls = Field(
        (), description="node URLs, comma-separated, used in this order; default: the network's"
    )
    genesis: str = Field(
        "", description="hash of block 0 that the nodes must have; default: what the first one has"
    )
    netuid: int = Field(1, ge=0, le=65_535, description="subnet to work in")
    hotkey: str = Field(
        "",
        description="the hotkey: wallet/name such as main/default, or the path of its JSON file"
        " (on development networks also a URI such as //Bob)",
    )
    hotkey_password_file: Path | None = Field(
        None, description="file with the hotkey's password, if it has one"
    )
    finality_max_age: Seconds = Field(
        3600.0,
        description="seconds for which the last final metagraph is acted on while finality stands still",
    )
    log_file: Path | None = Field(None, description="file for JSON log lines; default: standard error")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least level that is logged"
    )

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
        path = os.environ.get(cls.config_variable())
        file = (TomlConfigSettingsSource(settings_cls, toml_file=Path(path)),) if path else ()
        return (init_settings, env_settings, *file)

    @classmethod
    def prefix(cls) -> str:
        """Of the environment's variables."""
        return str(cls.model_config["env_prefix"])

    @classmethod
    def config_variable(cls) -> str:
        """The variable that names the TOML file."""
        return f"{cls.prefix()}CONFIG"

    @classmethod
    def load(cls, overrides: Mapping[str, Any], file: Path | None = None) -> Self:
        """Settings from all sources; overrides that are None count as not given.

        Raises:
            ConfigError: a value is malformed, or the file can't be read.
        """
        given = {key: value for key, value in overrides.items() if value is not None}
        path = file or (Path(p) if (p := os.environ.get(cls.config_variable())) else None)
        try:
            if path is not None:
                given = _read_toml(path) | cls._environment() | given
            return cls(**given)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "settings"
            hint = f"check flags, {cls.prefix()}* and the file"
            raise ConfigError(f"{where}: {first['msg']}", hint=hint) from error

    @classmethod
    def _environment(cls) -> dict[str, str]:
        """The environment's values, which win over the file's."""
        found = {name: os.environ.get(cls.prefix() + name.upper()) for name in cls.model_fields}
        return {name: value for name, value in found.items() if value is not None}

    def network_config(self) -> NetworkConfig:
        """The network with the chosen nodes. Raises ConfigError."""
        return NetworkConfig.named(self.network, self.rpc, self.genesis or None)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}") from error
