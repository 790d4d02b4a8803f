"""An `up` that never ends, to be killed: `python -m tests.providers.kubernetes.killed <folder> <config>`."""

import json
import sys
from pathlib import Path

from tests.providers.kubernetes.conftest import secrets
from tests.providers.kubernetes.programs import config_map, deployment, drawn

from trackstack.engine import Backend, Options
from trackstack.providers.kubernetes import Kubernetes


def program() -> None:
    """None comes up: the one's pods stay as they are, the others wait for what nobody does."""
    waiting = {"annotations": {"pulumi.com/waitFor": "condition=Ready"}}
    deployment(fails="never")
    config_map({"a": "1"}, metadata=waiting)
    drawn(metadata=waiting)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    options = Options(
        secrets=secrets(), providers={"kubernetes": Kubernetes}, config=json.loads(sys.argv[2]), root=folder
    )
    Backend.open(folder / "state").stack("project", "killed").up(program, options)
