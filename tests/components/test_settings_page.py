import pytest
from tests.components import aws_page
from tests.components.settings_page import PAGE, page, settings

from trackstack.components.settings.aws import AwsSettings


def test_the_page_has_every_setting_and_preset() -> None:
    """`scripts/docs` writes it."""
    assert PAGE.read_text() == page()


def test_every_setting_of_aws_has_an_example() -> None:
    assert [key.strip("`") for key, _, _ in settings(AwsSettings)] == list(aws_page.EXAMPLES)


@pytest.mark.slow
def test_the_page_of_aws_says_what_every_setting_sets() -> None:
    """`scripts/docs` writes it."""
    assert aws_page.PAGE.read_text() == aws_page.page()
    assert all(sets for *_, sets in aws_page.rows())
