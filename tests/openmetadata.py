"""OpenMetadata's genuine client, installed beside ours: its pins clash with those of other clients."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("openmetadata-ingestion==2.0.7.0", "collate-data-diff")
IMPORTED = (
    "pydantic[email]",
    "pydantic-settings",
    "sqlalchemy<2.1",
    "pyyaml",
    "pyjwt",
    "jsonpatch",
    "requests",
    "chardet",
    "packaging",
    "typing-inspection",
    "sqlparse",
    "jinja2",
    "antlr4-python3-runtime==4.9.2",
    "python-dateutil",
    "cached-property",
    "collate-sqllineage",
    "cachetools",
    "cryptography",
    "google-auth",
    "google-crc32c",
    "google-cloud-secret-manager",
    "boto3",
    "azure-identity",
    "azure-keyvault-secrets",
    "kubernetes",
    "tenacity",
    "pytz",
    "tabulate",
    "rich",
    "dsnparse",
    "toml",
)
"""What it imports for services and models; all of what it declares does not install."""


@pytest.fixture(scope="session")
def openmetadata_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the client; skips where that cannot be installed."""
    folder = tmp_path_factory.mktemp("openmetadata")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    found = folder / "bin" / "python"
    for wanted in (("--no-deps", *PACKAGES), IMPORTED):
        done = subprocess.run(
            [str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"{PACKAGES[0]} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return found


def work(python: Path, script: Path, *arguments: str) -> None:
    """Runs a script of the client's; its last line says that all was well."""
    done = subprocess.run(
        [str(python), str(script), *arguments],
        cwd=python.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.splitlines()[-1] == "the catalog is as its client knows it"
