"""Prompts with MLflow's own client."""

from typing import TYPE_CHECKING

import mlflow
import pytest

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def test_a_prompt_and_its_versions_live_beside_models(tracking: "MlflowClient", name: str) -> None:
    first = mlflow.genai.register_prompt(name, "Say {{word}}.", commit_message="one", tags={"a": "b"})
    second = mlflow.genai.register_prompt(name, "Shout {{word}}!")
    assert (first.version, second.version) == (1, 2)

    mlflow.genai.set_prompt_alias(name, "production", 1)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@production").format(word="hi") == "Say hi."
    assert mlflow.genai.load_prompt(name).template == "Shout {{word}}!"
    assert mlflow.genai.load_prompt(f"prompts:/{name}/1").tags == {"a": "b"}

    found = mlflow.genai.search_prompts(f"name = '{name}'")
    assert [prompt.name for prompt in found] == [name]
    assert not tracking.search_registered_models(f"name = '{name}'")
    assert not tracking.search_model_versions(f"name = '{name}'")
    asked = f"name = '{name}' AND tags.`mlflow.prompt.is_prompt` = 'true'"
    assert len(tracking.search_model_versions(asked)) == 2
    models = f"name = '{name}' AND tags.`mlflow.prompt.is_prompt` != 'true'"
    assert not tracking.search_registered_models(models)

    mlflow.genai.delete_prompt_alias(name, "production")
    assert mlflow.genai.load_prompt(f"prompts:/{name}@production", allow_missing=True) is None


def test_a_prompt_has_no_files_and_is_no_source_of_models(tracking: "MlflowClient", name: str) -> None:
    mlflow.genai.register_prompt(name, "x")
    tracking.create_registered_model(f"{name}-model")

    with pytest.raises(
        mlflow.MlflowException, match="Prompt versions cannot be used as model version sources"
    ):
        tracking.create_model_version(f"{name}-model", f"models:/{name}/1")
