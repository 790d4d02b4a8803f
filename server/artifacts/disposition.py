"""How a file is named and typed in HTTP headers."""

import mimetypes
import re
from urllib.parse import quote

# Shown as text by the web UI whatever their type is called; MLflow's list (utils/mime_type_utils.py).
_TEXT = re.compile(
    r"(.*\.)?(txt|log|err|cfg|conf|cnf|cf|ini|properties|prop|hocon|toml|yaml|yml|xml|json|js|py|py3|csv|tsv|md|rst"
    r"|ipynb|MLmodel|MLproject|mlproject)",
    re.DOTALL,
)
_TOKEN = re.compile(r"[\w!#$&'*+.^`|~-]+", re.ASCII)  # what needs no quotes (RFC 9110, 5.6.2)
_TYPES = mimetypes.MimeTypes()  # Python's own table, the same on every machine


def mime_type(name: str) -> str:
    """The media type by a file's name; application/octet-stream when the name says nothing."""
    if _TEXT.fullmatch(name):
        return "text/plain"
    return _TYPES.guess_type(name, strict=False)[0] or "application/octet-stream"


def attachment(name: str) -> str:
    """A Content-Disposition that saves the file under `name` (RFC 6266; beyond plain ASCII by RFC 5987)."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in name)
    if plain == name:
        return f"attachment; filename={name}" if _TOKEN.fullmatch(name) else f'attachment; filename="{name}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"
