"""The merge of flags, environment, ``config.toml`` and defaults. Use ``ganglion.config.load_settings``."""

from __future__ import annotations

import tomllib
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ganglion.config import DEFAULT_GATEWAY, NetworkConfig, Timeouts, check_rpc_url, config_home, split_urls
from ganglion.errors import ConfigError

__all__ = ["NodeUrls", "Settings", "load"]

NodeUrls = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_urls)]


class Settings(BaseSettings):
    """What a user can set once instead of with every command.

    Attributes:
        network: name of the network.
        rpc: node URLs, comma-separated in the environment, used in this order; empty = the network's own.
        genesis: hash of block 0 that the nodes must have; empty = what the first one that answers has.
        wallet, hotkey: names used where none is given.
        gateway: base URL of the OpenAI-compatible gateway that ``ganglion chat`` talks to.
        connect_timeout, request_timeout, inclusion_timeout, finality_timeout, silence_timeout, stale_timeout:
            seconds, see ``Timeouts``.
    """

    model_config = SettingsConfigDict(env_prefix="GANGLION_", extra="forbid", frozen=True)

    network: str = "development"
    rpc: NodeUrls = ()
    genesis: str = ""
    wallet: str = "default"
    hotkey: str = "default"
    gateway: str = DEFAULT_GATEWAY
    connect_timeout: float = Field(10.0, gt=0, le=600)
    request_timeout: float = Field(30.0, gt=0, le=600)
    inclusion_timeout: float = Field(120.0, gt=0, le=3600)
    finality_timeout: float = Field(300.0, gt=0, le=3600)
    silence_timeout: float = Field(10.0, gt=0, le=600)
    stale_timeout: float = Field(20.0, gt=0, le=3600)

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
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_home() / "config.toml")
        return init_settings, env_settings, file

    def network_config(self) -> NetworkConfig:
        """The chosen network with the chosen nodes."""
        return NetworkConfig.named(self.network, self.rpc, self.genesis or None)

    def timeouts(self) -> Timeouts:
        """The deadlines as one value."""
        return Timeouts(
            self.connect_timeout,
            self.request_timeout,
            self.inclusion_timeout,
            self.finality_timeout,
            self.silence_timeout,
            self.stale_timeout,
        )


def load(overrides: dict[str, Any]) -> Settings:
    """See ``ganglion.config.load_settings``."""
    try:
        settings = Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        raise ConfigError(
            f"{where}: {first['msg']}", hint="check flags, GANGLION_* and config.toml"
        ) from error
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise ConfigError(f"{config_home() / 'config.toml'} can't be read: {error}") from error
    for url in settings.rpc:
        check_rpc_url(url)
    settings.network_config()
    return settings
