"""Survivors: the mutants that the checker lets pass, by name, each with the reason why.

A mutant that passes and does not stand here is a fault of the checker, and so is one that stands here and is caught.
"""

AMONG_ROWS: dict[str, str] = {}

AMONG_THE_BLIND = {
    "softplus_second_derivative": "the first derivative is right; check(…, order=2) looks at the second and objects",
}
