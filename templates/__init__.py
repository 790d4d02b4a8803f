"""Files that are written for others to run, as Jinja2 templates: a folder a purpose."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(name: str, /, **values: Any) -> str:
    """The template `folder/file`, filled in. Values go into YAML through its `tojson` filter.

    What it does not know is an error. The marks are `[[ ]]` and `[% %]`: workflows have `{{ }}` themselves.
    """
    return _environment().get_template(f"{name}.j2").render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("trackstack.templates", "."),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - no HTML is made here
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
