"""Native code for programs on arrays: all the calls of one as a single function that Numba compiles."""
