"""From nothing to a tracked training: two commands and MLflow's own client."""

from pathlib import Path

from tests.e2e.machine import Machine

TRAINING = Path(__file__).with_name("training.py")


def test_a_training_is_tracked_and_reads_back_the_same(machine: Machine) -> None:
    done = machine.shell(f'trackstack create demo\neval "$(trackstack env demo)"\npython {TRAINING}')

    assert done.stdout.splitlines()[-1] == "read back the same"
