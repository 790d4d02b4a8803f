"""Histories of metrics."""

import httpx
import pytest

API = "/api/2.0/mlflow/"


@pytest.fixture
def run(client: httpx.Client, name: str) -> str:
    experiment = client.post(API + "experiments/create", json={"name": name}).json()["experiment_id"]
    reply = client.post(API + "runs/create", json={"experiment_id": experiment})
    run_id: str = reply.json()["run"]["info"]["run_id"]
    return run_id


def log(client: httpx.Client, run: str, points: list[tuple[float, int, int]]) -> None:
    metrics = [
        {"key": "m", "value": value, "timestamp": timestamp, "step": step}
        for value, timestamp, step in points
    ]
    for at in range(0, len(metrics), 1000):
        reply = client.post(API + "runs/log-batch", json={"run_id": run, "metrics": metrics[at : at + 1000]})
        assert reply.status_code == 200, reply.text


def samples(client: httpx.Client, run: str, **query: int) -> list[int]:
    reply = client.get(
        API + "metrics/get-history-bulk-interval", params={"run_ids": run, "metric_key": "m", **query}
    )
    return [point["step"] for point in reply.json().get("metrics", [])]


def ntile(count: int, buckets: int) -> list[int]:
    """The first row of each of SQL's NTILE buckets, and the last row of all."""
    size, rest = divmod(count, min(buckets, count))
    firsts = [at * size + min(at, rest) for at in range(min(buckets, count))]
    if firsts[-1] != count - 1:
        firsts = [*firsts[: buckets - 1], count - 1]
    return firsts


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 19, 20, 21, 100, 101])
@pytest.mark.parametrize("most", [1, 2, 10])
def test_samples_are_spread_evenly_with_both_ends(
    client: httpx.Client, run: str, count: int, most: int
) -> None:
    log(client, run, [(1.0, 5, step) for step in range(count)])

    assert samples(client, run, max_results=most) == ntile(count, most)


def test_samples_lie_between_the_steps_asked_for(client: httpx.Client, run: str) -> None:
    log(client, run, [(1.0, 5, step) for step in range(100)])

    assert samples(client, run, start_step=10, end_step=19) == list(range(10, 20))
    assert samples(client, run, start_step=10, end_step=49, max_results=2) == [10, 49]


def test_a_history_is_by_time_then_step_then_value(client: httpx.Client, run: str) -> None:
    log(client, run, [(3.0, 7, 1), (1.0, 9, 0), (2.0, 7, 2), (1.0, 7, 1)])

    reply = client.get(API + "metrics/get-history", params={"run_id": run, "metric_key": "m"})

    assert [(p["timestamp"], p["step"], p["value"]) for p in reply.json()["metrics"]] == [
        (7, 1, 1.0),
        (7, 1, 3.0),
        (7, 2, 2.0),
        (9, 0, 1.0),
    ]


@pytest.mark.parametrize("early", [1, 998, 999, 1000, 1999, 2499])
def test_a_point_of_another_time_than_its_step_has_its_place_in_the_history(
    client: httpx.Client, run: str, early: int
) -> None:
    times = {step: 5000 + step - (5000 if step == early else 0) for step in range(2500)}
    log(client, run, [(float(step), time, step) for step, time in times.items()])

    reply = client.get(API + "metrics/get-history", params={"run_id": run, "metric_key": "m"})

    assert [point["step"] for point in reply.json()["metrics"]] == sorted(times, key=lambda step: times[step])


@pytest.mark.parametrize(
    ("way", "name"), [("get-history", "run_id"), ("get-history-bulk-interval", "run_ids")]
)
def test_a_history_that_was_read_before_has_what_was_logged_since(
    client: httpx.Client, run: str, way: str, name: str
) -> None:
    def steps() -> list[int]:
        reply = client.get(f"{API}metrics/{way}", params={name: run, "metric_key": "m"})
        return [point["step"] for point in reply.json().get("metrics", [])]

    assert (steps(), steps()) == ([], [])
    log(client, run, [(1.0, 1, 1)])
    assert (steps(), steps()) == ([1], [1])
    log(client, run, [(1.0, 2, 2), (1.0, 0, 0)])
    assert (steps(), steps()) == ([0, 1, 2], [0, 1, 2])


def test_samples_of_several_runs_come_in_the_order_that_was_asked_for(client: httpx.Client, run: str) -> None:
    experiment = client.get(API + "runs/get", params={"run_id": run}).json()["run"]["info"]["experiment_id"]
    reply = client.post(API + "runs/create", json={"experiment_id": experiment})
    other = reply.json()["run"]["info"]["run_id"]
    log(client, run, [(1.0, 1, 1)])
    log(client, other, [(1.0, 1, 2)])

    for asked in ([run, other], [other, "0" * 32, run], [run, run]):
        query: dict[str, str | list[str]] = {"run_ids": asked, "metric_key": "m"}
        points = client.get(API + "metrics/get-history-bulk-interval", params=query).json()["metrics"]
        assert [point["run_id"] for point in points] == [name for name in asked if name in (run, other)]


def test_nan_and_infinity_are_text_and_the_largest_number(client: httpx.Client, run: str) -> None:
    for step, value in enumerate(["NaN", "Infinity", "-Infinity", 0]):
        body = {"run_id": run, "key": "m", "value": value, "timestamp": 1, "step": step}
        assert client.post(API + "runs/log-metric", json=body).status_code == 200

    largest = 1.7976931348623157e308
    for way, name in [("get-history", "run_id"), ("get-history-bulk-interval", "run_ids")]:
        reply = client.get(f"{API}metrics/{way}", params={name: run, "metric_key": "m"})
        assert [point["value"] for point in reply.json()["metrics"]] == ["NaN", largest, -largest, 0]


@pytest.mark.parametrize("most", [0, 1, 999, 1000, 1001, 1999, 2000, 2001, 5000])
def test_several_histories_come_together_up_to_a_number_of_points(
    client: httpx.Client, run: str, most: int
) -> None:
    log(client, run, [(float(step), step, step) for step in range(2000)])

    query: dict[str, str | int] = {"run_id": run, "metric_key": "m", "max_results": most}
    points = client.get(API + "metrics/get-history-bulk", params=query).json().get("metrics", [])

    assert [(point["step"], point["run_id"]) for point in points] == [
        (step, run) for step in range(min(most, 2000))
    ]


@pytest.mark.parametrize("page", [1, 999, 1000, 1001, 1999, 2000, 2001])
def test_a_page_tells_of_a_next_one_if_there_is_one(client: httpx.Client, run: str, page: int) -> None:
    log(client, run, [(float(step), step, step) for step in range(2000)])

    query: dict[str, str | int] = {"run_id": run, "metric_key": "m", "max_results": page}
    answer = client.get(API + "metrics/get-history", params=query).json()

    assert len(answer["metrics"]) == min(page, 2000)
    assert ("next_page_token" in answer) == (page < 2000)


def test_a_long_history_comes_whole_and_in_pages(client: httpx.Client, run: str) -> None:
    log(client, run, [(float(step), step, step) for step in range(2500)])
    query = {"run_id": run, "metric_key": "m"}

    whole = client.get(API + "metrics/get-history", params=query).json()["metrics"]
    paged, token = [], ""
    while True:
        page = client.get(
            API + "metrics/get-history", params={**query, "max_results": 700, "page_token": token}
        ).json()
        paged += page["metrics"]
        token = page.get("next_page_token", "")
        if not token:
            break

    assert [point["step"] for point in whole] == list(range(2500))
    assert paged == whole


def test_extreme_numbers_come_back_as_they_were(client: httpx.Client, run: str) -> None:
    points = [(5e-324, 0, -(2**63)), (-0.0, 2**63 - 1, 2**63 - 1), (0.1 + 0.2, 1, 2**53 + 1)]
    log(client, run, points)

    reply = client.get(API + "metrics/get-history", params={"run_id": run, "metric_key": "m"})

    found = {(p["value"], p["timestamp"], p["step"]) for p in reply.json()["metrics"]}
    assert found == set(points)


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, 1.5, "x", True, [], {}])
def test_what_is_no_64_bit_integer_is_refused(client: httpx.Client, run: str, step: object) -> None:
    metric = {"run_id": run, "key": "m", "value": 1, "timestamp": 1, "step": step}

    reply = client.post(API + "runs/log-metric", json=metric)

    assert (reply.status_code, reply.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
