import time
from uuid import RFC_4122, UUID

from trackstack.server.store import run_ids


def test_an_id_is_a_uuid_of_version_7_in_hex() -> None:
    before = time.time_ns() // 1_000_000
    ids = [run_ids.new() for _ in range(1000)]
    after = time.time_ns() // 1_000_000

    for each in ids:
        uuid = UUID(each)
        assert (uuid.hex, uuid.version, uuid.variant) == (each, 7, RFC_4122)
        assert before <= uuid.int >> 80 <= after
    assert len(set(ids)) == len(ids)


def test_every_bit_that_is_not_fixed_is_random() -> None:
    bits = [UUID(run_ids.new()).int & ((1 << 80) - 1) for _ in range(200)]

    always, never = (1 << 80) - 1, 0
    for each in bits:
        always, never = always & each, never | each
    assert always == (7 << 76) | (2 << 62)
    assert never == (1 << 80) - 1 - (8 << 76) - (1 << 62)
