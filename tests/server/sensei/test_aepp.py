"""Adobe's own published Python client, all of its Sensei module, against the server over HTTP."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import Sensei
from tests.server.serving import Server

CLIENT = Path(__file__).with_name("aepp_client.py")
# Without its dependencies: most of them are for other modules, and one needs Graphviz.
WANTED = (("--no-deps", "aepp==0.6.0"), ("requests",))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has aepp; skips where it cannot be installed."""
    folder = tmp_path_factory.mktemp("aepp")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    found = folder / "bin" / "python"
    for wanted in WANTED:
        command = [str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{wanted[-1]} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return found


@pytest.mark.slow
def test_every_method_of_aepp(python: Path, server: Server, sensei: Sensei, tmp_path: Path) -> None:
    engine = sensei.engine(name="aepp's", description="an engine")
    instance = sensei.instance(engine)
    before = sensei.get("/mlInstances")["_page"]["totalCount"]

    done = subprocess.run(
        [str(python), str(CLIENT), engine["id"], instance["id"]],
        cwd=tmp_path,
        env=os.environ | {"SENSEI_URL": server.url, "SENSEI_TOKEN": server.token.text},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert engine["id"] in [one["id"] for one in found["engines"]]
    assert [one["id"] for one in found["named"]] == [engine["id"]]
    assert found["engine"] == engine
    assert (found["unknown"]["status"], found["unknown"]["title"]) == (404, "Not Found")
    assert found["registry"]["password"] == server.token.text
    assert instance["id"] in [one["id"] for one in found["instances"]]
    assert found["created"]["_page"]["totalCount"] == before
    assert (found["instance_before"], found["deleted"], found["instance_after"]) == (1, 200, 0)
    assert found["deleted_again"]["status"] == 404
    assert_surface_error(sensei.http.get(f"/engines/{engine['id']}"), 404)
