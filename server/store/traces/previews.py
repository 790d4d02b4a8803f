"""What lists of traces show of a trace's request and response."""

import json
from typing import Any

LENGTH = 1000


def preview(value: Any, role: str) -> str | None:
    """The last message of `role` where the value is a chat, else the value's JSON, cut."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        inner = json.loads(text)
    except ValueError:
        inner = None
    text = (_message(inner, role) or text).replace("\0", "")
    return text if len(text) <= LENGTH else text[: LENGTH - 3] + "..."


def _message(value: Any, role: str) -> str | None:
    if not isinstance(value, dict):
        return None
    messages = value.get("messages")
    choices = value.get("choices")
    if not messages and isinstance(choices, list) and choices and isinstance(choices[0], dict):
        messages = [choices[0].get("message")]
    if not isinstance(messages, list):
        return None
    found = [one for one in messages if isinstance(one, dict) and "role" in one and "content" in one]
    chosen = next((one for one in reversed(found) if one["role"] == role), found[-1] if found else None)
    return _content(chosen["content"]) if chosen else None


def _content(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        for part in reversed(content):
            if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
                text: str = part["text"]
                return text
    return None
