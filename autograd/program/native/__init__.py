"""Native code for programs on numbers: a loop compiled once for all of them, or straight-line code for one."""
