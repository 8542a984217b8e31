"""Ways of seeing a graph, and the names and numbers that every view shares.

A drawing goes one way: `folding` shares the nodes out to boxes, `composing` makes a picture of `parts` from them in
the words of `wording` (numbers and arrays as `datum` writes them, operations as `notation` does), an engine such as
`layout` finds a `placement`, and `svg` writes it.
"""
