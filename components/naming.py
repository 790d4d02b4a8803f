"""How the parts of a component are called."""


def part(name: str, noun: str) -> str:
    """The name of the part `noun` of the component `name`; unique in a stack as component names are."""
    return f"{name}-{noun}"
