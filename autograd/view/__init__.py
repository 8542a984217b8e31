"""Ways of seeing a graph, and the names and numbers that every view shares.

A drawing goes one way: `folding` shares the nodes out to boxes, `composing` makes a picture of `parts` from them in
the words of `wording` (numbers and arrays as `datum` writes them, operations as `notation` does), an engine such as
`layout` finds a `placement`, and `svg` writes it.

Steps go another: `contributions` tells the walk back edge by edge, `telling` makes a story of `steps` over a picture in
the `sentences` and `roles` that belong to each op, and a stepper shows it in a `terminal`, on a `page` or on paper.
"""
