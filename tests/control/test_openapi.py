"""The OpenAPI document: what is served, and no more; and what requests made of it find."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from tests.control.serving import ControlPlane

from trackstack.control.fields import LabelKey, LabelValue
from trackstack.control.openapi import document
from trackstack.control.tables import ROUTES

PUBLISHED = Path(__file__).parents[3] / "shared" / "openapi" / "stackit_model_experiments.json"
published = pytest.mark.skipif(not PUBLISHED.is_file(), reason=f"no {PUBLISHED.name} beside the checkout")
OURS = document(ROUTES, "eu01")


def test_the_document_is_served_and_every_schema_is_one(plane: ControlPlane) -> None:
    served = httpx.get(f"{plane.url}/openapi.json").json()

    assert served == json.loads(json.dumps(OURS))
    assert served["openapi"].startswith("3.1")
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_document_has_every_route_and_no_other() -> None:
    served = {
        (route.method.lower(), path.replace(":path", "")) for route in ROUTES for path in route.paths
    } - {("get", "/docs")}

    assert {(method, path) for path, methods in OURS["paths"].items() for method in methods} == served
    ids = [each["operationId"] for methods in OURS["paths"].values() for each in methods.values()]
    assert len(set(ids)) == len(ids)


def test_the_page_has_every_operation_and_nothing_from_elsewhere(plane: ControlPlane) -> None:
    answer = httpx.get(f"{plane.url}/docs")

    assert answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    for path in OURS["paths"]:
        assert path in answer.text
    assert not re.findall(r'(?:src|href)="(?!#|/openapi\.json)', answer.text)
    anchors = set(re.findall(r'href="#(\w+)"', answer.text))
    assert anchors <= set(re.findall(r'id="([\w-]+)"', answer.text))


@published
def test_the_published_operations_are_all_served_with_their_statuses_and_fields() -> None:
    theirs = json.loads(PUBLISHED.read_text())
    for path, methods in theirs["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            ours = OURS["paths"][path][method]
            assert operation["responses"].keys() <= ours["responses"].keys() | {"500"}, (method, path)
            ok = next(status for status in operation["responses"] if status.startswith("2"))
            assert fields(theirs, operation["responses"][ok]) == fields(OURS, ours["responses"][ok])
            if "requestBody" in operation:
                assert fields(theirs, operation["requestBody"]) == fields(OURS, ours["requestBody"])


def fields(api: Any, body: Any) -> set[str]:
    """The names of a JSON body's fields, those of the objects in it too."""

    def walk(schema: Any) -> Any:
        if "$ref" in schema:
            schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from walk(inner)
        for inner in (schema.get("items"), *schema.get("anyOf", ()), *schema.get("allOf", ())):
            if isinstance(inner, dict):
                yield from walk(inner)

    return set(walk(body["content"]["application/json"]["schema"]))


THEIR_VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])*"


@given(st.text("aZ9-_.!\n", max_size=8))
def test_a_labels_value_is_what_the_published_pattern_says(text: str) -> None:
    (ours,) = LabelValue.__metadata__  # type: ignore[attr-defined]

    assert bool(re.search(ours.pattern, text)) == bool(re.search(f"^{THEIR_VALUE}$", text))


def test_patterns_take_no_time(plane: ControlPlane) -> None:
    for kind in (LabelKey, LabelValue):
        (rule,) = kind.__metadata__  # type: ignore[attr-defined]
        assert not re.search(rule.pattern, "a" * 50_000 + "!")


@pytest.mark.slow
@pytest.mark.parametrize("which", ["ours", pytest.param("published", marks=published)])
def test_requests_made_of_the_document_find_no_fault(own: ControlPlane, which: str, tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    own.flags += ("--queue-length", "4", "--workers", "1")
    own.start()
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(OURS) if which == "ours" else PUBLISHED.read_text())
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "run", str(source), "--url", own.url),
            *("--header", f"Authorization: Bearer {own.token}"),
            *("--checks", "not_a_server_error,content_type_conformance,response_schema_conformance"),
            *("--max-examples", "40", "--phases", "examples,coverage,fuzzing", "--no-color"),
            "--exclude-path-regex=ready",
        ],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert own.ready() and "Traceback" not in own.log
