"""What an operator can set. Precedence: flags > environment (``GANGLION_VALIDATOR_*``) > a TOML file > defaults."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from ganglion.daemon.settings import DaemonSettings, Seconds, SettingsConfigDict

ENV_PREFIX = "GANGLION_VALIDATOR_"


class ValidatorConfig(DaemonSettings):
    """Settings of one validator."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX)

    model: str = Field("ganglion-tiny", description="path or id of the model whose answers are replayed")
    model_name: str = Field("", description="name under which it is offered; default: the folder's name")
    profile: str = Field(
        "",
        pattern="^((0x)?[0-9a-fA-F]{64})?$",
        description="identity (hex) of the only model profile that is loaded; default: whatever the folder holds",
    )
    embedding_model: str = Field(
        "", description="path or id of the encoder whose embeddings are checked; empty = none"
    )
    embedding_profile: str = Field(
        "",
        pattern="^((0x)?[0-9a-fA-F]{64})?$",
        description="identity (hex) of the only profile of the encoder; default: whatever its folder holds",
    )

    gateway_host: str = Field("127.0.0.1", description="address on which the gateway listens")
    gateway_port: int = Field(8080, ge=0, le=65_535, description="port of the gateway; 0 = any free one")
    metrics_host: str = Field("127.0.0.1", description="address on which /metrics listens")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65_535,
        description="port of /metrics alone; 0 = none: it is on the gateway's, unless that has API keys",
    )
    api_keys_file: Path | None = Field(
        None, description="file with one API key a line; needed unless the gateway listens on loopback"
    )
    max_body_bytes: int = Field(1 << 20, ge=1024, le=64 << 20, description="largest request body")
    max_user_requests: int = Field(256, ge=1, le=65_536, description="users' requests in flight")
    quota_requests: int = Field(
        3600, ge=0, description="requests that an API key may make of a model in a window; 0 = any number"
    )
    quota_tokens: int = Field(
        1_000_000,
        ge=0,
        description="tokens of prompts and answers that an API key may use of a model in a window; 0 = any number",
    )
    quota_window: Seconds = Field(3600.0, description="seconds of a window")
    max_requests_per_key: int = Field(
        64, ge=0, le=65_536, description="requests of an API key in flight; 0 = as many as there are places"
    )
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
    audit_rate: float = Field(
        0.02,
        gt=0,
        le=1,
        description="least part of a miner's answers that is replayed; of newcomers and after a failure all are",
    )
    max_audit_queue: int = Field(256, ge=1, le=65_536, description="answers that wait for their replay")
    anchor_receipts: bool = Field(
        True,
        description="whether accepted receipts are put on chain in batches, which makes them final in time",
    )
    anchor_every: Seconds = Field(
        3600.0, description="seconds after which fewer than 1,000 accepted receipts are put on chain"
    )
    max_receipts: int = Field(
        200_000, ge=1000, le=100_000_000, description="accepted receipts that are kept; the oldest go first"
    )
    accuser_key: str = Field(
        "",
        description="key of the account that accuses miners of proven lies and whose bond stands for it; "
        "empty = evidence is kept on disk only",
    )
    accuser_password_file: Path | None = Field(None, description="file with the password of that key")
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


load = ValidatorConfig.load
