"""Names for runs that come without one: adjective-noun-number."""

import random

_ADJECTIVES = """
able agile amber ample apt arctic autumn azure bold brave breezy brief bright brisk calm candid careful
charming cheerful clean clear clever coral cosmic crisp curious dapper daring dashing deft delicate eager
earnest easy elegant ember exotic fair fancy fast fearless fine firm fluent fond frank free fresh gentle
gifted glad golden grand happy hardy hidden honest humble ideal jolly jovial keen kind lively loud lucid
lucky lunar mellow merry mighty modest neat nimble noble novel patient placid playful polite popular proud
quick quiet rapid rare ready resolute robust rosy royal rustic salty serene sharp shiny silent silver
sincere sleek smart smooth snappy solar sound spicy spirited steady stellar sturdy sublime sunny swift
tender thoughtful tidy tranquil trusting unique upbeat valiant vast velvet vivid warm whimsical wise witty
worthy young zealous
""".split()  # noqa: SIM905 - two hundred lines otherwise

_NOUNS = """
ant ape auk badger bass bat bear beaver bee bird bison boar bug calf carp cat chimp cod colt conch cow crab
crane crow cub deer doe dog dolphin donkey dove duck eel elk falcon fawn finch fish flea fly foal fowl fox
frog gnat gnu goat goose grouse grub gull hare hawk hen hog horse hound ibis jay kit kite koi lamb lark lion
loon lynx mare mink mole moose moth mouse mule newt owl ox panda penguin perch pig pike pony pug quail ram
rat ray robin roe rook seal shad shark sheep shoat shrew shrike shrimp skink skunk sloth slug smelt snail
snake snipe sow sponge squid squirrel stag steed stoat stork swan tern toad trout turtle vole wasp whale
wolf worm wren yak zebra
""".split()  # noqa: SIM905 - two hundred lines otherwise


def random_name() -> str:
    """Such as `lucid-crane-417`; not unique, only easy to tell from others."""
    return f"{random.choice(_ADJECTIVES)}-{random.choice(_NOUNS)}-{random.randrange(1001)}"  # noqa: S311 - no secret
