"""Pulumi.<stack>.yaml: values, secrets, edits that keep what people wrote."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.files.states import PHRASE

from trackstack.engine.errors import ConfigError, EngineError, PassphraseError, UnsupportedError
from trackstack.engine.secrets import Passphrase
from trackstack.engine.settings import StackSettings

TEXT = """\
# Our demo.
config:
  # What people call it
  shop:name: demo   # short
  shop:retention: '30d'

  shop:labels: {team: a, "tier": gold}  # by finance
  shop:port: 8080
  aws:region: eu-west-1
# the end
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Pulumi.demo.yaml"


@pytest.fixture
def written(path: Path) -> StackSettings:
    path.write_text(TEXT)
    return StackSettings.load(path)


def test_values_reach_the_program_as_the_cli_gives_them(path: Path) -> None:
    path.write_text(
        "config:\n  a:s: demo\n  a:i: 8080\n  a:b: true\n  a:n: null\n  a:f: 1.5\n  a:e: 1e3\n  a:o: 010\n"
        "  a:y: yes\n  a:t: 12:30\n  a:d: 2026-01-02\n  a:m: {b: 1, a: [x, 2.0]}\n  a:config:old: z\n"
    )

    assert StackSettings.load(path).plain() == {
        "a:s": "demo",
        "a:i": "8080",
        "a:b": "true",
        "a:n": "null",
        "a:f": "1.5",
        "a:e": "1000",
        "a:o": "8",
        "a:y": "yes",
        "a:t": "12:30",
        "a:d": "2026-01-02 00:00:00 +0000 UTC",
        "a:m": '{"a":["x",2],"b":1}',
        "a:old": "z",
    }


def test_an_edit_keeps_comments_order_and_quotes(written: StackSettings, path: Path) -> None:
    written.set("shop:retention", "7d")
    written.set("shop:new", {"deep": [1, "yes"]})
    written.remove("shop:port")
    written.save()

    expected = TEXT.replace("'30d'", "7d").replace("  shop:port: 8080\n", "")
    added = "  shop:new:\n    deep:\n    - 1\n    - 'yes'\n"
    assert path.read_text() == expected.replace("# the end", f"{added}# the end")


def test_what_did_not_change_is_not_written(written: StackSettings, path: Path) -> None:
    before = path.stat().st_mtime_ns
    written.set("shop:name", "demo")
    written.save()

    assert path.stat().st_mtime_ns == before


def test_an_edit_leaves_what_others_wrote_meanwhile(written: StackSettings, path: Path) -> None:
    path.write_text(TEXT.replace("8080", "9090"))
    written.set("shop:name", "other")
    written.save()

    assert path.read_text() == TEXT.replace("8080", "9090").replace("name: demo", "name: other")


def test_secrets_are_ciphertexts_under_the_salt(path: Path, passphrase: Passphrase) -> None:
    settings_ = StackSettings.load(path)
    settings_.set_secret("shop:key", "hush", passphrase)
    settings_.set("shop:nested", {"keys": [{"secure": passphrase.encrypt("deep")}], "open": 1})
    settings_.save()

    again = StackSettings.load(path)
    assert "hush" not in path.read_text()
    assert again.encryption_salt == passphrase.state
    assert again.secret_keys == {"shop:key", "shop:nested"}
    opened = again.plain(Passphrase(PHRASE))
    assert opened == {"shop:key": "hush", "shop:nested": '{"keys":["deep"],"open":1}'}
    assert again.plain()["shop:key"] == "[secret]"
    with pytest.raises(PassphraseError):
        again.plain(Passphrase("wrong"))
    with pytest.raises(PassphraseError):
        again.set_secret("shop:other", "x", Passphrase("wrong"))


def test_a_damaged_secret_names_its_key(path: Path, passphrase: Passphrase) -> None:
    path.write_text("config:\n  shop:key:\n    secure: v1:AAAA:AAAA\n")

    with pytest.raises(ConfigError, match="shop:key: a secret's ciphertext is damaged"):
        StackSettings.load(path).plain(passphrase)


def test_a_missing_file_is_empty_and_made_on_save(path: Path) -> None:
    empty = StackSettings.load(path)
    assert (empty.config, empty.encryption_salt) == ({}, None)
    empty.save()
    assert not path.exists()

    empty.set("shop:name", "demo")
    empty.save()
    assert path.read_text() == "config:\n  shop:name: demo\n"
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("config:\n  a:b: [1\n  c: d\n", ":3: "),
        ("config:\n  a:b: 1\n  a:b: 2\n", ":3: the key 'a:b' is there twice"),
        ("- x\n", ":1: not a mapping"),
        ("a: b\nconfig: 3\n", ":2: `config` is not a mapping"),
        ("config:\n  a:b: 1\n  foo: 1\n", ":3: 'foo' is no configuration key"),
        ("config:\n  a:b:c: 1\n", ":2: 'a:b:c' is no configuration key"),
        ("encryptionsalt: [1]\n", ":1: `encryptionsalt` is not a text"),
        ("config:\n\ta: b\n", ":2: "),
        ("a: *x\n", ":1: found undefined alias"),
        ("\x00", ": not YAML"),
        ("a: " + "[" * 5000, ":"),
    ],
)
def test_a_malformed_file_is_one_line_with_its_place(text: str, problem: str, path: Path) -> None:
    path.write_text(text)

    with pytest.raises(ConfigError) as failure:
        StackSettings.load(path)

    assert str(failure.value).startswith(f"{path}{problem}")
    assert "\n" not in str(failure.value)
    assert path.read_text() == text


def test_what_is_not_utf8_names_its_line(path: Path) -> None:
    path.write_bytes(b"a: b\nc: \xff\n")

    with pytest.raises(ConfigError, match=r":2: not UTF-8"):
        StackSettings.load(path)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("environment: [prod]\n", "Pulumi ESC"),
        ("secretsprovider: awskms://alias/x?region=eu\n", r"awskms://alias/x is"),
        ("encryptedkey: AAAA\n", "secrets provider cloud"),
    ],
)
def test_what_only_the_cli_can_is_refused_by_name(text: str, named: str, path: Path) -> None:
    path.write_text(text)

    with pytest.raises(UnsupportedError, match=f"{named}.*install the Pulumi CLI"):
        StackSettings.load(path)


@pytest.mark.parametrize(
    "text",
    [
        "config:\n",
        "config: {}\n",
        "# nothing yet\n",
        "config: {a:old: 1}\n",
        "config:\n  a:old: 1",
        "config:\r\n  a:old: 1\r\n",
        "config:\n    a:old: |\n      many\n      lines\n\n# end\n",
        "config:\n  a:old: >-\n    folded\n  # last\n",
        "config:\n  a:old:\n  - 1\n  - b: 2 # two\n",
        "---\nconfig:\n  a:old: &x 1\n",
        "other:\n  - keep\nconfig:\n  a:old: 'it''s' # quoted\nmore: 1\n",
    ],
)
def test_every_form_of_a_file_can_be_edited(text: str, path: Path) -> None:
    path.write_bytes(text.encode())
    before = StackSettings.load(path)
    before.set("a:new", "v")
    before.save()
    grown = StackSettings.load(path)
    assert grown.config == before.config
    grown.set("a:old", ["changed"])
    grown.set("a:new", "yes: no # really\n")
    grown.save()
    assert StackSettings.load(path).config == {"a:old": ["changed"], "a:new": "yes: no # really\n"}
    grown.remove("a:old")
    grown.remove("a:new")
    grown.save()

    assert StackSettings.load(path).config == {}
    kept = [line for line in text.splitlines() if line.startswith(("#", "other", "  - keep", "more", "---"))]
    assert [line for line in path.read_text().splitlines() if line in kept] == kept


def test_a_key_that_an_alias_needs_is_not_broken(path: Path) -> None:
    text = "config:\n  a:one: &x 1\n  a:two: *x\n"
    path.write_text(text)
    edited = StackSettings.load(path)
    edited.set("a:one", 2)

    with pytest.raises(ConfigError):
        edited.save()
    assert path.read_text() == text


_leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"))
_names = st.text("abyesno0123:#", max_size=5)
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=5,
)
_keys = st.sampled_from(["shop:name", "shop:retention", "shop:labels", "shop:port", "aws:region", "a:b"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(edits=st.lists(st.tuples(_keys, _values | st.just(...)), max_size=6))
def test_any_edits_say_what_was_meant(edits: list[tuple[str, Any]], path: Path) -> None:
    path.write_text(TEXT)
    edited = StackSettings.load(path)
    for key, value in edits:
        if value is ...:
            edited.remove(key)
        else:
            edited.set(key, value)
    edited.save()

    assert StackSettings.load(path).config == edited.config
    assert {line for line in TEXT.splitlines() if line.startswith("#")} <= set(path.read_text().splitlines())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(place=st.integers(0, len(TEXT) - 1), bit=st.integers(0, 7))
def test_a_flipped_byte_never_ends_in_a_traceback(place: int, bit: int, path: Path) -> None:
    data = TEXT.encode()
    path.write_bytes(data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :])

    try:
        flipped = StackSettings.load(path)
        flipped.set("shop:name", "x")
        flipped.save()
    except EngineError as error:
        assert "\n" not in str(error)
