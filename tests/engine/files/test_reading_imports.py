"""Listing is cheap: it imports neither pulumi nor cryptography."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.engine.files.states import box, snapshot

from trackstack.engine import values
from trackstack.engine.backend import Backend
from trackstack.engine.checkpoint import render
from trackstack.engine.secrets import Passphrase

LIST = """
import sys
from pathlib import Path
from trackstack.engine.backend import Backend
from trackstack.engine.project import Project
project = Project.load(Path(sys.argv[1]))
backend = project.backend({})
for name in backend.stacks("shop"):
    assert project.settings(name).config["shop:name"] == name
    assert backend.store("shop", name).load().outputs
    assert backend.store("shop", name).lock().holder() is None
print(sorted({"pulumi", "cryptography", "psutil", "grpc"} & sys.modules.keys()))
"""


def test_fifty_stacks_are_read_without_what_is_slow_to_import(tmp_path: Path, passphrase: Passphrase) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nbackend: {url: file://./state}\n")
    backend = Backend.open(tmp_path / "state")
    state = snapshot(*(box(f"b{n}", inputs={"k": values.secret(n), "s": "x" * 200}) for n in range(8)))
    state.resources[0].outputs = {"url": "http://127.0.0.1:5000"}
    data = render(state, passphrase)
    for number in range(50):
        name = f"stack-{number}"
        (tmp_path / f"Pulumi.{name}.yaml").write_text(
            f"encryptionsalt: {passphrase.state}\nconfig:\n  shop:name: {name}\n  shop:retention: 30d\n"
        )
        backend.files.write(tmp_path / f"state/.pulumi/stacks/shop/{name}.json", data, durable=False)

    done = subprocess.run(
        [sys.executable, "-c", LIST, str(tmp_path)], capture_output=True, text=True, check=True, timeout=30
    )

    assert done.stdout.strip() == "[]"
