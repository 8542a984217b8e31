"""The bench of planted faults: small training scripts with one fault each, and whether one call names it.

`python -m tests.faults` runs them all and prints a line for each. A fault counts as named where the answer to one call
of the library, or the error that it raises by itself, says what is wrong, and at which line; or, where a fault is at
no line of its own, in which layer, parameter, argument or op. Every script has a healthy twin, with the right line in
the place of the wrong one, of which the same call must say nothing of the kind.

- `fault`: what a planted fault is; `bench`: runs the scripts and judges the answers; `report`: the table;
- `planted`: the thirty faults, from `own_ops`, `numbers`, `loops`, `networks` and `data`;
- `misses`: those that no call names, each with its reason, and how many of the blind file are named;
- `blind`: faults written without looking at the detectors, reported apart (`BLIND`, a list of the same shape).
"""
