"""Files through the proxy: what is sent comes back, in the headers of a download and never of a page."""

import random
import socket
import time
from urllib.parse import quote

import pytest
from tests.server.artifacts.catalogue import LEGAL_PATHS
from tests.server.artifacts.http import API, PROXY, Served

CONTENT = random.Random(3).randbytes(3_000_000)  # noqa: S311 - any bytes will do


def _address(path: str) -> str:
    return f"{PROXY}/artifacts/{quote(path)}"


def _head(path: str, header: str) -> bytes:
    return f"PUT {PROXY}/artifacts/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{header}\r\n\r\n".encode()


@pytest.mark.parametrize("path", LEGAL_PATHS, ids=ascii)
def test_a_legal_name_makes_the_round_trip(served: Served, path: str) -> None:
    run = served.run()
    full = f"0/{run}/artifacts/{path}"
    assert served.ask("PUT", _address(full), path.encode()).status == 200

    reply = served.ask("GET", _address(full))
    assert (reply.status, reply.body) == (200, path.encode())
    shown = served.ask("GET", f"/get-artifact?run_uuid={run}&path={quote(path, safe='')}")
    assert shown.body == path.encode()

    folder = path.rpartition("/")[0]
    listed = served.ask("GET", f"{API}/artifacts/list?run_id={run}&path={quote(folder, safe='')}").json()
    assert listed == {
        "root_uri": f"mlflow-artifacts:/0/{run}/artifacts",
        "files": [{"path": path, "is_dir": False, "file_size": len(path.encode())}],
    }
    assert served.ask("DELETE", _address(full)).json() == {}
    assert served.ask("GET", _address(full)).status == 404


@pytest.mark.parametrize(
    "name", ["page.html", "image.svg", "page.xhtml", "doc.pdf", "code.js", 'q"uote.html', "ü.html"]
)
def test_no_browser_is_made_to_show_or_run_a_file(served: Served, name: str) -> None:
    run = served.run()
    served.ask("PUT", _address(f"0/{run}/artifacts/{name}"), b"<script>alert(1)</script>")
    for target in (_address(f"0/{run}/artifacts/{name}"), f"/get-artifact?run_uuid={run}&path={quote(name)}"):
        headers = served.ask("GET", target).headers
        assert headers["content-disposition"].startswith("attachment; filename=")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    if not name.isascii():
        assert f"filename*=UTF-8''{quote(name)}" in headers["content-disposition"]


def test_a_copy_that_is_still_good_is_not_sent_again(served: Served) -> None:
    served.ask("PUT", _address("cond/f.txt"), b"one")
    first = served.ask("GET", _address("cond/f.txt"))
    for headers in (
        {"if-none-match": first.headers["etag"]},
        {"if-modified-since": first.headers["last-modified"]},
    ):
        reply = served.ask("GET", _address("cond/f.txt"), headers=headers)
        assert (reply.status, reply.body) == (304, b"")
        assert reply.headers["etag"] == first.headers["etag"]
    served.ask("PUT", _address("cond/f.txt"), b"another")
    again = served.ask("GET", _address("cond/f.txt"), headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (200, b"another")


def test_a_part_of_a_file_is_sent_alone(served: Served) -> None:
    served.ask("PUT", _address("range/f.bin"), CONTENT)
    for header, part in {
        "bytes=10-19": CONTENT[10:20],
        "bytes=-5": CONTENT[-5:],
        "bytes=2500000-": CONTENT[2_500_000:],
    }.items():
        reply = served.ask("GET", _address("range/f.bin"), headers={"range": header})
        assert (reply.status, reply.body) == (206, part)
    assert reply.headers["content-range"] == "bytes 2500000-2999999/3000000"


@pytest.mark.parametrize("header", ["bytes=3000000-", "bytes=5-2", "bytes=-0", "bytes=" + "0-," * 5_000])
def test_a_part_outside_the_file_is_refused(served: Served, header: str) -> None:
    served.ask("PUT", _address("range/f.bin"), CONTENT)
    reply = served.ask("GET", _address("range/f.bin"), headers={"range": header})
    assert (reply.status, reply.headers["content-range"]) == (416, "bytes */3000000")


def test_head_tells_what_get_would(served: Served) -> None:
    served.ask("PUT", _address("head/f.bin"), CONTENT)
    head, get = (served.ask(method, _address("head/f.bin")) for method in ("HEAD", "GET"))
    assert head.body == b""
    assert {name: head.headers[name] for name in ("content-length", "etag", "content-type")} == {
        "content-length": "3000000",
        "etag": get.headers["etag"],
        "content-type": "application/octet-stream",
    }


def test_a_listing_tells_files_from_folders(served: Served) -> None:
    for path in ("list/b.txt", "list/a/x"):
        served.ask("PUT", _address(path), b"12")
    assert served.ask("GET", f"{PROXY}/artifacts?path=list").json() == {
        "files": [{"path": "a", "is_dir": True}, {"path": "b.txt", "is_dir": False, "file_size": 2}]
    }
    assert served.ask("GET", f"{PROXY}/artifacts?path=list/b.txt").json() == {}
    assert served.ask("GET", f"{PROXY}/artifacts?path=nothing").json() == {}


def test_what_is_missing_is_said_to_be(served: Served) -> None:
    run = served.run()
    reply = served.ask("GET", _address(f"0/{run}/artifacts/zz.txt"))
    assert reply.status == 404
    assert reply.json() == {
        "error_code": "RESOURCE_DOES_NOT_EXIST",
        "message": f"No such artifact: '0/{run}/artifacts/zz.txt'",
        "sqlstate": "KAM00",
        "error_class": "RESOURCE_NOT_FOUND",
    }
    assert served.ask("GET", f"/get-artifact?run_uuid={run}&path=zz.txt").status == 404
    unknown = served.ask("GET", f"{API}/artifacts/list?run_id={'0' * 32}")
    assert (unknown.status, unknown.json()["message"]) == (404, f"Run with id={'0' * 32} not found")
    assert (
        served.ask("GET", f"{API}/artifacts/list").json()["message"].startswith("Missing value for required")
    )
    assert served.ask("DELETE", _address("nothing/here")).json() == {}


def test_a_folder_is_no_file(served: Served) -> None:
    served.ask("PUT", _address("folder/f"), b"x")
    reply = served.ask("GET", _address("folder"))
    assert reply.status == 400
    assert reply.json()["message"] == "Artifact path refers to a directory, not a file: 'folder'"


def test_the_web_uis_upload_takes_ten_megabytes(served: Served) -> None:
    run = served.run()
    target = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=d/notes.txt"
    assert served.ask("POST", target, b"notes").json() == {}
    assert served.ask("GET", _address(f"0/{run}/artifacts/d/notes.txt")).body == b"notes"

    too_large = served.ask("POST", target, b"x" * (10 * 1024 * 1024 + 1))
    assert (too_large.status, too_large.json()["message"]) == (
        400,
        "Artifact size is too large. Max size is 10MB.",
    )
    assert served.ask("POST", target, b"").json()["message"] == "Request must specify data."
    assert served.ask("GET", _address(f"0/{run}/artifacts/d/notes.txt")).body == b"notes"


def test_a_client_that_goes_away_leaves_nothing(served: Served) -> None:
    for sent in (1000, 5_000_000, 20_000_000):
        with socket.create_connection(("127.0.0.1", served.port)) as client:
            client.sendall(_head("gone/f.bin", "content-length: 30000000") + b"x" * sent)
    incoming = served.data / "artifacts" / ".trackstack" / "incoming"
    deadline = time.monotonic() + 5
    while incoming.exists() and list(incoming.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not incoming.exists() or list(incoming.iterdir()) == []
    assert served.ask("GET", f"{PROXY}/artifacts?path=gone").json() == {}


def test_an_upload_without_a_length_is_taken_whole(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.sendall(_head("chunked/f", "transfer-encoding: chunked"))
        client.sendall(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert served.ask("GET", _address("chunked/f")).body == b"hello world"
