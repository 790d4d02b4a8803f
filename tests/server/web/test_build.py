"""The files of the web UI's build, as they are or packed."""

import gzip
from pathlib import Path

import pytest

from trackstack.server.errors import ApiError
from trackstack.server.web.build import Build


def test_a_file_that_was_packed_is_served_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static/app.js").write_bytes(b"let a = 1;")
    plain = Build(tmp_path).file("static/app.js")
    (tmp_path / "static/app.js.gz").write_bytes(gzip.compress(b"let a = 1;"))
    (tmp_path / "static/app.js").unlink()

    assert Build(tmp_path).file("static/app.js") == plain
    assert plain[:2] == (b"let a = 1;", b"text/javascript")


@pytest.mark.parametrize("path", ["../secret.js", "link.js", "static", "absent.js", "a\0b"])
def test_what_is_not_of_the_build_is_not_there_packed_either(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "build"
    (folder / "static").mkdir(parents=True)
    (tmp_path / "secret.js.gz").write_bytes(gzip.compress(b"secret"))
    (folder / "link.js.gz").symlink_to(tmp_path / "secret.js.gz")

    with pytest.raises(ApiError):
        Build(folder).file(path)
