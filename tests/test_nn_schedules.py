"""Schedules: their formulas, PyTorch's as a second opinion, and going on exactly after a stop."""

import cmath
import importlib.util
import json
import math
from itertools import pairwise
from types import SimpleNamespace

import pytest

import nn
from autograd import Value
from autograd.errors import ArgumentError, OperandError
from nn.schedules import CosineAnnealingLR, ExponentialLR, LinearWarmUp, ReduceLROnPlateau, Schedule, StepLR

START = 0.3
# Falls, rests for five epochs, falls by too little, gets worse, then falls again.
SCORES = [1.0, 0.8, 0.8, 0.81, 0.8, 0.8, 0.8, 0.79999, 0.9, math.nan, 1.0, 0.5, 0.4, 0.6, 0.6, 0.6, 0.6, 0.1]


def optimizer(lr=START):
    return SimpleNamespace(lr=lr)


def rates(schedule, scores):
    """The rate of every epoch: the first before any step."""
    found = [schedule.optimizer.lr]
    for score in scores:
        schedule.step(score)
        found.append(schedule.optimizer.lr)
    return found


MAKERS = {
    "step": lambda o: StepLR(o, step_size=3, gamma=0.5),
    "exponential": lambda o: ExponentialLR(o, gamma=0.9),
    "cosine": lambda o: CosineAnnealingLR(o, T_max=7, eta_min=0.01),
    "plateau": lambda o: ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=1e-3, min_lr=0.05),
    "warm-up": lambda o: LinearWarmUp(o, epochs=4),
    "warm-up, then cosine": lambda o: LinearWarmUp(o, epochs=4, then=CosineAnnealingLR(o, T_max=9)),
    "warm-up, then plateau": lambda o: LinearWarmUp(o, epochs=4, then=ReduceLROnPlateau(o, factor=0.5, patience=1)),
}


def test_step_falls_by_gamma_every_so_many_epochs():
    expected, lr = [], START
    for epoch in range(19):
        lr = lr * 0.5 if epoch and epoch % 3 == 0 else lr
        expected.append(lr)
    assert rates(MAKERS["step"](optimizer()), SCORES) == expected


def test_exponential_falls_by_gamma_every_epoch():
    found = rates(MAKERS["exponential"](optimizer()), [None] * 40)
    assert found[0] == START
    assert all(b / a == pytest.approx(0.9, rel=1e-14) for a, b in pairwise(found))


def test_cosine_is_the_height_of_a_point_on_half_a_circle():
    found = rates(CosineAnnealingLR(optimizer(), T_max=6, eta_min=0.1), [None] * 12)
    heights = [(cmath.rect(1.0, math.pi * epoch / 6).real + 1.0) / 2.0 for epoch in range(13)]
    assert found == pytest.approx([0.1 + 0.2 * height for height in heights], rel=1e-14)
    assert found[:7] == pytest.approx([0.3, 0.2 + 0.1 * 3**0.5 / 2, 0.25, 0.2, 0.15, 0.2 - 0.1 * 3**0.5 / 2, 0.1])
    assert (found[6], found[12]) == (0.1, START)


def test_warm_up_rises_in_equal_steps_and_stays():
    found = rates(LinearWarmUp(optimizer(1.0), epochs=3), [None] * 5)
    assert found == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_after_the_warm_up_the_next_schedule_begins_at_its_epoch_0():
    alone = rates(CosineAnnealingLR(optimizer(), T_max=9), [None] * 9)
    together = rates(MAKERS["warm-up, then cosine"](optimizer()), [None] * 13)
    assert together == [START * (epoch + 1) / 5 for epoch in range(4)] + alone


def test_plateau_waits_for_patience_epochs_without_a_better_score():
    found = rates(ReduceLROnPlateau(optimizer(1.0), factor=0.5, patience=2), [3.0, 2.0, 2.0, 2.5, 2.0, 2.0, 1.0, 1.0])
    assert found == [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("scores", "improves"),
    [
        ([1.0, 0.8999], True),
        ([1.0, 0.9001], False),
        ([-1.0, -1.05], False),
        ([-1.0, -1.2], True),
        ([1.0, math.nan], False),
        ([math.inf, 1e300], True),
        ([1.0, -math.inf], True),
    ],
)
def test_better_means_lower_by_a_part_of_the_best(scores, improves):
    schedule = ReduceLROnPlateau(optimizer(1.0), factor=0.5, patience=0, threshold=0.1)
    schedule.step(scores[0])
    before = schedule.optimizer.lr
    schedule.step(scores[1])
    assert (schedule.optimizer.lr == before) == improves


def test_plateau_never_goes_below_its_lowest_rate_nor_raises_one_that_is_lower():
    assert rates(ReduceLROnPlateau(optimizer(1.0), 0.1, 0, min_lr=0.05), [1.0] * 4) == [1.0, 1.0, 0.1, 0.05, 0.05]
    assert rates(ReduceLROnPlateau(optimizer(0.01), 0.1, 0, min_lr=0.05), [1.0] * 5) == [0.01] * 6


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("stop", [0, 1, 3, 4, 5, 9, 17])
def test_training_goes_on_as_if_it_had_never_stopped(name, stop):
    whole = rates(MAKERS[name](optimizer()), SCORES)
    first = MAKERS[name](optimizer())
    rates(first, SCORES[:stop])
    state = json.loads(json.dumps(first.state_dict()))
    second = MAKERS[name](optimizer(99.0))
    second.load_state_dict(state)
    assert rates(second, SCORES[stop:]) == whole[stop:]
    assert second.epoch == len(SCORES)


@pytest.mark.parametrize("name", MAKERS)
def test_loading_a_state_of_other_settings_lists_them_and_changes_nothing(name):
    state = {**MAKERS[name](optimizer(0.5)).state_dict(), "schedule": "Other", "epoch": -1, "lr": math.nan, "more": 1}
    del state["start"]
    schedule = MAKERS[name](optimizer())
    before = schedule.state_dict()
    with pytest.raises(ArgumentError, match=r"does not fit .* nothing was loaded: start is missing; more is not") as e:
        schedule.load_state_dict(state)
    for line in ("here and 'Other' in the state", "epoch cannot be -1", "lr cannot be nan"):
        assert line in str(e.value)
    assert schedule.state_dict() == before


@pytest.mark.parametrize(
    ("kept", "loaded", "message"),
    [
        (lambda o: StepLR(o, 3), lambda o: StepLR(o, 2), "step_size is 2 here and 3 in the state"),
        (lambda o: StepLR(o, 3), lambda o: ExponentialLR(o, 0.5), "schedule is 'ExponentialLR' here and 'StepLR'"),
        (lambda o: LinearWarmUp(o, 3, StepLR(o, 3)), lambda o: LinearWarmUp(o, 3), "then is None here and a schedule"),
        (lambda o: LinearWarmUp(o, 3), lambda o: LinearWarmUp(o, 3, StepLR(o, 3)), "then: a state is a dict"),
        (
            lambda o: LinearWarmUp(o, 3, StepLR(o, 3)),
            lambda o: LinearWarmUp(o, 3, StepLR(o, 4)),
            "then: step_size is 4 here and 3 in the state",
        ),
    ],
)
def test_a_state_of_another_schedule_is_refused(kept, loaded, message):
    with pytest.raises(ArgumentError, match=message):
        loaded(optimizer()).load_state_dict(kept(optimizer()).state_dict())


@pytest.mark.parametrize("state", [None, [], "epoch", 3])
def test_a_state_is_a_dict(state):
    with pytest.raises(ArgumentError, match="a state is a dict of names and numbers"):
        MAKERS["warm-up, then cosine"](optimizer()).load_state_dict(state)


def test_a_schedule_sets_the_rate_of_a_real_optimizer():
    w = Value(0.0)
    sgd = nn.SGD([w], lr=1.0)
    schedule = ExponentialLR(sgd, gamma=0.5)
    for _ in range(3):
        w.grad = 1.0
        sgd.step()
        schedule.step()
    assert w.data == -1.75


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: StepLR(object(), 3), OperandError, "StepLR takes an optimizer with a learning rate `lr`, got object"),
        (lambda: StepLR(optimizer("fast"), 3), ArgumentError, "the optimizer's lr must be a number"),
        (lambda: StepLR(optimizer(), 0), ArgumentError, "step_size must be at least 1"),
        (lambda: StepLR(optimizer(), 3, -1.0), ArgumentError, "gamma must be at least 0"),
        (lambda: ExponentialLR(optimizer(), math.inf), ArgumentError, "gamma must be at least 0 and finite"),
        (lambda: CosineAnnealingLR(optimizer(), 2.5), ArgumentError, "T_max must be a positive whole number"),
        (lambda: CosineAnnealingLR(optimizer(), 3, "low"), ArgumentError, "eta_min must be a number"),
        (lambda: ReduceLROnPlateau(optimizer(), 1.0), ArgumentError, "factor must be at least 0 and less than 1"),
        (lambda: ReduceLROnPlateau(optimizer(), 0.1, -1), ArgumentError, "patience must be a whole number of at least"),
        (lambda: ReduceLROnPlateau(optimizer(), 0.1, True), ArgumentError, "patience must be a whole number"),
        (lambda: LinearWarmUp(optimizer(), 0), ArgumentError, "epochs must be at least 1"),
        (lambda: LinearWarmUp(optimizer(), 3, "cosine"), OperandError, "then must be a schedule or None, got str"),
        (
            lambda: LinearWarmUp(optimizer(), 3, StepLR(optimizer(), 3)),
            ArgumentError,
            "then must be a fresh schedule of the same optimizer",
        ),
    ],
)
def test_what_no_schedule_can_use_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("score", [None, "0.1", True, [0.1], 1j])
def test_a_plateau_needs_the_score_of_every_epoch(score):
    schedule = ReduceLROnPlateau(optimizer())
    with pytest.raises(ArgumentError, match=r"needs what the epoch scored, a number such as the validation loss, got"):
        schedule.step(score)
    assert schedule.epoch == 0


def test_a_rate_beyond_all_numbers_is_refused_and_nothing_changes():
    schedule = ExponentialLR(optimizer(1.0), gamma=1e200)
    schedule.step()
    with pytest.raises(ArgumentError, match=r"ExponentialLR\(gamma=1e\+200\): the learning rate of epoch 2 would not"):
        schedule.step()
    assert (schedule.epoch, schedule.optimizer.lr) == (1, 1e200)


def test_a_schedule_shows_its_settings():
    assert repr(MAKERS["step"](optimizer())) == "StepLR(step_size=3, gamma=0.5)"
    assert repr(LinearWarmUp(optimizer(), 4)) == "LinearWarmUp(epochs=4, then=None)"


def test_a_subclass_needs_nothing_but_its_formula_and_settings():
    class Harmonic(Schedule):
        """rate = start / (epoch + 1)."""

        def rate_in(self, epoch):
            return self.start / (epoch + 1)

        def settings(self):
            return {}

    o = optimizer(1.0)
    assert rates(LinearWarmUp(o, 1, then=Harmonic(o)), [None] * 3) == [0.5, 1.0, 0.5, 1.0 / 3.0]


def rates_in_pytorch(make, scores):
    """The same as `rates`, for a schedule of PyTorch; none where PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=START)
    schedule, found = make(torch.optim.lr_scheduler, sgd), []
    for score in [*scores, None]:
        found.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if score is not None and isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            schedule.step(score)
        elif score is not None:
            schedule.step()
    return found


PYTORCH = {
    "step": lambda torch, o: torch.StepLR(o, step_size=3, gamma=0.5),
    "exponential": lambda torch, o: torch.ExponentialLR(o, gamma=0.9),
    "cosine": lambda torch, o: torch.CosineAnnealingLR(o, T_max=7, eta_min=0.01),
    "plateau": lambda torch, o: torch.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=1e-3, min_lr=0.05),
    "warm-up": lambda torch, o: torch.LinearLR(o, start_factor=1 / 5, total_iters=4),
}


@pytest.mark.parametrize("name", PYTORCH)
def test_pytorch_where_it_is_installed_sets_the_same_rates(name):
    found = rates(MAKERS[name](optimizer()), SCORES)
    reference = rates_in_pytorch(PYTORCH[name], SCORES)
    assert found == pytest.approx(found if reference is None else reference, rel=1e-12)
