"""Settings: every problem at once, no secret in a message, and an example file that is true."""

import ast
import base64
import dataclasses
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from clinic import config, envfile
from clinic.config import SettingsError, load_settings, redis_socket
from tests.conftest import ENVIRONMENT

ROOT = Path(__file__).parents[1]
PRODUCTION = ENVIRONMENT | {"CLINIC_ENV": "production", "TRUSTED_HOSTS": "clinic.example.org"}
READERS = {"text", "number", "flag", "choice", "checked", "secret", "key", "key_ring"}


def problems(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(PRODUCTION | changes)
    return caught.value.problems


def test_a_complete_production_environment_is_accepted() -> None:
    settings = load_settings(PRODUCTION)
    assert settings.is_production
    assert settings.https
    assert settings.is_sqlite
    assert settings.is_redis_embedded


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"PORT": "eighty", "CLINIC_TIMEZONE": "Mars/Olympus", "DATABASE_URL": "mysql://x"})
    message = str(caught.value)
    wanted = ("SECRET_KEY", "ENCRYPTION_KEYS", "BLIND_INDEX_KEY", "AUDIT_KEY", "TRUSTED_HOSTS", "PORT")
    assert [name for name in (*wanted, "CLINIC_TIMEZONE", "DATABASE_URL") if name not in message] == []


def test_no_environment_means_production() -> None:
    with pytest.raises(SettingsError):
        load_settings({})
    assert load_settings({k: v for k, v in PRODUCTION.items() if k != "CLINIC_ENV"}).is_production


@pytest.mark.guards("a secret that signs cookies has 32 random characters or more")
def test_a_secret_of_31_characters_is_too_short() -> None:
    secret = "q7Zk2Xw9Lm4Tn8Rv1Yc6Pb3Hd5Gf0JsAe"
    assert load_settings(PRODUCTION | {"SECRET_KEY": secret[:32]}).secret_key == secret[:32]
    assert problems(SECRET_KEY=secret[:31]) == [
        "SECRET_KEY is too short (31 characters): it needs 32 random characters or more."
    ]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("CLINIC_ENV", "staging", "CLINIC_ENV"),
        ("SECRET_KEY", "", "missing"),
        ("SECRET_KEY", "short", "too short"),
        ("SECRET_KEY", "a" * 40, "easy to guess"),
        ("ENCRYPTION_KEYS", "", "missing"),
        ("ENCRYPTION_KEYS", "k1:bm90IDMyIGJ5dGVz", "32 random bytes"),
        ("ENCRYPTION_KEYS", "k 1:" + ENVIRONMENT["AUDIT_KEY"], "key id"),
        ("ENCRYPTION_KEYS", ",".join(["k1:" + ENVIRONMENT["AUDIT_KEY"]] * 2), "twice"),
        ("BLIND_INDEX_KEY", "not base64!", "32 random bytes"),
        ("AUDIT_KEY", base64.b64encode(bytes(32)).decode(), "32 random bytes"),
        ("TRUSTED_HOSTS", " , ", "TRUSTED_HOSTS"),
        ("CLINIC_HTTPS", "0", "in clear"),
        ("CLINIC_HTTPS", "maybe", "1 or 0"),
        ("PORT", "0", "from 1 to 65535"),
        ("STREAM_LIMIT", "many", "STREAM_LIMIT"),
        ("CLINIC_REGION", "France", "country code"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL"),
        ("STORAGE_URL", "/srv/files", "STORAGE_URL"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: str, word: str) -> None:
    found = problems(**{name: value})
    assert len(found) == 1
    assert word in found[0]


def test_secrets_appear_neither_in_messages_nor_in_the_representation() -> None:
    assert "tooshort-secret" not in "".join(problems(SECRET_KEY="tooshort-secret"))
    shown = repr(load_settings(PRODUCTION | {"DATABASE_URL": "postgresql+psycopg://u:hunter2@db/clinic"}))
    assert "hunter2" not in shown
    assert ENVIRONMENT["SECRET_KEY"] not in shown


def test_a_long_folder_gets_a_socket_that_fits() -> None:
    deep = Path("/srv") / ("x" * 200)
    assert len(str(redis_socket(deep))) <= 103
    assert redis_socket(deep) != redis_socket(deep / "other")
    assert load_settings(PRODUCTION | {"CLINIC_VAR": str(deep)}).is_redis_embedded


def test_the_local_file_is_made_once_readable_by_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    monkeypatch.setattr(config, "ENV_FILE", path)
    for name in (*ENVIRONMENT, "CLINIC_VAR"):
        monkeypatch.delenv(name, raising=False)
    config.ensure_local_settings()
    first = path.read_text()
    config.ensure_local_settings()
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_settings().env == "development"
    with pytest.raises(FileExistsError):
        envfile.create_env_file(path)


def test_production_neither_makes_nor_reads_the_keys_of_a_developer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    monkeypatch.setattr(config, "ENV_FILE", path)
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLINIC_ENV", "production")
    config.ensure_local_settings()
    assert not path.exists()
    envfile.create_env_file(path)
    with pytest.raises(SettingsError):
        load_settings()


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".env"
    path.write_text("# a comment\n\nCLINIC_NAME = 'From the file'\nPORT=8123\n")
    assert envfile.read_env_file(path) == {"CLINIC_NAME": "From the file", "PORT": "8123"}
    monkeypatch.setattr(config, "ENV_FILE", path)
    for name, value in {**PRODUCTION, "PORT": "8200"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CLINIC_ENV")
    settings = load_settings()
    assert (settings.clinic_name, settings.port) == ("From the file", 8200)


def _variables_read() -> set[str]:
    calls = (
        node for node in ast.walk(ast.parse((ROOT / "clinic/config.py").read_text())) if isinstance(node, ast.Call)
    )
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in READERS
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_the_example_lists_exactly_what_is_read() -> None:
    example = (ROOT / ".env.example").read_text()
    listed = re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE)
    assert sorted(listed) == sorted(_variables_read())


def test_the_example_shows_the_true_defaults() -> None:
    shown = dict(re.findall(r"^#([A-Z][A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert load_settings(PRODUCTION | shown | {"CLINIC_VAR": "var"}) == load_settings(PRODUCTION)


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "clinic.ops.supervisor"],
        ["-m", "flask", "worker"],
        ["-m", "gunicorn"],
    ],
)
def test_every_program_names_the_problems_without_a_traceback(command: list[str]) -> None:
    environment = {"PATH": os.environ["PATH"], "CLINIC_ENV": "production", "SECRET_KEY": "weak"}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SECRET_KEY is too short" in done.stderr
    assert "TRUSTED_HOSTS is missing" in done.stderr


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_settings(PRODUCTION).port = 1  # type: ignore[misc]
