"""What a removal did, or would do: for people and for programs."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

_ALWAYS = {"run": "run", "logged_model": "logged model", "experiment": "experiment"}
_WHERE_THERE_ARE = {"catalog": "catalog entity", "sensei": "Sensei resource"}
_WORDS = {**_ALWAYS, **_WHERE_THERE_ARE, "trace": "trace"}


class Removed(Struct):
    """A thing removed for good, with the files that it had; `experiment_id` is empty for what is of none."""

    kind: str
    id: str
    experiment_id: str
    deleted_at: int
    files: int
    bytes: int


class Stayed(Struct):
    """A thing whose time has come but that stays, because a registered version needs it."""

    kind: str
    id: str
    needed_by: str


class Failed(Struct):
    """A thing that could not be removed now; the next run tries again."""

    kind: str
    id: str
    reason: str


class Archived(Struct):
    """An experiment's traces whose spans went into files; `bytes` are those of the files."""

    experiment_id: str
    traces: int = 0
    bytes: int = 0

    def add(self, size: int | None) -> None:
        """One trace more, unless it has no file."""
        if size is not None:
            self.traces += 1
            self.bytes += size


class Report(Struct):
    """Times are in milliseconds since 1970; `deleted_before` is the line that was drawn."""

    deleted_before: int
    dry_run: bool
    removed: list[Removed] = []
    kept: list[Stayed] = []
    failed: list[Failed] = []
    archived: list[Archived] = []
    freed_bytes: int = 0  # of the database's file

    def archive(self, found: Archived) -> None:
        """Adds an experiment of which something was archived."""
        if found.traces:
            self.archived.append(found)

    def lines(self) -> Iterator[str]:
        """One line a thing, then one for all of it."""
        verb = "would remove" if self.dry_run else "removed"
        for one in self.removed:
            deleted = datetime.fromtimestamp(one.deleted_at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
            what = f"{_WORDS[one.kind]} {one.id}"
            if one.experiment_id:
                what += f" of experiment {one.experiment_id}"
            if one.kind == "experiment":
                what = f"experiment {one.experiment_id} ({one.id})"
            yield f"{verb} {what}, deleted {deleted} UTC, {one.files} files, {size(one.bytes)}"
        for kept in self.kept:
            yield f"kept {_WORDS[kept.kind]} {kept.id}: {kept.needed_by} needs it"
        for moved in self.archived:
            verb = "would archive" if self.dry_run else "archived"
            yield f"{verb} {moved.traces} traces of experiment {moved.experiment_id}, {size(moved.bytes)}"
        for failed in self.failed:
            yield f"failed on {_WORDS[failed.kind]} {failed.id}: {failed.reason}"
        yield self.summary()
        if self.freed_bytes:
            yield f"gave back {size(self.freed_bytes)} of the database's file"

    def summary(self) -> str:
        """Such as `removed 2 runs, 0 logged models, 1 experiment: 12 files, 3.4 MB`."""
        counts = ", ".join(
            f"{count} {word if count == 1 else _many(word)}"
            for kind, word in {**_ALWAYS, **_WHERE_THERE_ARE}.items()
            if (count := sum(one.kind == kind for one in self.removed)) or kind in _ALWAYS
        )
        files, size_ = sum(one.files for one in self.removed), sum(one.bytes for one in self.removed)
        return f"{'would remove' if self.dry_run else 'removed'} {counts}: {files} files, {size(size_)}"


def _many(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def size(count: int) -> str:
    """Bytes for people: `0 B`, `3.4 MB`."""
    value, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= 1000 and (larger := next(units, None)):
        value, unit = value / 1000, larger
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
