from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from trackstack.server.artifacts.signing import Signer

NOW = datetime(2026, 5, 24, 1, 2, 3, tzinfo=UTC)
KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


@pytest.mark.parametrize("session", ["", "a/session+token=="])
@pytest.mark.parametrize("key", ["a.txt", "pre/ü/a b%25~'().txt"])
@pytest.mark.parametrize("endpoint", ["https://s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000"])
def test_links_are_those_of_amazons_own_library(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, key: str, session: str
) -> None:
    signer = Signer(endpoint, "bucket", "eu-west-1", *KEY, session)
    query = {"partNumber": "1", "uploadId": "a/b+c=="}
    link = signer.link("PUT", key, query, now=NOW, valid=timedelta(hours=1))

    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW)
    request = AWSRequest("PUT", f"{endpoint}/bucket/{quote(key, safe='/~')}", params=query)
    auth = S3SigV4QueryAuth(Credentials(*KEY, session or None), "s3", "eu-west-1", expires=3600)
    auth.add_auth(request)

    assert urlsplit(link)[:3] == urlsplit(request.url)[:3]
    assert dict(parse_qsl(urlsplit(link).query)) == dict(parse_qsl(urlsplit(request.url).query))


def test_a_signer_shows_no_secret() -> None:
    shown = repr(Signer("https://s3.amazonaws.com", "bucket", "eu-west-1", *KEY, "session"))
    assert KEY[1] not in shown
    assert "session" not in shown
