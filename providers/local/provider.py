"""The `trackstack` package of resources."""

from trackstack.providers.local.address import LoopbackAddress
from trackstack.providers.local.database import DatabaseFile
from trackstack.providers.local.folder import Folder
from trackstack.providers.local.retention import RetentionSchedule
from trackstack.providers.local.server import ServerProcess
from trackstack.providers.local.token import AdminToken
from trackstack.providers.secrets import MintedToken, Password
from trackstack.providers.servicer import Servicer


class Local(Servicer):
    """What a server needs on one machine, and the secrets of every target; takes no configuration."""

    def __init__(self) -> None:
        resources = (
            Folder(),
            DatabaseFile(),
            LoopbackAddress(),
            AdminToken(),
            RetentionSchedule(),
            ServerProcess(),
            MintedToken(),
            Password(),
        )
        super().__init__("trackstack", "What a tracking server needs on one machine.", resources)
