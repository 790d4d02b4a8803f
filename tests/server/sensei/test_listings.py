"""Listings: pages, orders, filters, and what they repeat of these."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import Sensei, Values

LISTINGS = ("/engines", "/mlInstances", "/experiments", "/models", "/insights", "/mlServices")


def ids(listing: Values) -> list[str]:
    return [one["id"] for one in listing["children"]]


@pytest.mark.parametrize("path", LISTINGS)
def test_every_listing_has_children_page_and_links(sensei: Sensei, path: str) -> None:
    for slash in ("", "/"):
        listing = sensei.get(path + slash, limit=1)

        assert set(listing) == {"children", "_page", "_links"}
        page = listing["_page"]
        assert (page["orderby"], page["property"], page["start"]) == ("-updated", "deleted==false", "0")
        assert page["count"] == len(listing["children"]) <= 1
        assert page["totalCount"] >= page["count"]
        links = listing["_links"]
        assert links["self"] == {"href": f"/data/sensei{path}?limit=1"}
        assert links["page"] == {
            "href": f"/data/sensei{path}{{?start,limit,orderby,property}}",
            "templated": True,
        }
        assert [one for one in links.values() if one.get("method") == "POST"] == [
            {"href": f"/data/sensei{path}", "method": "POST"}
        ]


def test_pages_are_walked_by_their_next_links(sensei: Sensei) -> None:
    engine = sensei.engine()
    made = [sensei.instance(engine)["id"] for _ in range(5)]
    of_engine = f"engineId=={engine['id']}"
    found, href, counts = [], f"/mlInstances?limit=2&property={of_engine}", []

    while href:
        listing = sensei.get(href)
        found += ids(listing)
        counts.append(listing["_page"]["count"])
        assert listing["_page"]["totalCount"] == 5
        following = listing["_links"].get("next", {}).get("href", "")
        assert bool(following) == ("next" in listing["_page"])
        href = following.removeprefix("/data/sensei")

    assert counts == [2, 2, 1]
    assert found == made[::-1]  # the newest first


def test_limits_and_starts_at_their_ends(sensei: Sensei) -> None:
    engine = sensei.engine()
    made = [sensei.instance(engine)["id"] for _ in range(3)]
    of_engine = f"engineId=={engine['id']}"

    nothing = sensei.get("/mlInstances", limit=0, property=of_engine)
    assert (nothing["children"], nothing["_page"]["count"], nothing["_page"]["totalCount"]) == ([], 0, 3)
    assert "next" not in nothing["_links"]
    assert ids(sensei.get("/mlInstances", limit=100, start=2, property=of_engine)) == [made[0]]
    beyond = sensei.get("/mlInstances", start=10**18 - 1, property=of_engine)
    assert (ids(beyond), beyond["_page"]["totalCount"]) == ([], 3)


def test_the_default_page_has_25(sensei: Sensei) -> None:
    run = sensei.run()
    for _ in range(26):
        sensei.run({"id": run["experimentId"]})

    page = sensei.get(f"/experiments/{run['experimentId']}/runs")["_page"]

    assert (page["count"], page["totalCount"], page["next"]) == (25, 27, "25")


def test_orders(sensei: Sensei) -> None:
    engine = sensei.engine()
    fields = [("b", "1"), ("a", "2"), ("a", "1"), ("\u00e4", "0")]
    made = {(name, text): sensei.instance(engine, name=name, description=text)["id"] for name, text in fields}

    def ordered(by: str) -> list[str]:
        return ids(sensei.get("/mlInstances", property=f"engineId=={engine['id']}", orderby=by))

    assert ordered("name,description") == [made[one] for one in sorted(fields)]
    assert ordered("-name,+description") == [
        made["\u00e4", "0"],
        made["b", "1"],
        made["a", "1"],
        made["a", "2"],
    ]
    assert ordered("created") == list(made.values())
    assert ordered("-created") == ordered("") == list(made.values())[::-1]
    assert ordered("NAME,Description") == ordered("name,description")


def test_what_is_changed_comes_first(sensei: Sensei) -> None:
    engine = sensei.engine()
    old, new = sensei.instance(engine), sensei.instance(engine)

    changed = sensei.http.put(f"/mlInstances/{old['id']}", json=old).json()

    assert ids(sensei.get("/mlInstances", property=f"engineId=={engine['id']}")) == [old["id"], new["id"]]
    assert changed["updated"] >= new["updated"] and changed["created"] == old["created"]


def test_filters(sensei: Sensei) -> None:
    instance = sensei.instance(description="x=y==z")
    experiment = sensei.experiment(instance)
    train = sensei.run(experiment, mode="Train")
    features = sensei.run(experiment, mode="FP")
    service = sensei.post(
        "/mlServices", {"name": sensei.name, "mlInstanceId": instance["id"], "scoringTimeframe": -5}
    )

    runs = f"/experiments/{experiment['id']}/runs"
    listing = sensei.get(runs, property=f"mode==train,experimentId=={experiment['id']}")
    assert ids(listing) == [train["id"]]
    assert listing["_page"]["property"] == f"mode==train,experimentId=={experiment['id']},deleted==false"
    assert ids(sensei.get(runs, property="mode==fp")) == [features["id"]]
    assert ids(sensei.get(runs, property="MODE==Fp")) == [features["id"]]
    assert ids(sensei.get(runs, property=f"created=={train['created']},mode==train")) == [train["id"]]
    assert ids(sensei.get("/mlInstances", property=f"description==x=y==z,name=={sensei.name}")) == [
        instance["id"]
    ]
    assert ids(sensei.get("/mlServices", property=f"name=={sensei.name},scoringTimeframe==-5")) == [
        service["id"]
    ]
    mine = f"mlInstanceId=={instance['id']}"
    assert ids(sensei.get("/experiments", property=f"{mine},createdByService==true")) == [
        service["trainingExperimentId"]
    ]
    assert ids(sensei.get("/experiments", property=f"{mine},createdByService==false")) == [experiment["id"]]
    assert ids(sensei.get("/experiments", property=f"id=={experiment['id']}")) == [experiment["id"]]
    assert ids(sensei.get("/experiments", property="id==nothing")) == []
    both = sensei.http.get("/mlInstances", params={"property": [f"name=={sensei.name}", "description==none"]})
    assert ids(both.json()) == []
    asked = sensei.get("/models/", property=f"experimentRunID=={train['id']},deleted==false")
    assert asked["_page"]["property"] == f"experimentRunID=={train['id']},deleted==false"


def test_a_models_listing_finds_by_every_field(sensei: Sensei) -> None:
    model = sensei.model()
    for name in ("id", "name", "experimentId", "experimentRunId", "modelArtifactUri", "created"):
        found = sensei.get(
            "/models", property=f"{name}=={model[name]},experimentRunId=={model['experimentRunId']}"
        )
        assert ids(found) == [model["id"]], name


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "101"},
        {"limit": "-1"},
        {"limit": "x"},
        {"limit": ""},
        {"limit": "1.0"},
        {"limit": "\u0663"},
        {"limit": "9" * 30},
        {"start": "-1"},
        {"start": "x"},
        {"start": "9" * 30},
        {"orderby": "nothing"},
        {"orderby": "-tasks"},
        {"orderby": "name; DROP TABLE runs"},
        {"orderby": "_status"},
        {"property": "name"},
        {"property": "name=x"},
        {"property": "name>=x"},
        {"property": "==x"},
        {"property": "tags==x"},
        {"property": "_stage==None"},
        {"property": "deleted==perhaps"},
        {"property": "created==yesterday"},
        {"property": "name==a\x00b"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", LISTINGS)
def test_what_cannot_be_asked_is_refused(sensei: Sensei, path: str, query: dict[str, str]) -> None:
    assert_surface_error(sensei.http.get(path, params=query), 400)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40), path=st.sampled_from(LISTINGS))
def test_any_value_can_be_asked_for(sensei_http: object, text: str, path: str) -> None:
    """Nothing that a filter compares with reaches the database as anything but a value."""
    import httpx

    assert isinstance(sensei_http, httpx.Client)
    name = "events.name" if path == "/insights" else "name"
    expression = f"{name}=={text}"

    reply = sensei_http.get(path, params={"property": expression})

    if reply.status_code != 200:
        assert_surface_error(reply, 400)  # a comma begins another comparison, a NUL none


def test_pages_together_are_the_whole(sensei: Sensei) -> None:
    engine = sensei.engine()
    for _ in range(7):
        sensei.instance(engine)
    of_engine = f"engineId=={engine['id']}"
    whole = ids(sensei.get("/mlInstances", property=of_engine))
    for limit in range(1, 8):
        starts = range(0, 7 + limit, limit)
        pages = [ids(sensei.get("/mlInstances", property=of_engine, limit=limit, start=at)) for at in starts]
        assert [one for page in pages for one in page] == whole
        assert all(len(a) >= len(b) for a, b in pairwise(pages))
