"""Typed settings; the only reader of the environment.

`load_settings()` checks everything at start and names all problems at once, so that an administrator
fixes a configuration in one go.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clinic.envfile import create_env_file, read_env_file

ENV_FILE = Path(__file__).parent.parent / ".env"
ENVIRONMENTS = ("development", "test", "production")
MIN_SECRET_CHARACTERS = 32
DATA_KEY_BYTES = 32
# What a form without files may weigh.
FORM_BYTES = 256 * 1024


class SettingsError(Exception):
    """Raised with every problem found, one per line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("The settings are not usable:\n" + "\n".join(f"  - {p}" for p in problems))


@dataclass(frozen=True)
class Settings:
    """What the process was told by its environment. Sizes are bytes, durations seconds."""

    env: str
    var: Path
    host: str
    port: int
    web_processes: int
    secret_key: str = field(repr=False)
    encryption_keys: tuple[tuple[str, bytes], ...] = field(repr=False)
    blind_index_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    storage_url: str = field(repr=False)
    clinic_name: str
    timezone: str
    region: str
    locale: str
    public_url: str
    https: bool
    trusted_hosts: tuple[str, ...]
    proxies: int
    session_idle: int
    session_absolute: int
    stream_limit: int
    upload_max: int
    patient_documents_max: int
    export_days: int
    slow_query_ms: int
    log_level: str
    database_pool: int

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def is_redis_embedded(self) -> bool:
        return self.redis_url == _embedded_redis_url(self.var)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class _Reader:
    """Reads variables one by one and remembers what was wrong with each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.environ.get(name, "").strip() or default

    def number(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if raw.isdecimal() and low <= int(raw) <= high:
            return int(raw)
        self.problems.append(f"{name} must be a whole number from {low} to {high}, not {raw!r}.")
        return default

    def flag(self, name: str, default: bool) -> bool:
        raw = self.text(name, "1" if default else "0").lower()
        if raw in ("1", "true", "yes", "on", "0", "false", "no", "off"):
            return raw in ("1", "true", "yes", "on")
        self.problems.append(f"{name} must be 1 or 0, not {raw!r}.")
        return default

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        raw = self.text(name, default)
        if raw not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}, not {raw!r}.")
            return default
        return raw

    def checked(self, name: str, default: str, check: Callable[[str], str | None]) -> str:
        raw = self.text(name, default)
        problem = check(raw)
        if problem:
            self.problems.append(f"{name} {problem}")
        return raw

    def secret(self, name: str) -> str:
        raw = self.text(name)
        if len(raw) < MIN_SECRET_CHARACTERS:
            state = "is missing" if not raw else f"is too short ({len(raw)} characters)"
            self.problems.append(f"{name} {state}: it needs {MIN_SECRET_CHARACTERS} random characters or more.")
        elif len(set(raw)) < 10:
            self.problems.append(f"{name} is too easy to guess: use random characters.")
        return raw

    def key(self, name: str, raw: str | None = None) -> bytes:
        encoded = self.text(name) if raw is None else raw
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != DATA_KEY_BYTES or len(set(key)) < 10:
            self.problems.append(f"{name} needs {DATA_KEY_BYTES} random bytes in base64.")
        return key

    def key_ring(self, name: str) -> tuple[tuple[str, bytes], ...]:
        """`k2:<base64>,k1:<base64>`: the first key encrypts, all of them decrypt."""
        ring: list[tuple[str, bytes]] = []
        for part in filter(None, self.text(name).split(",")):
            key_id, _, encoded = part.strip().partition(":")
            if not key_id.isalnum() or len(key_id) > 16:
                self.problems.append(f"{name}: the key id {key_id!r} must be 1 to 16 letters or digits.")
            ring.append((key_id, self.key(f"{name} ({key_id})", encoded)))
        if not ring:
            self.problems.append(f"{name} is missing: give at least one key as id:base64.")
        if len({key_id for key_id, _ in ring}) != len(ring):
            self.problems.append(f"{name} names the same key id twice.")
        return tuple(ring)


def _timezone_problem(value: str) -> str | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        return f"must be a time zone such as Europe/Paris, not {value!r}."
    return None


def _region_problem(value: str) -> str | None:
    return None if len(value) == 2 and value.isupper() else f"must be a country code such as FR, not {value!r}."


def _address_problem(value: str) -> str | None:
    is_address = value == "" or re.fullmatch(r"https?://[^/?#\s]+/?", value)
    return None if is_address else f"must be an address such as https://clinic.example.org, not {value!r}."


def _database_problem(value: str) -> str | None:
    if value.startswith(("sqlite:///", "postgresql+psycopg://")):
        return None
    return "must start with sqlite:/// or postgresql+psycopg://."


def _redis_problem(value: str) -> str | None:
    return (
        None
        if value.startswith(("redis://", "rediss://", "unix://"))
        else "must start with redis://, rediss:// or unix://."
    )


def _storage_problem(value: str) -> str | None:
    return None if value.startswith(("file:///", "s3://")) else "must start with file:/// or s3://."


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ`, by default the process environment over `.env`; SettingsError names every problem."""
    read = _Reader(_process_environment() if environ is None else environ)
    env = read.choice("CLINIC_ENV", "production", ENVIRONMENTS)
    var = Path(read.text("CLINIC_VAR", "var")).absolute()
    hosts = tuple(h.strip() for h in read.text("TRUSTED_HOSTS").split(",") if h.strip())
    https = read.flag("CLINIC_HTTPS", env == "production")
    if env == "production":
        read.problems += _production_problems(hosts, https)
    settings = Settings(
        env=env,
        var=var,
        host=read.text("CLINIC_HOST", "127.0.0.1"),
        port=read.number("PORT", 8000, 1, 65_535),
        web_processes=read.number("WEB_PROCESSES", 2, 1, 64),
        secret_key=read.secret("SECRET_KEY"),
        encryption_keys=read.key_ring("ENCRYPTION_KEYS"),
        blind_index_key=read.key("BLIND_INDEX_KEY"),
        audit_key=read.key("AUDIT_KEY"),
        database_url=read.checked("DATABASE_URL", f"sqlite:///{var}/clinic.sqlite3", _database_problem),
        redis_url=read.checked("REDIS_URL", _embedded_redis_url(var), _redis_problem),
        storage_url=read.checked("STORAGE_URL", f"file://{var}/storage", _storage_problem),
        clinic_name=read.text("CLINIC_NAME", "Clinic"),
        timezone=read.checked("CLINIC_TIMEZONE", "Europe/Paris", _timezone_problem),
        region=read.checked("CLINIC_REGION", "FR", _region_problem),
        locale=read.text("CLINIC_LOCALE", "en_GB"),
        public_url=read.checked("PUBLIC_URL", "", _address_problem).rstrip("/"),
        https=https,
        trusted_hosts=hosts,
        proxies=read.number("TRUSTED_PROXIES", 0, 0, 5),
        session_idle=read.number("SESSION_IDLE_MINUTES", 30, 1, 24 * 60) * 60,
        session_absolute=read.number("SESSION_ABSOLUTE_HOURS", 12, 1, 24 * 7) * 3600,
        stream_limit=read.number("STREAM_LIMIT", 300, 1, 2000),
        upload_max=read.number("UPLOAD_MAX_MB", 2048, 1, 100_000) * 1024**2,
        patient_documents_max=read.number("PATIENT_DOCUMENTS_MAX_MB", 10_240, 1, 1_000_000) * 1024**2,
        export_days=read.number("EXPORT_DAYS", 7, 1, 365),
        slow_query_ms=read.number("SLOW_QUERY_MS", 100, 1, 60_000),
        log_level=read.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        database_pool=read.number("DATABASE_POOL", 20, 1, 200),
    )
    if read.problems:
        raise SettingsError(read.problems)
    return settings


def _production_problems(hosts: tuple[str, ...], https: bool) -> list[str]:
    problems = []
    if not hosts:
        problems.append("TRUSTED_HOSTS is missing: name the host names the clinic is reached under.")
    if not https:
        problems.append("CLINIC_HTTPS must be 1 in production: patient data never travels in clear.")
    return problems


def _process_environment() -> dict[str, str]:
    """An empty variable counts as not set; a file made for another CLINIC_ENV is left alone."""
    file = read_env_file(ENV_FILE)
    given = {name: value for name, value in os.environ.items() if value}
    is_for_us = given.get("CLINIC_ENV") in (None, file.get("CLINIC_ENV"))
    return {**file, **given} if is_for_us else given


def ensure_local_settings() -> None:
    """Make the `.env` file of a developer's machine, unless there is one or the environment says it all."""
    environ = _process_environment()
    is_local = environ.get("CLINIC_ENV", "development") == "development"
    if is_local and not ENV_FILE.exists() and "SECRET_KEY" not in environ:
        create_env_file(ENV_FILE)


def _embedded_redis_url(var: Path) -> str:
    return f"unix://{quote(str(redis_socket(var)))}"


def run_folder(folder: Path) -> Path:
    """Sockets, pipes and locks of what runs, apart from what is worth a copy."""
    return folder / "run"


def redis_socket(var: Path) -> Path:
    """Where the embedded Redis listens. A socket path may have 103 characters at most (sockaddr_un)."""
    inside = run_folder(var) / "redis.sock"
    if len(str(inside)) <= 103:
        return inside
    digest = f"{binascii.crc32(str(var).encode()):08x}"
    return Path("/tmp") / f"clinic-{os.getuid()}-{digest}" / "redis.sock"  # nosec B108: the folder is made 0700
