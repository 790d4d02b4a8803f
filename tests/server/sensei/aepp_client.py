"""What a user of aepp does with Sensei; run by an interpreter that has it, with the server's URL and token.

Prints a JSON object of what each call gave.
"""

import json
import os
import sys
from typing import Any

from aepp import configs  # type: ignore[import-not-found]
from aepp.sensei import Sensei  # type: ignore[import-not-found]


def main(engine: str, instance: str) -> None:
    config = configs.configure(
        org_id="org",
        client_id="key",
        secret="secret",
        scopes="x",
        environment="support",
        endpoint=os.environ["SENSEI_URL"],
        accesstoken=os.environ["SENSEI_TOKEN"],
        retry=0,
        connectInstance=True,
    )
    config.getConfigObject()["connectionType"] = "support"  # aepp forgets it, and asks for it later
    sensei = Sensei(config=config)
    found: dict[str, Any] = {
        "engines": sensei.getEngines(limit=100),
        "named": sensei.getEngines(property="name==aepp's"),
        "engine": sensei.getEngine(engine),
        "unknown": sensei.getEngine("unknown"),
        "registry": sensei.getDockerRegistery(),
        "instances": sensei.getMLinstances(limit=100),
        # aepp sends this as a GET with a form for its body: it lists, whatever it is called.
        "created": sensei.createMLinstances(name="never made", engineId=engine, description="d"),
        "instance_before": [one["id"] for one in sensei.getMLinstances()].count(instance),
        "deleted": sensei.deleteEngine(engine),
        "deleted_again": sensei.deleteEngine(engine),
        "instance_after": [one["id"] for one in sensei.getMLinstances()].count(instance),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
