from tests.components.settings_page import PAGE, page


def test_the_page_has_every_setting_and_preset() -> None:
    """`scripts/docs` writes it."""
    assert PAGE.read_text() == page()
