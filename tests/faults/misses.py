"""Misses: faults that no call names, each with its reason, and how many of the blind file are named."""

AMONG_THE_PLANTED: dict[str, str] = {}

# Nothing was changed to name these: whoever does so, should have new ones written by somebody else.
AMONG_THE_BLIND = {
    "weights held down": "nn.health sees that the loss stays where it is, and does not weigh the decay against the "
    "gradients",
}
NAMED_OF_THE_BLIND = 9
