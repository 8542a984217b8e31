"""The thirty planted faults, each in a small script as people write them."""

from faults.data import DATA
from faults.loops import LOOPS
from faults.networks import NETWORKS
from faults.numbers import NUMBERS
from faults.own_ops import OWN_OPS

PLANTED = [*OWN_OPS, *NUMBERS, *LOOPS, *NETWORKS, *DATA]
