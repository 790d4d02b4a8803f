"""The AWS credentials of this process: a key's in the environment, or a role's, which last for some hours."""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from trackstack.server.artifacts.errors import StoreUnavailableError

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from obstore.store import S3Credential

_GOOD_FOR = timedelta(minutes=10)
"""As long as what is found is good for at least; botocore renews it before."""


class AwsCredentials:
    """As Amazon's own tools find them: environment, profile, IRSA, EKS Pod Identity, instance.

    Called, they are what obstore asks for. Everything may wait for AWS, and raises StoreUnavailableError.
    """

    def __init__(self, region: str) -> None:
        """`region` is asked for a role's credentials."""
        self._region = region

    def current(self) -> tuple[str, str, str]:
        """Key id, secret key and session token, which may be empty."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._found is None:
                raise StoreUnavailableError
            keys = self._found.get_frozen_credentials()
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailableError from error
        return keys.access_key or "", keys.secret_key or "", keys.token or ""

    def __call__(self) -> "S3Credential":
        key, secret, token = self.current()
        return {
            "access_key_id": key,
            "secret_access_key": secret,
            "token": token or None,
            "expires_at": datetime.now(UTC) + _GOOD_FOR,
        }

    @cached_property
    def _found(self) -> "Credentials | None":
        from botocore.session import get_session

        session = get_session()
        # Of pods' AWS_REGION it knows nothing.
        session.set_config_variable("region", self._region)
        return session.get_credentials()
