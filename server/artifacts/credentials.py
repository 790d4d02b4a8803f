"""The AWS credentials of this process: a key's in the environment, or a role's, which last for some hours."""

from functools import cached_property
from typing import TYPE_CHECKING

from trackstack.server.artifacts.errors import StoreUnavailableError

if TYPE_CHECKING:
    from botocore.credentials import Credentials


class AwsCredentials:
    """As Amazon's own tools find them: environment, profile, IRSA, EKS Pod Identity, instance."""

    def __init__(self, region: str) -> None:
        """`region` is asked for a role's credentials."""
        self._region = region

    def current(self) -> tuple[str, str, str]:
        """Key id, secret key and session token, which may be empty; good for ten minutes at least.

        May wait for AWS. Raises StoreUnavailableError.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._found is None:
                raise StoreUnavailableError
            keys = self._found.get_frozen_credentials()
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailableError from error
        return keys.access_key or "", keys.secret_key or "", keys.token or ""

    @cached_property
    def _found(self) -> "Credentials | None":
        from botocore.session import get_session

        session = get_session()
        # Of pods' AWS_REGION it knows nothing.
        session.set_config_variable("region", self._region)
        return session.get_credentials()
