"""Every failure as a Click exception: one clear line and the exit code of its kind.

The rooms below raise errors whose text already says what, which value and what to do next; here they only
get their exit code and a stable name for `--json`. What none of them raises is our own mistake: it is named
in one line, and `--debug` shows where.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from trackstack.cli.exits import Exit


class Failure(click.ClickException):
    """A failure with its exit code and its name in the JSON document."""

    def __init__(self, message: str, kind: str = "failed", code: Exit = Exit.FAILED) -> None:
        super().__init__(" ".join(message.split()))
        self.kind = kind
        self.code = code


def translate(error: Exception) -> Failure:
    """The failure that a command's exception is."""
    import trackstack.stacks.errors as errors

    if isinstance(error, errors.Cancelled):
        return Failure(f"{error}; the next up goes on from there", "cancelled")
    if isinstance(error, errors.ResourceFailed):
        return Failure(str(error).replace(error.urn, error.urn.rpartition("::")[2]))
    for kind, name, code in (
        (errors.Locked, "locked", Exit.LOCKED),
        (errors.InvalidSpec, "invalid", Exit.USAGE),
        (errors.InstanceExists, "exists", Exit.FAILED),
        (errors.InstanceNotFound, "not_found", Exit.FAILED),
        (errors.TokenNotFound, "not_found", Exit.FAILED),
        (errors.StackError, "failed", Exit.FAILED),
    ):
        if isinstance(error, kind):
            return Failure(str(error), name, code)
    if isinstance(error, OSError) and error.strerror:
        return Failure(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    what = f"Unexpected {type(error).__name__}: {error}"
    return Failure(f"{what}; --debug shows where, please report it", "unexpected")


def show(error: click.ClickException | click.Abort, *, as_json: bool, color: bool | None = None) -> Exit:
    """Print it on stderr; the exit code is what the program should end with."""
    document, code = _document(error)
    if isinstance(error, click.Abort) and sys.stdin.isatty():
        click.echo(err=True)  # after the ^C that the terminal shows
    if as_json:
        click.echo(json.dumps({"error": document}, ensure_ascii=False), err=True)
    elif isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
    else:
        click.echo(f"{click.style('Error:', fg='red')} {document['message']}", err=True, color=color)
    return code


def _document(error: click.ClickException | click.Abort) -> tuple[dict[str, Any], Exit]:
    match error:
        case Failure():
            return {"kind": error.kind, "message": error.message}, error.code
        case click.UsageError():
            return {"kind": "usage", "message": error.format_message() + _help_hint(error)}, Exit.USAGE
        case click.ClickException():
            return {"kind": "failed", "message": error.format_message()}, Exit.FAILED
    return {"kind": "aborted", "message": "Aborted; nothing was changed."}, Exit.FAILED


def _help_hint(error: click.UsageError) -> str:
    return f" Try '{error.ctx.command_path} --help'." if error.ctx else ""
