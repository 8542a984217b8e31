"""The workloads do what their figures are divided by."""

import pytest

from autograd import Value, ancestry
from benchmarks import tuple_value, workloads


@pytest.mark.parametrize("workload", [workloads.s50, workloads.gpt])
def test_a_workload_counts_its_operations(workload):
    roots = []

    class Counted(Value):
        __slots__ = ()

        def backward(self):
            roots.append(self)

    assert workload(Counted)() == sum(node.op is not None for node in ancestry(roots[0]))


def test_the_peer_written_for_the_comparison_computes_the_same_gradients():
    def gradients(kind):
        leaves = []

        class Kept(kind):
            __slots__ = ()

            def __init__(self, *arguments):
                super().__init__(*arguments)
                if len(arguments) == 1:
                    leaves.append(self)

        x, y = Kept(0.5), Kept(-1.5)
        ((x * y + x.exp()) ** 2 / (y - 2.0) + (x + 3.0).log() - (x * 2.0).relu()).backward()
        return x.grad, y.grad

    assert gradients(tuple_value.Value) == pytest.approx(gradients(Value), rel=1e-14)
