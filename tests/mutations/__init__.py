"""The mutation bench: rules that are broken on purpose, and whether the gradient checker and the oracles object.

`python -m tests.mutations` breaks every row of both tables in every way, runs `autograd.check` on each mutant and
prints the share caught, the survivors with their reasons, and the false alarms on random programs with the right rows.

- `damages`: what is done to the derivatives that a rule gives, and an op made again with a broken rule;
- `conditions`: rules that lie only now and then: at one point, on reuse, in float32, with numbers of another call;
- `engines`: faults of the engine, put in its place while a check runs;
- `calls`: what a user writes for a row, and the inputs that it is given;
- `bench`: every mutant and what the checker says of it; `survivors`: those that may pass, each with its reason;
- `blind`: mutants written without looking at the checker; `random_programs`: right programs, none of them to blame.
"""
