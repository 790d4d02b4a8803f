"""How this machine reaches Python packages, for a build that has to do it likewise.

Index, proxy and certificates are pip's own settings here. They may hold passwords, so a build is given them
as files that do not come into what it makes.
"""

import subprocess
import sys
from pathlib import Path

_PASSED = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout", "retries")


def write_access(settings: Path, certificates: Path, certificates_there: str) -> None:
    """Writes pip's settings and the certificates that it trusts; where it trusts its own, an empty file.

    `certificates_there` is the path that they have where the settings are read.
    """
    found = _settings()
    lines = [f"{name} = {found[name]}" for name in _PASSED if name in found]
    trusted = Path(found.get("cert", ""))
    if trusted.is_file():
        certificates.write_bytes(trusted.read_bytes())
        lines.append(f"cert = {certificates_there}")
    else:
        certificates.touch()
    settings.touch(0o600)
    settings.write_text("\n".join(["[global]", *lines, ""]))


def _settings() -> dict[str, str]:
    """pip's settings by name, the environment's over those of files; none where there is no pip."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    found: dict[str, str] = {}
    # Such as global.index-url='https://…', and :env:.index-url='…' for PIP_INDEX_URL.
    for line in sorted(listed.stdout.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = value.strip("'\"").replace("\\n", " ")
    return found
