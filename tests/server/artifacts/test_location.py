import pytest
from tests.server.artifacts.catalogue import LEGAL_LOCATIONS, REFUSED_LOCATIONS

from trackstack.server.artifacts.errors import InvalidLocationError
from trackstack.server.artifacts.location import Locations

OURS = Locations(own="s3://our-bucket/prefix")


@pytest.mark.parametrize("text", [*REFUSED_LOCATIONS, "", "runs:/r/m", "models:/n/1"], ids=ascii)
def test_a_location_outside_the_store_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InvalidLocationError) as refusal:
        OURS.parse(text)
    assert refusal.value.status == 400
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize(("text", "kept"), LEGAL_LOCATIONS.items(), ids=ascii)
def test_a_location_in_the_store_is_kept_in_one_spelling(text: str, kept: str) -> None:
    location = OURS.parse(text)
    assert location.uri == kept
    assert OURS.parse(kept) == location


def test_a_bucket_counts_only_where_it_is_this_servers_root() -> None:
    with pytest.raises(InvalidLocationError):
        Locations().parse("s3://our-bucket/prefix/x")


def test_what_lies_in_the_bucket_is_reached_by_clients_themselves() -> None:
    assert OURS.parse("mlflow-artifacts:/1").proxied
    assert not OURS.parse("s3://our-bucket/prefix/1").proxied
    assert str(OURS.parse("s3://our-bucket/prefix/1").path) == "1"


def test_fragments_and_queries_are_refused_in_mlflows_words() -> None:
    with pytest.raises(InvalidLocationError, match="URL can't include fragments or params"):
        OURS.parse("mlflow-artifacts:/x#/../y")
