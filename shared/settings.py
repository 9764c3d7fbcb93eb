"""Settings of a service: read once from the environment and secret files, then passed in.

Every field is an environment variable `XIEJIAN_<FIELD>`, or a file of that lower-case name
(`xiejian_<field>`) in the folder that `XIEJIAN_SECRETS_DIR` names. Never imported as an instance.
"""

import base64
import binascii
import os
import re
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from limits import parse
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEVELOPMENT_KEY = "development:"


class Environment(StrEnum):
    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="XIEJIAN_", extra="ignore", frozen=True)

    environment: Environment = Environment.PRODUCTION
    database_url: SecretStr
    """`postgresql://role:password@host:port/database` of the application role."""
    owner_database_url: SecretStr | None = None
    """The same for the owner role; only the migration job has it."""
    nats_url: SecretStr = SecretStr("nats://127.0.0.1:4222")
    data_key: SecretStr
    """Key of the personal data at rest, 32 bytes as base64url; or a ring of them (`Seal`)."""

    ledger_key: SecretStr | None = None
    """Key that signs the evidence ledger: 32 bytes as base64url. One that begins with
    `development:` is refused in production, and without one nothing is signed."""
    ledger_origin: str = "xiejian"
    """Name of the installation in the ledger; the service's name is put behind it. A witness takes
    a ledger of another name for another ledger: choose it once."""
    ledger_algorithms: str = "sha256"
    """Hash algorithms with blanks between; `sha256 sm3` keeps a second tree over the same facts."""
    ledger_witnesses: str = ""
    """Keys of those whose cosignatures are taken, as they write them, with blanks between."""

    public_rate_limit: str = "60/minute"
    """How often an address may ask what is open without a token, of each process."""
    public_url: str = "http://127.0.0.1:8080"
    """Where the gateway is for everybody: what QR codes lead to begins with it."""
    fonts_dir: Path | None = None
    """Folder of fonts for documents (`shared.documents.fonts`); those of a package without it."""
    evidence_dir: Path = Path("var/evidence")
    """Folder of the files that are evidence, unless a bucket is named."""
    s3_bucket: str | None = None
    """Bucket of an S3-compatible store for them."""
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    trusted_proxies: str = ""
    """Addresses and networks, with commas between, whose `X-Forwarded-For` is believed: the
    gateway's. Without them an address is that of the connection."""

    webhook_networks: str = ""
    """Addresses and networks, with commas between, that webhooks may be sent to. Without them
    nothing is sent: a receiver on a private network is named here, and so is a public one."""

    smtp_host: str | None = None
    """Server that takes e-mail; without it none is sent."""
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` is asked for and must be there; `none` is refused in production."""
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str | None = None
    """Address that e-mail comes from: `xiejian@example.gov.cn`."""
    smtp_ca_file: Path | None = None
    """Certificates of the authorities for the server's own; those of the system without."""
    messages_kept_days: int | None = Field(default=None, ge=180)
    """After so many days a message is deleted with its receipts; for ever without."""

    oidc_issuer: str | None = None
    """Issuer whose discovery document names the keys; tokens of no other issuer are accepted."""
    oidc_audience: str = "xiejian"
    development_key_file: Path | None = None
    """Private key (JWK) of the local development issuer. Refused in production."""

    pool_size: int = Field(default=5, ge=1, le=6)
    """Connections for requests and background work; the lease holder has two more of its own."""
    statement_timeout_ms: int = Field(default=5_000, ge=100)
    max_body_bytes: int = Field(default=1_048_576, ge=1_024)
    shutdown_grace_s: float = 5
    otlp_endpoint: str | None = None
    """Where traces go (OTLP over HTTP); without it trace ids are made and logged, not sent."""
    log_level: str = "INFO"

    @property
    def development(self) -> bool:
        """Whether the tools of development (local issuer, movable clock) exist."""
        return self.environment is not Environment.PRODUCTION

    @property
    def ledger_seed(self) -> bytes | None:
        """The secret bytes of the ledger's key."""
        if self.ledger_key is None:
            return None
        text = self.ledger_key.get_secret_value().removeprefix(DEVELOPMENT_KEY)
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @field_validator("ledger_origin")
    @classmethod
    def _a_name(cls, value: str) -> str:
        if not re.fullmatch(r"[^\s+/]+(/[^\s+/]+)*", value):
            raise ValueError(
                f"{value!r} is no name for a ledger: write xiejian.example.gov.cn, say"
            )
        return value

    @field_validator("public_rate_limit")
    @classmethod
    def _a_limit(cls, value: str) -> str:
        try:
            parse(value)
        except ValueError:
            raise ValueError(f"{value!r} is no limit: write 60/minute, say") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", value):
            raise ValueError(f"{value!r} is no address: write https://xiejian.example.gov.cn, say")
        return value.rstrip("/")

    @field_validator("trusted_proxies", "webhook_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in value.split(","):
            if part.strip():
                ip_network(part.strip())
        return value

    @model_validator(mode="after")
    def _a_ledger_key(self) -> Self:
        if self.ledger_key is None:
            return self
        try:
            whole = len(self.ledger_seed or b"") == 32
        except binascii.Error:
            whole = False
        if not whole:
            raise ValueError("XIEJIAN_LEDGER_KEY must be 32 bytes as base64url")
        if self.ledger_key.get_secret_value().startswith(DEVELOPMENT_KEY) and not self.development:
            raise ValueError("the development key of the ledger is refused in production")
        return self

    @field_validator("smtp_host", "messages_kept_days", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _whole_smtp(self) -> Self:
        if self.smtp_host is None:
            return self
        if not self.smtp_from or "@" not in self.smtp_from:
            raise ValueError("XIEJIAN_SMTP_FROM must be the address that e-mail comes from")
        if self.smtp_security == "none" and not self.development:
            raise ValueError("e-mail without encryption is refused in production")
        if bool(self.smtp_username) != bool(self.smtp_password):
            raise ValueError("XIEJIAN_SMTP_USERNAME and the secret smtp_password go together")
        return self

    @model_validator(mode="after")
    def _one_issuer(self) -> Self:
        if self.development_key_file and not self.development:
            raise ValueError(
                "the development issuer is refused in production: unset"
                " XIEJIAN_DEVELOPMENT_KEY_FILE and set XIEJIAN_OIDC_ISSUER"
            )
        if not self.development and not self.oidc_issuer:
            raise ValueError("XIEJIAN_OIDC_ISSUER must name the identity provider in production")
        if (
            self.oidc_issuer
            and not self.development
            and not self.oidc_issuer.startswith("https://")
        ):
            raise ValueError("XIEJIAN_OIDC_ISSUER must be an https address in production")
        return self

    @classmethod
    def load(cls) -> Self:
        """From the environment and, where `XIEJIAN_SECRETS_DIR` is set, its files."""
        return cls(_secrets_dir=os.environ.get("XIEJIAN_SECRETS_DIR"))
