"""The passphrase that encrypts the secrets in stacks' states."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

from trackstack.engine.secrets import Passphrase, provider_state
from trackstack.stacks.errors import StackError, WrongPassphrase
from trackstack.stacks.project import Project
from trackstack.stacks.spec import NAMESPACE

_BYTES = 32


def passphrase_file() -> Path:
    """Where the user's own passphrase is kept, if the environment gives none."""
    return platformdirs.user_config_path("trackstack") / "passphrase"


def passphrase(*, make: bool = False, environment: Mapping[str, str] = os.environ) -> Passphrase:
    """PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE if set, else the user's own from its file.

    With `make` a random one is put into that file (0600) if there is none. Raises WrongPassphrase without.
    """
    if "PULUMI_CONFIG_PASSPHRASE" in environment or environment.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        return Passphrase.from_environment(environment)
    path = passphrase_file()
    if make and not path.exists():
        _make(path)
    try:
        text = path.read_text("utf-8").strip()
    except FileNotFoundError:
        raise WrongPassphrase(
            f"the passphrase of your stacks is gone: put it back into {path}, or set PULUMI_CONFIG_PASSPHRASE"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongPassphrase(f"cannot read the passphrase in {path}: {error}") from None
    return Passphrase(text)


def shared_salt(project: Project, phrase: Passphrase) -> str | None:
    """What a new stack of the project takes over from an older one; None where that has another passphrase.

    A key is derived from phrase and salt in 0.2 s of computing: with one salt, once for the whole fleet. The
    older one is the first by name whose state can be read.
    """
    for stack in project.backend.stacks(NAMESPACE):
        with suppress(StackError):
            salt = provider_state(project.stack(stack).snapshot().secrets_provider)
            if salt is None:
                continue
            try:
                phrase.bind(salt).verify()
            except WrongPassphrase:
                return None
            return salt
    return None


def _make(path: Path) -> None:
    """Whole or not at all, and the first of two that try at once wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()
