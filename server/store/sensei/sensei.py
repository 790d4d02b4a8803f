"""Everything of Sensei's that is remembered, one attribute a noun."""

from trackstack.server.store.database import Database
from trackstack.server.store.sensei.experiments import SenseiExperiments
from trackstack.server.store.sensei.models import SenseiModels
from trackstack.server.store.sensei.resources import Resources
from trackstack.server.store.sensei.runs import SenseiRuns
from trackstack.server.store.sensei.schedules import SenseiSchedules


class Sensei:
    """`resources` reads every kind; the others write what MLflow has, too."""

    def __init__(self, database: Database) -> None:
        self.resources = Resources(database)
        self.experiments = SenseiExperiments(database)
        self.runs = SenseiRuns(database)
        self.models = SenseiModels(database)
        self.schedules = SenseiSchedules(database)
