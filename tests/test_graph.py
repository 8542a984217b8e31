"""The graph: one walk in one order, the modes, regions and lines."""

import asyncio
import copy
import os
import subprocess
import sys
import threading

import pytest

import autograd
from autograd import Value, ancestry, no_grad, region, trace
from autograd.errors import OperandError

# ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ancestry_gives_parents_before_children_and_the_left_before_the_right():
    x, y, z = (Value(1.0, label=name) for name in "xyz")
    f = (x + y) * (y + z)
    assert [node.label or node.op.name for node in ancestry(f)] == ["x", "y", "add", "z", "add", "mul"]


def test_ancestry_visits_many_parents_from_left_to_right():
    xs = [Value(float(i)) for i in range(5)]
    f = autograd.max([xs[2] * xs[4], xs[0], xs[3], xs[1]])
    assert [node for node in ancestry(f) if node.op is None] == [xs[2], xs[4], xs[0], xs[3], xs[1]]
    assert [node for node in ancestry(f, differentiable=True) if node.op is None] == [xs[2], xs[4], xs[0], xs[3], xs[1]]


def test_ancestry_names_every_node_once_however_often_it_is_used():
    x = Value(1.0)
    y = x
    for _ in range(40):  # 2⁴⁰ paths, 41 nodes
        y = y + y
    order = ancestry(y)
    assert len(order) == len(set(order)) == 41
    assert order[0] is x
    assert order[-1] is y


def test_ancestry_keeps_parents_first_where_a_long_path_meets_a_short_one():
    x = Value(2.0)
    early = x.exp()
    late = early.log().tanh() + 1
    for f in (late * early, early * late, autograd.max([early, late, x]), autograd.max([late, x, early])):
        place = {node: i for i, node in enumerate(ancestry(f))}
        assert all(place[parent] < place[node] for node in place for parent in node.parents)


def test_ancestry_includes_constants_and_the_branch_not_taken():
    x, c = Value(2.0), Value(5.0)
    f = autograd.where(autograd.greater(x, 0.0), x * 3.0, c)
    assert {3.0, 0.0, 5.0} <= {node.data for node in ancestry(f)}


def test_ancestry_of_a_leaf_is_the_leaf():
    x = Value(1.0)
    assert ancestry(x) == [x]


def test_ancestry_does_not_depend_on_addresses():
    def order():
        xs = [Value(i) for i in range(6)]
        f = (xs[0] * xs[1] + xs[2] * xs[3]) * autograd.max(xs[2:]) + xs[0]
        return [node.data for node in ancestry(f)]

    assert len({tuple(order()) for _ in range(20)}) == 1


# ── no_grad ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_under_no_grad_results_are_constants():
    x = Value(3.0)
    with no_grad():
        y = (x * x + 1).exp().log()
        z = autograd.max([x, 5.0])
    for constant in (y, z):
        assert (constant.op, constant.parents, constant.requires_grad) == (None, (), False)
    assert y.data == pytest.approx(10.0)
    f = x * y
    f.backward()
    assert (x.grad, y.grad) == (y.data, 0.0)


def test_leaves_made_under_no_grad_are_still_variables():
    with no_grad():
        x = Value(3.0)
    (x * x).backward()
    assert x.grad == 6.0


def test_an_exception_inside_no_grad_restores_the_mode():
    x = Value(3.0)
    with pytest.raises(RuntimeError), no_grad():
        raise RuntimeError
    assert (x * x).requires_grad


def test_modes_nest_and_are_restored_one_by_one():
    x = Value(3.0)
    with no_grad():
        with trace(), no_grad():
            assert not (x * x).requires_grad
        assert not (x * x).requires_grad
    y = x * x
    assert y.requires_grad
    assert y.site is None


def test_no_grad_in_one_thread_leaves_another_recording():
    x, inside, done, seen = Value(3.0), threading.Event(), threading.Event(), []

    def other():
        inside.wait()
        seen.append((x * x).requires_grad)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        assert done.wait(timeout=30)
        assert not (x * x).requires_grad
    thread.join()
    assert seen == [True]


def test_no_grad_in_one_task_leaves_another_recording():
    x = Value(3.0)

    async def without(turn, other):
        with no_grad():
            other.set()
            await turn.wait()
            return (x * x).requires_grad

    async def recording(turn, other):
        await turn.wait()
        needs = (x * x).requires_grad
        other.set()
        return needs

    async def both():
        first, second = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(without(first, second), recording(second, first))

    assert asyncio.run(both()) == [False, True]


def test_no_grad_decorates_a_function():
    @no_grad()
    def evaluate(x):
        return x * x

    x = Value(3.0)
    assert not evaluate(x).requires_grad
    assert not evaluate(x).requires_grad
    assert (x * x).requires_grad


def test_a_function_decorated_with_no_grad_may_run_in_two_threads_at_once():
    x, found = Value(3.0), []

    @no_grad()
    def evaluate(arrived, leave):
        arrived.set()
        leave.wait(timeout=30)
        return (x * x).requires_grad

    def call(arrived, leave):
        try:
            inside = evaluate(arrived, leave)
            found.append((inside, (x * x).requires_grad))
        except ValueError as error:
            found.append(error)

    turns = [(threading.Event(), threading.Event()) for _ in range(2)]
    threads = [threading.Thread(target=call, args=turn) for turn in turns]
    for thread, (arrived, _) in zip(threads, turns, strict=True):
        thread.start()
        assert arrived.wait(timeout=30)
    for thread, (_, leave) in zip(threads, turns, strict=True):  # the first to come is the first to go
        leave.set()
        thread.join()
    assert found == [(False, True), (False, True)]


def test_gradients_are_right_when_many_threads_train_at_once():
    def train(results, seed):
        w = Value(seed)
        for step in range(200):
            w.zero_grad()
            (autograd.tanh(w * 0.5) ** 2 + w * w).backward()
            if step % 10 == 0:
                with no_grad():
                    w * w
            w.data -= 0.01 * w.grad
        results[seed] = w.data

    together, alone = {}, {}
    threads = [threading.Thread(target=train, args=(together, float(seed))) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        train(alone, float(seed))
    assert together == alone


# ── regions and lines ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nodes_remember_the_region_they_were_made_in():
    x = Value(1.0)
    with region("outer"):
        y = x * 2
        with region("inner"):
            z = y + 1
        w = autograd.max([z, y, x])
    after = w * 2
    assert (y.region.name, z.region.name, w.region.name) == ("outer", "outer.inner", "outer")
    assert x.region is None
    assert after.region is None


def test_a_region_and_a_label_live_together():
    with region("layer"):
        y = Value(1.0) * 2
    y.label = "y"
    assert (y.label, y.region.name) == ("y", "layer")
    y.label = None
    assert (y.label, y.region.name) == (None, "layer")


def test_an_exception_inside_a_region_ends_it():
    with pytest.raises(RuntimeError), region("layer"):
        raise RuntimeError
    assert (Value(1.0) * 2).region is None


def test_trace_keeps_the_line_of_the_users_code():
    x = Value(1.0)
    with trace():
        y = x * 2
        z = autograd.softmax([x, 1.0])[0]
    for node in (y, z):
        assert node.site.file.endswith("test_graph.py")
    assert z.site.line == y.site.line + 1
    assert str(y.site).endswith(f"test_graph.py:{y.site.line}")
    assert (x * 2).site is None


def test_in_a_notebook_a_line_is_named_by_its_cell(tmp_path):
    cells = "from autograd import Value, trace\nwith trace():\n    y = Value(1.0) * 2.0\nprint(y.site, y.site.short)"
    shell = "from IPython import InteractiveShell; InteractiveShell.instance().run_cell({!r}, store_history=True)"
    run = subprocess.run(
        [sys.executable, "-c", shell.format(cells)],
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "In[1]:3 In[1]:3\n"


def test_without_trace_a_node_has_no_line():
    assert (Value(1.0) * 2).site is None


def test_a_copied_node_keeps_label_region_and_line():
    with region("layer"), trace():
        y = Value(1.0, label="x") * 2
    y.label = "y"
    twin = copy.deepcopy(y)
    assert (twin.label, twin.region.name, twin.site) == ("y", "layer", y.site)


def test_a_function_that_runs_in_pieces_cannot_be_decorated_with_a_mode():
    with pytest.raises(OperandError, match="inside it"):

        @no_grad()
        def pieces():
            yield Value(1.0) * 2


def test_a_region_without_a_name_is_refused_at_once():
    with pytest.raises(OperandError, match="name is a string"):
        region(3)
