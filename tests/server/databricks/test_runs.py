"""Many runs deleted by their age and restored by the time of their deletion; the same for every API."""

import httpx
import pytest
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service import ml
from mlflow import MlflowClient


@pytest.fixture
def runs(experiments: ml.ExperimentsAPI, experiment: str) -> list[str]:
    """Five runs that began at 10, 20, … 50, made in another order."""
    made = {}
    for start in (30, 10, 50, 20, 40):
        run = experiments.create_run(experiment_id=experiment, start_time=start).run
        assert run and run.info and run.info.run_id
        made[start] = run.info.run_id
    return [made[start] for start in sorted(made)]


def active(experiments: ml.ExperimentsAPI, experiment: str) -> set[str]:
    found = experiments.search_runs(experiment_ids=[experiment], run_view_type=ml.ViewType.ACTIVE_ONLY)
    return {str(run.info.run_id) for run in found if run.info}


def test_runs_that_began_until_then_are_deleted(
    experiments: ml.ExperimentsAPI, experiment: str, runs: list[str]
) -> None:
    assert experiments.delete_runs(experiment, 9).runs_deleted == 0
    assert experiments.delete_runs(experiment, 30).runs_deleted == 3
    assert experiments.delete_runs(experiment, 30).runs_deleted == 0

    assert active(experiments, experiment) == set(runs[3:])
    gone = experiments.get_run(runs[0]).run
    assert gone and gone.info and gone.info.lifecycle_stage == "deleted"


def test_the_oldest_go_first_where_not_all_may(
    experiments: ml.ExperimentsAPI, experiment: str, runs: list[str]
) -> None:
    assert experiments.delete_runs(experiment, 50, max_runs=2).runs_deleted == 2
    assert active(experiments, experiment) == set(runs[2:])
    assert experiments.delete_runs(experiment, 50, max_runs=2).runs_deleted == 2
    assert active(experiments, experiment) == set(runs[4:])


def test_runs_that_were_deleted_since_then_are_restored(
    experiments: ml.ExperimentsAPI, experiment: str, runs: list[str]
) -> None:
    """When they began does not count, nor how they were deleted."""
    experiments.delete_run(runs[0])
    experiments.delete_runs(experiment, 20)

    assert experiments.restore_runs(experiment, 2**53).runs_restored == 0
    assert experiments.restore_runs(experiment, 1_700_000_000_000, max_runs=1).runs_restored == 1
    assert active(experiments, experiment) == {runs[0], *runs[2:]}
    assert experiments.restore_runs(experiment, 1_700_000_000_000).runs_restored == 1
    assert active(experiments, experiment) == set(runs)


def test_others_runs_stay(
    experiments: ml.ExperimentsAPI, experiment: str, runs: list[str], name: str
) -> None:
    other = str(experiments.create_experiment(f"{name}-other").experiment_id)
    experiments.create_run(experiment_id=other, start_time=1)

    assert experiments.delete_runs(experiment, 50).runs_deleted == len(runs)
    assert len(active(experiments, other)) == 1


def test_a_bulk_deletion_is_seen_by_mlflow_at_once(
    experiments: ml.ExperimentsAPI, experiment: str, runs: list[str], tracking: MlflowClient
) -> None:
    tracking.log_metric(runs[0], "loss", 1.0)
    assert tracking.get_run(runs[0]).info.lifecycle_stage == "active"

    experiments.delete_runs(experiment, 50)

    assert tracking.get_run(runs[0]).info.lifecycle_stage == "deleted"
    assert tracking.search_runs([experiment]) == []
    with pytest.raises(Exception, match="must be in the 'active' state"):
        tracking.log_metric(runs[0], "loss", 2.0)
    experiments.restore_runs(experiment, 0)
    tracking.log_metric(runs[0], "loss", 3.0)
    assert len(tracking.search_runs([experiment])) == 5


def test_an_experiment_that_is_deleted_or_unknown_is_refused(
    experiments: ml.ExperimentsAPI, experiment: str
) -> None:
    experiments.delete_experiment(experiment)
    for change in (experiments.delete_runs, experiments.restore_runs):
        with pytest.raises(BadRequest, match="'active' state"):
            change(experiment, 1)
        with pytest.raises(NotFound):
            change("999999999", 1)


def test_many_runs_go_at_once(client: httpx.Client, experiments: ml.ExperimentsAPI, experiment: str) -> None:
    base = "/api/2.0/mlflow/runs/create"
    for start in range(300):
        client.post(base, json={"experiment_id": experiment, "start_time": start}).raise_for_status()

    assert experiments.delete_runs(experiment, 249).runs_deleted == 250
    assert experiments.restore_runs(experiment, 0, max_runs=100).runs_restored == 100
    assert len(active(experiments, experiment)) == 150
