"""What a reviewer fills in: the kinds of input of label schemas, and what they may be like."""

import math

import msgspec

from trackstack.server.bodies import Int64, Message
from trackstack.server.errors import invalid

LABEL_LENGTH = 64
MOST_OPTIONS = 10


class PassFail(Message):
    positive_label: str = ""
    negative_label: str = ""

    def check(self) -> None:
        for name in ("positive_label", "negative_label"):
            text = getattr(self, name)
            if not text:
                raise invalid(f"`InputPassFail.{name}` must be a non-empty string; got ''.")
            if len(text) > LABEL_LENGTH:
                raise invalid(
                    f"`InputPassFail.{name}` must be at most {LABEL_LENGTH} characters; got {len(text)}."
                )
        if self.positive_label == self.negative_label:
            raise invalid(
                "`InputPassFail.positive_label` and `negative_label` must be distinct; "
                f"got {self.positive_label!r} for both."
            )


class Categorical(Message):
    options: tuple[str, ...] = ()
    multi_select: bool = False

    def check(self) -> None:
        what = "`InputCategorical.options`"
        if not self.options:
            raise invalid(f"{what} must be a non-empty list; got [].")
        if len(self.options) > MOST_OPTIONS:
            raise invalid(f"{what} must have at most {MOST_OPTIONS} entries; got {len(self.options)}.")
        for at, text in enumerate(self.options):
            if not text:
                raise invalid(f"{what} entries must be non-empty strings; got ''.")
            if len(text) > LABEL_LENGTH:
                raise invalid(
                    f"{what} entries must be at most {LABEL_LENGTH} characters; got {len(text)} for {text!r}."
                )
            if text in self.options[:at]:
                raise invalid(f"{what} must be deduplicated; {text!r} appears twice.")


class Numeric(Message, omit_defaults=True):
    min_value: float | None = None
    max_value: float | None = None

    def check(self) -> None:
        for name in ("min_value", "max_value"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise invalid(f"`InputNumeric.{name}` must be a finite number; got {value}.")
        if self.min_value is not None and self.max_value is not None and self.min_value >= self.max_value:
            raise invalid(
                "`InputNumeric.min_value` must be strictly less than `max_value`; "
                f"got min={self.min_value}, max={self.max_value}."
            )


class Text(Message, omit_defaults=True):
    max_length: Int64 | None = None

    def check(self) -> None:
        if self.max_length is not None and self.max_length < 1:
            raise invalid(f"`InputText.max_length` must be at least 1; got {self.max_length}.")


class Input(Message, omit_defaults=True):
    """Exactly one of them."""

    pass_fail: PassFail | None = None
    categorical: Categorical | None = None
    numeric: Numeric | None = None
    text: Text | None = None


def stored(given: Input) -> str:
    """Its JSON, as it is stored and answered. Raises ApiError for one that no reviewer could fill in."""
    kinds = (given.pass_fail, given.categorical, given.numeric, given.text)
    chosen = [kind for kind in kinds if kind is not None]
    if len(chosen) != 1:
        raise invalid(
            "Label schema `input` must have exactly one of `pass_fail`, `categorical`, `numeric`, or `text` "
            f"set; got {'several of them' if chosen else 'an empty oneof'}."
        )
    chosen[0].check()
    return msgspec.json.encode(given).decode()
