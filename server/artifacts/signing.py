"""AWS Signature Version 4 in the query string: a link to one S3 operation, good for a while.

Written out here because obstore signs whole objects only, not the parts of a multipart upload
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode


@dataclass(frozen=True)
class Signer:
    """Signs for one bucket, with path-style addresses below `endpoint` (no slash at its end)."""

    endpoint: str
    bucket: str
    region: str
    key_id: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    def link(
        self, method: str, key: str, query: Mapping[str, str], *, now: datetime, valid: timedelta
    ) -> str:
        """The URL that performs `method` on the object `key` until `valid` after `now`, an aware time."""
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        signed = {
            **query,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key_id}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(int(valid.total_seconds())),
            "X-Amz-SignedHeaders": "host",
            **({"X-Amz-Security-Token": self.session_token} if self.session_token else {}),
        }
        canonical = urlencode(sorted(signed.items()), quote_via=quote, safe="")
        path = quote(f"/{self.bucket}/{key}", safe="/~")
        host = self.endpoint.partition("://")[2]
        request = "\n".join([method, path, canonical, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"])
        digest = hashlib.sha256(request.encode()).hexdigest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])
        signature = hmac.new(self._key(scope), to_sign.encode(), "sha256").hexdigest()
        return f"{self.endpoint}{path}?{canonical}&X-Amz-Signature={signature}"

    def _key(self, scope: str) -> bytes:
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return key
