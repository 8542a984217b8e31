"""The stepper: what happens at each step of a pass, told once, and its faces in a terminal, on a page and on paper."""
