"""What `trackstack image` writes, without building anything."""

import configparser
import re
import shutil
import stat
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from trackstack import __version__
from trackstack.cli.main import cli
from trackstack.stacks import image as images
from trackstack.stacks.image import Image, ImageFailed, render
from trackstack.stacks.packages import write_access

ROOT = Path(__file__).parents[2]


def test_the_image_runs_the_server_as_nobody_in_particular() -> None:
    lines = render("containerfile", Image(base="python:3.14-slim")).splitlines()

    assert "ARG BASE=python:3.14-slim" in lines
    assert "ARG BUILDER=${BASE}" in lines
    assert "USER 10001:10001" in lines
    assert 'ENTRYPOINT ["trackstack-server"]' in lines
    assert (
        'HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["trackstack-server", "healthcheck"]'
        in lines
    )
    assert any(f'image.version="{__version__}"' in line for line in lines)


def test_everything_is_installed_by_its_hash() -> None:
    text = render("containerfile", Image()).replace("\\\n", "")
    installs = [step for step in re.split(r"&&|\nRUN", text) if "pip" in step and " install " in step]

    assert len(installs) == 3
    assert all("--require-hashes" in step or "--no-index" in step for step in installs)


def test_what_is_copied_is_in_the_context() -> None:
    """The ignore file names, one by one, what the build needs."""
    kept = [line[1:] for line in render("containerignore", Image()).splitlines() if line.startswith("!")]

    assert all((ROOT / name).exists() for name in kept)
    copied = re.findall(r"^COPY ([^-].*) \S+$", render("containerfile", Image()), re.MULTILINE)
    assert {name for names in copied for name in names.split()} - {"."} <= set(kept)
    links = [path.name for path in (ROOT / "src/trackstack").iterdir() if path.is_symlink()]
    assert set(links) <= set(kept)


def test_a_compose_file_runs_it_with_a_read_only_root() -> None:
    service = yaml.safe_load(render("compose", Image(tag="r.example.org/t:1"), 8080))["services"]["server"]

    assert service["image"] == "r.example.org/t:1"
    assert service["ports"] == ["127.0.0.1:8080:5000"]
    assert service["read_only"] is True


def test_a_unit_runs_it_with_a_read_only_root() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(render("systemd", Image(tag="r.example.org/t:1"), 8080))

    assert unit["Container"]["Image"] == "r.example.org/t:1"
    assert unit["Container"]["PublishPort"] == "127.0.0.1:8080:5000"
    assert unit["Container"]["ReadOnly"] == "true"


@pytest.mark.parametrize("name", ["", "a b", "a\nUSER root", "$(id)", "-f", '"', "a" * 500])
def test_what_is_no_images_name_is_refused(name: str) -> None:
    result = CliRunner().invoke(cli, ["image", "render", "--base", name or " "])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "is no image's name" in result.stderr


def test_without_a_tool_it_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    git = shutil.which("git")
    if git:
        (tmp_path / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path))

    result = CliRunner().invoke(cli, ["image", "build"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "no docker, podman or buildah works on this machine" in result.stderr


def test_a_tool_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ImageFailed, match="podman is not on PATH"):
        images.build(Image(), "podman")


def test_a_tool_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "podman"
    tool.write_text("#!/bin/sh\necho one\necho no space left\nexit 3\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    with pytest.raises(ImageFailed, match=r"podman could not build trackstack-server:.*: no space left$"):
        images.build(Image(), "podman", quiet=True)


def test_pips_own_settings_go_along_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    certificates = tmp_path / "certificates.pem"
    certificates.write_text("-----BEGIN CERTIFICATE-----\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "https://u:p@packages.example.org/simple")
    monkeypatch.setenv("PIP_CERT", str(certificates))
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")

    write_access(tmp_path / "pip.conf", tmp_path / "ca.pem", "/run/secrets/ca.pem")

    written = configparser.ConfigParser(interpolation=None)
    written.read(tmp_path / "pip.conf")
    assert written["global"]["index-url"] == "https://u:p@packages.example.org/simple"
    assert written["global"]["cert"] == "/run/secrets/ca.pem"
    assert "target" not in written["global"]
    assert (tmp_path / "ca.pem").read_text() == certificates.read_text()
    assert stat.S_IMODE((tmp_path / "pip.conf").stat().st_mode) == 0o600
