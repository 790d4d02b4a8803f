import pytest
from tests.server.artifacts.catalogue import LEGAL_PATHS

from trackstack.server.artifacts.disposition import attachment, mime_type


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.txt", "attachment; filename=a.txt"),
        ("dog+step+20.png", "attachment; filename=dog+step+20.png"),
        ("a b;c.txt", 'attachment; filename="a b;c.txt"'),
        ("ü.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt"),
        ('a"b.html', "attachment; filename=\"a_b.html\"; filename*=UTF-8''a%22b.html"),
        ("50%.csv", "attachment; filename=\"50_.csv\"; filename*=UTF-8''50%25.csv"),
        ("a\r\nx: y", "attachment; filename=\"a__x: y\"; filename*=UTF-8''a%0D%0Ax%3A%20y"),
    ],
)
def test_a_file_is_saved_under_its_own_name(name: str, header: str) -> None:
    assert attachment(name) == header


@pytest.mark.parametrize("path", LEGAL_PATHS, ids=ascii)
def test_every_legal_name_makes_a_header_of_plain_ascii(path: str) -> None:
    header = attachment(path.rpartition("/")[2])
    assert header.isascii() and header.isprintable()


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("a.txt", "text/plain"),
        ("MLmodel", "text/plain"),
        ("mlproject", "text/plain"),
        ("x.ipynb", "text/plain"),
        ("table.json", "text/plain"),
        ("p.png", "image/png"),
        ("p.svg", "image/svg+xml"),
        ("page.html", "text/html"),
        ("d.pdf", "application/pdf"),
        ("model.pkl", "application/octet-stream"),
        ("noextension", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_type_follows_the_name_as_in_mlflow(name: str, type_: str) -> None:
    assert mime_type(name) == type_
