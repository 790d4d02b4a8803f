"""trackstack image"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from trackstack.cli.command import command, pass_session

if TYPE_CHECKING:
    from trackstack.cli.session import Session
    from trackstack.stacks.image import Image


def _image_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What the image is called, and what it stands on."""
    for option in (
        click.option(
            "--builder",
            metavar="IMAGE",
            default="",
            help="The first stage's base: the same Python, with venv.",
        ),
        click.option("--base", metavar="IMAGE", help="What it stands on, with Python 3.11 or newer."),
        click.option(
            "--tag", metavar="IMAGE", help="What it is called, such as registry.example.org/trackstack:1."
        ),
    ):
        function = option(function)
    return function


@click.group("image")
def image() -> None:
    """Build the server's image, or write the files to build and run it with.

    \b
    Example:
      trackstack image build --tag registry.example.org/trackstack:1
    """


@command("build")
@_image_options
@click.option(
    "--with",
    "tool",
    type=click.Choice(["docker", "podman", "buildah"]),
    help="The tool; else the first that works.",
)
@pass_session
def build(session: Session, /, tool: str | None, **names: str | None) -> None:
    """Build the image from this checkout, and print its tag.

    Packages are reached as pip does here; none of its settings come into the image.

    \b
    Example:
      trackstack image build --tag registry.example.org/trackstack:1 --base python:3.14-slim
    """
    from trackstack.stacks import image as images

    wanted = _image(names)
    used = images.build(wanted, tool, quiet=session.quiet or session.json)
    if session.json:
        session.document({"tag": wanted.tag, "base": wanted.base, "tool": used})
    else:
        session.data(wanted.tag)


@command("render")
@_image_options
@click.option(
    "--kind",
    type=click.Choice(["containerfile", "containerignore", "compose", "systemd"]),
    default="containerfile",
    show_default=True,
    help="Which: the first two build the image, the others run it.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    help="Where compose and systemd serve.",
)
@pass_session
def render(session: Session, /, kind: str, port: int, **names: str | None) -> None:
    """Print a file that builds or runs the image.

    \b
    Examples:
      trackstack image render > Containerfile
      trackstack image render --kind containerignore > .containerignore
      trackstack image render --kind compose --tag registry.example.org/trackstack:1 > compose.yaml
    """
    from trackstack.stacks import image as images

    text = images.render(kind, _image(names), port)
    if session.json:
        session.document({"kind": kind, "text": text})
    else:
        session.data(text.removesuffix("\n"))


def _image(names: dict[str, str | None]) -> Image:
    from trackstack.stacks.image import Image

    try:
        return Image(**{name: value for name, value in names.items() if value})
    except ValueError as error:
        raise click.UsageError(str(error), click.get_current_context()) from None


image.add_command(build)
image.add_command(render)
