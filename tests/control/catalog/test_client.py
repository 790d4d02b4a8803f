"""OpenMetadata's genuine client on the catalog over all instances."""

import subprocess
from pathlib import Path

import pytest
from tests.control.catalog.conftest import Fleet

CLIENT = Path(__file__).with_name("catalog_client.py")


@pytest.mark.slow
def test_the_client_reads_the_catalog_of_its_project(
    openmetadata_client: Path, fleet: Fleet, tmp_path: Path
) -> None:
    tokens = [client.headers["authorization"].partition(" ")[2] for client in (fleet.ours, fleet.theirs)]

    done = subprocess.run(
        [str(openmetadata_client), str(CLIENT), fleet.plane.url, *tokens],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.splitlines()[-1] == "the catalog is as its client knows it"
