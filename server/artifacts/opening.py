"""Opens the artifact store that `--artifact-root` names: a folder, or a bucket by its URI."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from trackstack.server.artifacts.credentials import AwsCredentials
from trackstack.server.artifacts.errors import StoreConfigError
from trackstack.server.artifacts.folder import FolderStore
from trackstack.server.artifacts.location import Locations
from trackstack.server.artifacts.multipart import MultipartUploads
from trackstack.server.artifacts.service import Artifacts
from trackstack.server.artifacts.signing import Signer

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET_SCHEMES = ("s3", "gs", "az", "abfs", "abfss")
_RETRIES = {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}  # clients wait, and retry themselves
_ENDPOINTS = ("MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def open_artifacts(root: str, *, direct: bool = True) -> Artifacts:
    """The artifacts below `root`: a path or file:// URI of a folder, made if need be, or s3://, gs://, az://.

    A folder by its path is reached through the server only. By its URI it is also what clients are told, so
    that they read and write it on their own, as with MLflow's --default-artifact-root: for one machine.
    A bucket's credentials come from its cloud's usual environment. S3-compatible stores are named by
    AWS_ENDPOINT_URL (or MLFLOW_S3_ENDPOINT_URL), or in the URI: s3://bucket/prefix?endpoint=http://host:9000.
    Without `direct` no client is given a link to a bucket: every byte passes through the server.
    Raises StoreConfigError.
    """
    url = urlsplit(root)
    if url.scheme == "file":
        return Artifacts(FolderStore(_folder(root)), Locations(own=root.rstrip("/"), direct=True))
    if "://" not in root:
        return Artifacts(FolderStore(Path(root).absolute()), Locations())
    if url.scheme not in BUCKET_SCHEMES:
        raise StoreConfigError(
            f"The artifact root {root} is of no known kind; use a folder, file:///…, s3://…, gs://… or az://…."
        )
    return _open_bucket(root, direct)


def _folder(root: str) -> Path:
    url = urlsplit(root)
    if url.netloc not in ("", "localhost") or not url.path.startswith("/") or url.query or url.fragment:
        raise StoreConfigError(f"The artifact root {root} must be file:///<absolute path>.")
    return Path(unquote(url.path))


def _open_bucket(root: str, direct: bool) -> Artifacts:
    url = urlsplit(root)
    base = f"{url.scheme}://{url.netloc}{url.path}".rstrip("/")
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store, from_url

        from trackstack.server.artifacts.bucket import BucketStore
    except ModuleNotFoundError:
        raise StoreConfigError(
            f"The artifact root {base} needs the extra 's3': pip install 'trackstack[s3]'."
        ) from None
    try:
        remote: Any = from_url(base, **_options(root))
    except (BaseError, ValueError) as error:
        raise StoreConfigError(f"The artifact root {base} cannot be used: {error}") from error
    store = BucketStore(remote)
    if not direct:
        return Artifacts(store, Locations(base))
    uploads = _uploads(remote) if isinstance(remote, S3Store) else None
    return Artifacts(store, Locations(base), uploads=uploads, links=store)


def _options(root: str) -> dict[str, Any]:
    """obstore's options: those in the URI's query, and for S3 the endpoint and a region to sign for."""
    url = urlsplit(root)
    options: dict[str, Any] = dict(parse_qsl(url.query))
    if url.scheme == "s3":
        endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
        if endpoint:
            options.setdefault("endpoint", endpoint)
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        options.setdefault("region", region)
        if not (os.environ.get("AWS_ACCESS_KEY_ID") or options.get("skip_signature")):
            options["credential_provider"] = AwsCredentials(options["region"])
    http = str(options.get("endpoint", "")).startswith("http://")
    options["client_options"] = {"allow_http": http, "connect_timeout": timedelta(seconds=5)}
    options["retry_config"] = _RETRIES
    return options


def _uploads(remote: "S3Store") -> MultipartUploads:
    """Multipart uploads by clients, signed with what the process has when they begin."""
    config = remote.config
    region = str(config.get("region", "us-east-1"))
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    endpoint = str(config.get("endpoint") or f"https://s3.{region}.{suffix}").rstrip("/")
    credentials = AwsCredentials(region)

    def signer() -> Signer:
        return Signer(endpoint, str(config["bucket"]), region, *credentials.current())

    return MultipartUploads(signer, remote.prefix or "")
