import re

from hypothesis import given
from hypothesis import strategies as st

from trackstack.components.kubernetes.names import LONGEST, dns_name, labels

NAMES = st.from_regex(re.compile(r"[0-9A-Za-z \t_-]{0,63}[0-9A-Za-z]", re.ASCII), fullmatch=True)
PARTS = st.sampled_from(["", "server", "postgres", "artifacts", "digest", "migrate-1a2b3c4d"])
LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


@given(NAMES, PARTS)
def test_a_name_is_one_for_a_service_and_stays_the_same(instance: str, part: str) -> None:
    name = dns_name(instance, part)

    assert LABEL.fullmatch(name)
    assert len(name) <= LONGEST
    assert name.endswith(part)
    assert dns_name(instance, part) == name


@given(st.lists(NAMES, min_size=2, max_size=40, unique=True), PARTS)
def test_another_instance_has_other_names(instances: list[str], part: str) -> None:
    assert len({dns_name(instance, part) for instance in instances}) == len(instances)


@given(NAMES)
def test_nobody_can_be_called_as_anothers_objects_are(instance: str) -> None:
    derived = dns_name(instance)

    if derived != instance:
        assert dns_name(derived) != derived


@given(NAMES)
def test_labels_fit(instance: str) -> None:
    for value in labels(instance, "server", {}).values():
        assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value)
