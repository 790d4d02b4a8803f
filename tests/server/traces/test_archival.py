"""Spans of old traces in files of the artifact store: moved, read as before, deleted with their traces."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.serving import Server
from tests.server.test_retention_command import gc, report
from tests.server.traces.posting import otlp, trace_id_of
from tests.server.world import World, world

from trackstack.server.archival_policy import ArchivalPolicy
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.config import ConfigError, Settings, load
from trackstack.server.otlp.archive import FILE, UnfitError, pack, unpack
from trackstack.server.retention_report import Report
from trackstack.server.store.traces.archival import Archival
from trackstack.server.store.traces.entities import NewSpan
from trackstack.server.trace_archival import TraceArchival

Start = Callable[..., Server]
API = "/api/3.0/mlflow"
DAY_S = 24 * 60 * 60
AGE = {"TRACKSTACK_SERVER_TRACE_ARCHIVAL": "7d"}


@pytest.fixture(scope="module", params=["folder", "bucket"])
def archiving(request: pytest.FixtureRequest, start_server: Start) -> Iterator[Server]:
    """A server that archives traces after 7 days, on each kind of artifact store."""
    from tests.server.buckets import new_bucket

    bucket = request.param == "bucket"
    flags = ("--artifact-root", new_bucket(request.getfixturevalue("s3"))) if bucket else ()
    server = start_server(*flags, **AGE)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def settings_of_gc(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in AGE.items():
        monkeypatch.setenv(key, value)


@pytest.fixture
def web(archiving: Server) -> Iterator[httpx.Client]:
    with archiving.client() as client:
        yield client


@pytest.fixture
def experiment(web: httpx.Client, name: str) -> str:
    answer = web.post("/api/2.0/mlflow/experiments/create", json={"name": name})
    return str(answer.json()["experiment_id"])


def send(web: httpx.Client, experiment: str, days_ago: float = 8, **attributes: str) -> str:
    """A trace of one span that started so long ago; its id."""
    import time

    start = int((time.time() - days_ago * DAY_S) * 1e9)
    body = otlp("root", attributes, startTimeUnixNano=str(start), endTimeUnixNano=str(start + 5))
    answer = web.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": experiment})
    assert answer.status_code == 200, answer.text
    return trace_id_of(body)


def tags(web: httpx.Client, trace: str) -> Any:
    return web.get(f"{API}/traces/{trace}").json()["trace"]["trace_info"]["tags"]


def read(web: httpx.Client, trace: str) -> list[Any]:
    """The trace's spans in all the ways in which they may be asked for."""
    one = web.get(f"{API}/traces/get", params={"trace_id": trace})
    many = web.get(f"{API}/traces/batchGet", params={"trace_ids": trace})
    shown = web.get("/ajax-api/2.0/mlflow/get-trace-artifact", params={"request_id": trace})
    assert (one.status_code, many.status_code, shown.status_code) == (200, 200, 200)
    return [one.json()["trace"]["spans"], many.json()["traces"][0]["spans"], shown.json()]


def test_old_traces_are_archived_and_read_as_before(
    archiving: Server, web: httpx.Client, experiment: str
) -> None:
    old, young = (
        send(web, experiment, 8, **{"mlflow.spanInputs": '{"a": [1, null]}'}),
        send(web, experiment, 6),
    )
    before = read(web, old)

    planned = report(archiving, "--dry-run")["archived"]
    assert [(one["experiment_id"], one["traces"]) for one in planned] == [(experiment, 1)]
    assert tags(web, old)["mlflow.trace.spansLocation"] == "TRACKING_STORE"

    archived = report(archiving)["archived"]
    assert [(one["experiment_id"], one["traces"]) for one in archived] == [(experiment, 1)]
    assert archived[0]["bytes"] > 100
    assert read(web, old) == before
    found = tags(web, old)
    assert found["mlflow.trace.spansLocation"] == "ARCHIVE_REPO"
    assert found["mlflow.trace.archiveLocation"].endswith(f"/traces/{old}/archive/1")
    assert tags(web, young)["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert report(archiving)["archived"] == []


def test_the_file_is_one_that_mlflow_reads(archiving: Server, web: httpx.Client, experiment: str) -> None:
    from mlflow.tracing.otel.otel_archival import traces_data_pb_to_spans

    trace = send(web, experiment, question="why")
    report(archiving)
    path = f"{experiment}/traces/{trace}/archive/1/traces.pb"
    answer = web.get(f"/api/2.0/mlflow-artifacts/artifacts/{path}")
    (span,) = traces_data_pb_to_spans(answer.content)
    assert (span.name, span.attributes["question"]) == ("root", "why")


def test_archived_traces_are_found_by_their_spans_and_counted(
    archiving: Server, web: httpx.Client, experiment: str
) -> None:
    trace = send(web, experiment)
    report(archiving)
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    found = web.post(f"{API}/traces/search", json={"locations": [where], "filter": "span.name = 'root'"})
    assert [one["trace_id"] for one in found.json()["traces"]] == [trace]


def test_archived_traces_take_no_more_spans(archiving: Server, web: httpx.Client, experiment: str) -> None:
    trace = send(web, experiment)
    report(archiving)
    body = otlp("late", traceId=trace.removeprefix("tr-"))
    answer = web.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": experiment})
    assert answer.status_code == 500
    assert answer.json()["error_code"] == "INVALID_STATE"
    assert answer.json()["message"] == f"Cannot log spans to archived traces: '{trace}'."
    assert len(read(web, trace)[0]) == 1


def test_clients_cannot_say_where_an_archive_is(
    archiving: Server, web: httpx.Client, experiment: str
) -> None:
    trace = send(web, experiment)
    report(archiving)
    before, spans = tags(web, trace), read(web, trace)
    info: dict[str, Any] = {
        "trace_id": trace,
        "trace_location": {"mlflow_experiment": {"experiment_id": experiment}},
        "request_time": "2026-01-01T00:00:00Z",
        "tags": {
            "mlflow.trace.spansLocation": "TRACKING_STORE",
            "mlflow.trace.archiveLocation": "mlflow-artifacts:/0/traces/another/archive/1",
            "mlflow.artifactLocation": "mlflow-artifacts:/0",
            "mlflow.trace.archivalFailure": "x",
        },
    }
    assert web.post(f"{API}/traces", json={"trace": {"trace_info": info}}).status_code == 200
    assert (tags(web, trace), read(web, trace)) == (before, spans)

    new = {
        **info,
        "trace_id": f"{trace}-new",
        "tags": {**info["tags"], "mlflow.trace.spansLocation": "ARCHIVE_REPO"},
    }
    assert web.post(f"{API}/traces", json={"trace": {"trace_info": new}}).status_code == 200
    assert list(tags(web, new["trace_id"])) == ["mlflow.artifactLocation"]


def test_deleting_a_trace_deletes_its_archive(archiving: Server, web: httpx.Client, experiment: str) -> None:
    trace = send(web, experiment)
    report(archiving)
    body = {"experiment_id": experiment, "request_ids": [trace]}
    assert web.post(f"{API}/traces/delete-traces", json=body).json() == {"traces_deleted": 1}
    listed = web.get("/api/2.0/mlflow-artifacts/artifacts", params={"path": f"{experiment}/traces/{trace}"})
    assert listed.json() == {"files": []} or listed.json() == {}
    assert web.get(f"{API}/traces/{trace}").status_code == 404


def test_an_archive_that_is_gone_leaves_a_trace_without_spans(
    archiving: Server, web: httpx.Client, experiment: str
) -> None:
    trace = send(web, experiment)
    report(archiving)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{trace}/archive/1/traces.pb"
    assert web.delete(path).status_code == 200
    assert read(web, trace) == [[], [], {"spans": []}]


@pytest.mark.parametrize(
    ("tag", "value", "archived"),
    [
        ("mlflow.trace.archivalRetention", {"type": "duration", "value": "1d"}, True),
        ("mlflow.trace.archivalRetention", {"type": "duration", "value": "90d"}, False),
        ("mlflow.trace.archivalRetention", {"type": "number", "value": "1d"}, False),
        ("mlflow.trace.archivalRetention", "soon", False),
        ("mlflow.trace.archiveNow", {}, True),
        ("mlflow.trace.archiveNow", {"older_than": "3d"}, False),
    ],
)
def test_an_experiment_may_have_its_traces_archived_earlier(
    archiving: Server, web: httpx.Client, experiment: str, tag: str, value: Any, archived: bool
) -> None:
    trace = send(web, experiment, 2)
    body = {"experiment_id": experiment, "key": tag, "value": json.dumps(value)}
    assert web.post("/api/2.0/mlflow/experiments/set-experiment-tag", json=body).status_code == 200
    report(archiving)
    assert (tags(web, trace)["mlflow.trace.spansLocation"] == "ARCHIVE_REPO") == archived
    found = web.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": experiment}).json()
    assert any(one["key"] == tag for one in found["experiment"].get("tags", [])) == ("Now" not in tag)


def test_people_are_told_and_clients_know(archiving: Server, web: httpx.Client, experiment: str) -> None:
    send(web, experiment)
    assert web.get("/ajax-api/3.0/mlflow/server-info").json()["trace_archival_enabled"] is True
    would, did = gc(archiving, "--dry-run").stdout, gc(archiving).stdout
    assert would.startswith(f"would archive 1 traces of experiment {experiment}, ")
    assert did.startswith(f"archived 1 traces of experiment {experiment}, ")


def test_mlflows_client_reads_archived_traces(
    archiving: Server, web: httpx.Client, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", archiving.token.text)
    mlflow.set_tracking_uri(archiving.url)
    trace = send(web, experiment, question="why")
    report(archiving)
    client = mlflow.MlflowClient(archiving.url)
    assert [span.name for span in client.get_trace(trace).data.spans] == ["root"]
    (found,) = client.search_traces(locations=[experiment])
    assert found.data.spans[0].attributes["question"] == "why"


def test_a_wrong_age_is_refused() -> None:
    with pytest.raises(ConfigError, match="trace_archival: 'soon' is not a duration"):
        load({"trace_archival": "soon"}, {})


def test_an_experiment_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="'x' of trace_archival_long is no experiment's id"):
        load({"trace_archival": "30d", "trace_archival_long": "1, x"}, {})


def tagged(value: str) -> dict[str, str]:
    return {"mlflow.trace.archivalRetention": json.dumps({"type": "duration", "value": value})}


@pytest.mark.parametrize("server_s", ["7d", "12h", "1440m"])
@pytest.mark.parametrize("own", ["1m", "12h", "24h", "1d", "7d", "8d", "169h", "9999d", "soon", ""])
@pytest.mark.parametrize("long", [True, False])
def test_the_age_of_an_experiment_is_as_mlflow_resolves_it(server_s: str, own: str, long: bool) -> None:
    from mlflow.store.tracking.utils.trace_archival import _resolve_effective_trace_archival_retention

    theirs = _resolve_effective_trace_archival_retention(
        experiment_id="1",
        experiment_tags=tagged(own),
        broader_retention=server_s,
        long_retention_allowlist={"1"} if long else {"2"},
    )

    ours = ArchivalPolicy(server_s, frozenset({1} if long else {2}))
    assert ours.of(1, tagged(own)) == theirs
    assert ours.of(1, {}) == server_s


def test_only_listed_experiments_are_archived_later() -> None:
    policy = ArchivalPolicy("7d", frozenset({2}))
    day_ms = DAY_S * 1000

    assert policy.until(1, tagged("30d"), 100 * day_ms) == 93 * day_ms
    assert policy.until(2, tagged("30d"), 100 * day_ms) == 70 * day_ms
    now = {**tagged("30d"), "mlflow.trace.archiveNow": "{}"}
    assert policy.until(2, now, 100 * day_ms) == 100 * day_ms


def test_clients_are_told_when_traces_are_archived(
    archiving: Server, web: httpx.Client, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", archiving.token.text)
    client = mlflow.MlflowClient(archiving.url)
    assert client.get_experiment(experiment).effective_trace_archival_retention == "7d"
    client.set_experiment_tag(experiment, *next(iter(tagged("12h").items())))

    name = client.get_experiment(experiment).name
    by_name = client.get_experiment_by_name(name)
    assert by_name is not None
    assert by_name.effective_trace_archival_retention == "12h"
    (found,) = client.search_experiments(filter_string=f"name = '{name}'")
    assert found.effective_trace_archival_retention == "12h"
    asked = {
        "query": """query MlflowGetExperimentQuery($input: MlflowGetExperimentInput!) {
        mlflowGetExperiment(input: $input) { experiment { effectiveTraceArchivalRetention } } }"""
    }
    asked |= {"variables": {"input": {"experimentId": experiment}}}  # type: ignore[dict-item]
    shown = web.post("/graphql", json=asked).json()["data"]["mlflowGetExperiment"]["experiment"]
    assert shown == {"effectiveTraceArchivalRetention": "12h"}


class Killed(BaseException):
    """Ends everything at once, as a kill does."""


@pytest.mark.parametrize("step", ["before the file", "after the file", "after the finish"])
def test_a_move_killed_at_any_step_is_finished_by_the_next(
    root: str, tmp_path: Path, new_database: Callable[[], tuple[str, ...]], step: str
) -> None:
    url = "".join(new_database()[-1:])
    settings = Settings(data_dir=tmp_path, artifact_root=root, database_url=url)

    def killing(call: Callable[..., Awaitable[Any]], before: bool) -> Callable[..., Awaitable[Any]]:
        async def run(*args: Any) -> Any:
            if not before:
                await call(*args)
            raise Killed

        return run

    async def scenario() -> None:
        async with world(settings) as w:
            await _log(w)
        with pytest.MonkeyPatch.context() as patch:
            async with world(settings) as w:
                if step.endswith("file"):
                    target = killing(w.artifacts.store.write, step.startswith("before"))
                    patch.setattr(w.artifacts.store, "write", target)
                else:
                    patch.setattr(Archival, "finish", killing(Archival.finish, False))
                with pytest.raises(Killed):
                    await _move(w)
                assert await _spans(w) == [SPAN]
        async with world(settings) as w:
            await _move(w)
            assert await _spans(w) == [SPAN]
            assert (await w.store.traces.stored([TRACE]))[0].spans == [""]

    asyncio.run(scenario())


def test_spans_that_come_during_a_move_are_kept(
    root: str, tmp_path: Path, new_database: Callable[[], tuple[str, ...]]
) -> None:
    url = "".join(new_database()[-1:])

    async def scenario() -> None:
        async with world(Settings(data_dir=tmp_path, artifact_root=root, database_url=url)) as w:
            await _log(w)
            write = w.artifacts.store.write

            async def slow(*args: Any) -> None:
                await write(*args)
                await _log(w, "2" * 16)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(w.artifacts.store, "write", slow)
                assert (await _move(w)).archived == []
            assert len(await _spans(w)) == 2
            await _move(w)
            found = await w.store.traces.get(TRACE)
            assert found.tags["mlflow.trace.archiveLocation"].endswith("/archive/2")
            assert len(await _spans(w)) == 2

    asyncio.run(scenario())


def test_what_a_file_cannot_hold_stays_in_the_database(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(Settings(data_dir=tmp_path, artifact_root=str(tmp_path / "artifacts"))) as w:
            odd = SPAN.replace('"why\\""', str(2**70))
            assert odd != SPAN
            await _log(w, content=odd)
            for _ in range(2):
                assert (await _move(w)).archived == []
            found = await w.store.traces.get(TRACE)
            assert found.tags["mlflow.trace.archivalFailure"] == "MALFORMED_TRACE"
            assert await _spans(w) == [odd]

    asyncio.run(scenario())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.text(), VALUES), min_size=1, max_size=3))
def test_a_file_gives_back_what_was_put_in_or_is_refused(attributes: list[dict[str, Any]]) -> None:
    spans = []
    for some in attributes:
        span = json.loads(SPAN)
        span["attributes"] = {key: json.dumps(value, ensure_ascii=False) for key, value in some.items()}
        spans.append(json.dumps(span, ensure_ascii=False))
    try:
        assert unpack(pack(spans)) == spans
    except UnfitError:
        assert not all(_fits(value) for some in attributes for value in [some])


def _fits(value: Any) -> bool:
    match value:
        case bool() | None | float():
            return True
        case int():
            return -(2**63) <= value < 2**63
        case dict():
            return all(map(_fits, [*value, *value.values()]))
        case list():
            return all(map(_fits, value))
    return bool(str(value).encode("utf-8", "surrogatepass") == str(value).encode("utf-8", "replace"))


TRACE = "tr-" + "a" * 32
SPAN = json.dumps(
    {
        "trace_id": "qqqqqqqqqqqqqqqqqqqqqg==",
        "span_id": "EREREREREQ8=",
        "parent_span_id": None,
        "name": "root",
        "start_time_unix_nano": 1_000_000,
        "end_time_unix_nano": 2_000_000,
        "events": [],
        "status": {"code": "STATUS_CODE_OK", "message": None},
        "attributes": {"question": '"why"'},
        "links": [],
    }
)


async def _log(w: World, span_id: str = "1" * 16, content: str = SPAN) -> None:
    new = NewSpan(TRACE, span_id, None, "root", "UNKNOWN", "OK", 1_000_000, 2_000_000, {}, content, {})
    await w.store.spans.log(0, [new])


async def _move(w: World) -> Report:
    found = Report(0, dry_run=False)
    await TraceArchival(w.store, w.artifacts).move(ArchivalPolicy("0s"), 10_000, found)
    return found


async def _spans(w: World) -> list[str]:
    """From wherever they are."""
    (trace,) = await w.store.traces.stored([TRACE])
    location = trace.info.tags.get("mlflow.trace.archiveLocation")
    if location is None:
        return trace.spans
    file = await w.artifacts.store.open(w.artifacts.below(location, ArtifactPath.parse(FILE)))
    data = b"".join([chunk async for chunk in file.read(0, file.facts.size)])
    await file.close()
    return unpack(data)
