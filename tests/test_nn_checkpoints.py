"""Checkpoints: what goes in comes out, what is damaged is refused, and a killed writer harms nothing."""

import hashlib
import io
import json
import os
import pickle
import random
import signal
import stat
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

import nn
from autograd.errors import ArgumentError, CheckpointError, OperandError, ShapeError
from nn import checkpoints
from nn.atomic import replacing
from nn.checkpoints import load, load_state, save, save_state
from nn.schedules import CosineAnnealingLR

CRASH = Path(__file__).with_name("crash")
STATE = {
    "model": {"weight": np.arange(6.0).reshape(2, 3), "bias": np.ones(2, dtype=np.float32)},
    "history": [0.5, 0.25],
    "note": "naïve",
}
KINDS = [np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
KINDS += [np.float16, np.float32, np.float64]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.npz"


@pytest.fixture
def saved(path):
    save_state(path, STATE)
    return path


def same(a, b):
    """Equal in types and bits, nan and the sign of 0 included; a tuple of both, compared entry by entry."""
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return type(b) is list and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and (repr(a) == repr(b))


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_archive(path, contents, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def forge(path, **changes):
    """Changes members as somebody would who also writes the digests anew; None takes a member out."""
    names = {"state": "state.json", "first": "arrays/0.npy", "second": "arrays/1.npy"}
    contents = members(path) | {names[name]: content for name, content in changes.items()}
    contents = {name: content for name, content in contents.items() if content is not None and name != "SHA256SUMS"}
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()]
    write_archive(path, contents | {"SHA256SUMS": "".join(lines).encode()})


def head(path, **changes):
    return json.dumps(json.loads(members(path)["state.json"]) | changes).encode()


def npy(header, content=b""):
    text = header.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + content


# What goes in comes out.

scalars = st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats() | st.text()
entries = scalars | st.sampled_from(KINDS).flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0)))
states = st.recursive(
    entries, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=8
)


@given(state=st.dictionaries(st.text(), states, max_size=4))
def test_a_state_comes_back_in_every_type_and_bit(state, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.npz"
    save_state(path, state)
    assert same(load_state(path), state)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (2, 3, 4), (1,) * 40])
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_every_shape_and_layout_keep_their_entries(path, kind, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(kind)
    layouts = [array, np.asfortranarray(array), array[..., ::-1] if shape else array, array.astype(array.dtype.str)]
    layouts += [array.T, array.astype(array.dtype.newbyteorder(">"))]
    save_state(path, {"arrays": layouts})
    for before, after in zip(layouts, load_state(path)["arrays"], strict=True):
        assert np.array_equal(before, after)
        assert (after.dtype, after.shape) == (np.dtype(kind), before.shape)
        assert after.flags.writeable
        assert after.dtype.isnative


def test_numpy_numbers_become_pythons(path):
    numbers = [np.float64(0.1), np.float32(0.1), np.float16(0.1), np.int64(-3), np.uint64(2**64 - 1), np.bool_(True)]
    save_state(path, {"numbers": numbers})
    assert same(load_state(path)["numbers"], [number.item() for number in numbers])


@pytest.mark.parametrize(
    "kind", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]
)
def test_a_generator_draws_on_where_it_was(path, kind):
    rng = np.random.Generator(kind(3))
    rng.random(5, dtype=np.float32)
    save_state(path, {"rng": rng.bit_generator.state})
    expected = rng.random(100)
    other = np.random.Generator(kind(4))
    other.bit_generator.state = load_state(path)["rng"]
    assert np.array_equal(other.random(100), expected)


def test_equal_states_make_equal_files(path, tmp_path):
    save_state(path, STATE)
    save_state(tmp_path / "again.npz", STATE)
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_numpy_and_sha256sum_read_the_file_as_well(saved, tmp_path):
    with np.load(saved, allow_pickle=False) as file:
        assert np.array_equal(file["arrays/0"], STATE["model"]["weight"])
        assert np.array_equal(file["arrays/1"], STATE["model"]["bias"])
    with zipfile.ZipFile(saved) as archive:
        archive.extractall(tmp_path)
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ((1, 2), "inner.0 is of type tuple; dicts, lists, arrays, numbers, strings and None can be saved"),
        ({1: 2}, "the keys of inner.0 must be strings, got 1"),
        (object(), "inner.0 is of type object"),
        (1j, "inner.0 is of type complex"),
        (b"x", "inner.0 is of type bytes"),
        (nn.Neuron(2, rng=0), "inner.0 is of type Neuron"),
        (np.array([None]), "the array at inner.0 has dtype object"),
        (np.array(["a"]), "the array at inner.0 has dtype <U1"),
        (np.zeros(2, np.longdouble), "the array at inner.0 has dtype"),
        (np.zeros(2, "f4,i2"), "the array at inner.0 has dtype"),
        (np.ma.masked_array([1.0], [True]), "inner.0 is of type MaskedArray"),
        (10**400, "the int at inner.0 has 1329 bits"),
    ],
)
def test_what_cannot_be_saved_is_named_with_its_place_and_the_old_file_stays(saved, item, message):
    before = saved.read_bytes()
    with pytest.raises((OperandError, ArgumentError), match=message):
        save_state(saved, {"inner": [item]})
    assert saved.read_bytes() == before


def test_a_state_within_itself_is_refused(path):
    state = {}
    state["again"] = [state]
    with pytest.raises(ArgumentError, match="more than 50 dicts and lists within each other"):
        save_state(path, state)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: save_state(STATE, p), OperandError, "takes a path and a dict"),
        (lambda p: save_state(3, STATE), OperandError, "a path is text or a pathlib.Path, got 3"),
        (lambda p: save_state("a\0b", STATE), OperandError, "a path is text"),
        (lambda p: load_state(b"run.npz"), OperandError, "a path is text"),
        (lambda p: save(p, nn.Neuron(1)), OperandError, r"nn.save\(model, path\) takes a module first"),
        (lambda p: load(p, nn.Neuron(1)), OperandError, r"nn.load\(model, path\) takes a module first"),
        (lambda p: save_state(p.parent / "none" / "x", STATE), ArgumentError, "there is no folder .*none, create it"),
        (lambda p: save_state(p.parent, STATE), ArgumentError, "it is a folder"),
        (lambda p: load_state(p), FileNotFoundError, "run.npz"),
    ],
)
def test_arguments_that_cannot_be_are_named(path, call, error, message):
    with pytest.raises(error, match=message):
        call(path)


# Models.


class Dense(nn.Module):
    """A module whose state holds arrays."""

    def __init__(self, outputs, inputs):
        self.weight = np.zeros((outputs, inputs), dtype=np.float32)

    def state_dict(self):
        return {"weight": self.weight.copy()}

    def load_state_dict(self, state):
        if state["weight"].shape != self.weight.shape:
            raise ShapeError(f"weight has shape {self.weight.shape} here and {state['weight'].shape} in the state")
        self.weight[:] = state["weight"]


def test_a_model_comes_back(path):
    model, other = nn.MLP([3, 4, 2], rng=0), nn.MLP([3, 4, 2], rng=1)
    save(model, path)
    load(other, str(path))
    assert other.state_dict() == model.state_dict()


def test_a_model_of_arrays_comes_back(path):
    model, other = Dense(2, 3), Dense(2, 3)
    model.weight[:] = np.random.default_rng(0).random((2, 3))
    save(model, path)
    load(other, path)
    assert np.array_equal(other.weight, model.weight)


def test_a_model_is_loaded_from_the_checkpoint_of_a_training_run(path):
    model, other = nn.Neuron(2, rng=0), nn.Neuron(2, rng=1)
    save_state(path, {"epoch": 3, "model": model.state_dict(), "rng": np.random.default_rng(0).bit_generator.state})
    load(other, path)
    assert other.state_dict() == model.state_dict()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (nn.MLP([3, 2], rng=0), "layers.0.neurons.2.weights.0 is not a parameter of this module"),
        (nn.MLP([4, 4, 2], rng=0), "layers.0.neurons.0.weights.3 is missing"),
        (nn.Neuron(2, rng=0), "weights.0 is missing; weights.1 is missing; bias is missing; layers.0.neurons"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused_listing_what_differs(path, other, message):
    save(nn.MLP([3, 4, 2], rng=0), path)
    before = other.state_dict()
    with pytest.raises(CheckpointError, match=message) as caught:
        load(other, path)
    assert str(path) in str(caught.value)
    assert other.state_dict() == before


def test_other_shapes_are_refused_listing_both(path):
    save(Dense(2, 3), path)
    with pytest.raises(CheckpointError, match=r"weight has shape \(3, 2\) here and \(2, 3\) in the state"):
        load(Dense(3, 2), path)


@pytest.mark.parametrize("state", [{}, {"weights": 1}, {"model": 3}, {"model": [1.0]}])
def test_a_checkpoint_without_a_model_says_what_it_holds(path, state):
    save_state(path, state)
    with pytest.raises(CheckpointError, match="holds no parameters of a model under 'model', but"):
        load(nn.Neuron(1), path)


def test_resumed_training_is_the_training_that_never_stopped(path):
    def made(seed):
        model = nn.MLP([2, 3, 1], rng=seed)
        sgd = nn.SGD(model, lr=0.5)
        return model, sgd, CosineAnnealingLR(sgd, T_max=8), np.random.default_rng(seed)

    def train(parts, epochs):
        model, sgd, schedule, rng = parts
        for _ in range(epochs):
            sgd.zero_grad()
            (output,) = model(rng.random(2).tolist())
            nn.MSELoss()([output], [1.0]).backward()
            sgd.step()
            schedule.step()

    whole = made(0)
    train(whole, 8)
    stopped = made(0)
    train(stopped, 3)
    model, _, schedule, rng = stopped
    state = {"model": model.state_dict(), "schedule": schedule.state_dict(), "rng": rng.bit_generator.state}
    save_state(path, state)
    resumed = made(99)
    state = load_state(path)
    load(resumed[0], path)
    resumed[2].load_state_dict(state["schedule"])
    resumed[3].bit_generator.state = state["rng"]
    train(resumed, 5)
    assert resumed[0].state_dict() == whole[0].state_dict()


# What is damaged is refused.


def test_a_file_cut_short_anywhere_is_refused(saved):
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"run\.npz cannot be loaded"):
            load_state(saved)


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_a_changed_byte_is_refused_or_does_not_matter(saved, change):
    whole, contents, refused = saved.read_bytes(), members(saved), 0
    for i in range(len(whole)):
        saved.write_bytes(whole[:i] + bytes([whole[i] ^ change]) + whole[i + 1 :])
        try:
            assert same(load_state(saved), STATE)
        except CheckpointError:
            refused += 1
    # What does not matter are dates and the like, and never a byte of a member.
    assert refused >= sum(len(content) for content in contents.values())


@given(data=st.binary(max_size=300), start=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x80\x04"]))
def test_bytes_of_no_meaning_are_refused(data, start, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "noise.npz"
    path.write_bytes(start + data)
    with pytest.raises(CheckpointError, match=r"cannot be loaded: it (is|seems)"):
        load_state(path)


def test_every_member_is_needed_and_no_other_is_taken(saved):
    whole = members(saved)
    for name in whole:
        write_archive(saved, {other: content for other, content in whole.items() if other != name})
        with pytest.raises(CheckpointError, match=name):
            load_state(saved)
    write_archive(saved, whole | {"arrays/2.npy": whole["arrays/1.npy"]})
    with pytest.raises(CheckpointError, match=r"'arrays/2\.npy' is unexpected"):
        load_state(saved)


def test_a_member_that_was_changed_is_named(saved):
    whole = members(saved)
    for name in ("arrays/0.npy", "arrays/1.npy", "state.json"):
        changed = whole[name].replace(b"0.25", b"0.75") if name == "state.json" else whole[name][:-1] + b"\x01"
        write_archive(saved, whole | {name: changed})
        with pytest.raises(CheckpointError, match=f"'{name}' was changed: its SHA-256 digest"):
            load_state(saved)


def test_a_member_given_twice_is_refused(saved):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("state.json", members(saved)["state.json"])
    with pytest.raises(CheckpointError, match="several members of one name"):
        load_state(saved)


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_an_unknown_version_is_refused(saved, version):
    forge(saved, state=head(saved, version=version))
    with pytest.raises(CheckpointError, match=r"it has format version .*, and this glassgrad reads version 1"):
        load_state(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "another"}, "does not say that this is a glassgrad checkpoint"),
        ({"state": [1]}, "lacks a state"),
        ({"arrays": None}, "lacks a state or the places"),
        ({"arrays": [["model", "weight"]]}, "'arrays/1.npy' is unexpected"),
        ({"arrays": [["model", "weight"]] * 3}, "'arrays/2.npy' is missing"),
        ({"arrays": [["model", "weight"]] * 2}, "'arrays/1.npy' has no place in the state"),
        ({"arrays": [["model", "weight"], ["model", "weight", 0]]}, "'arrays/1.npy' has no place"),
        ({"arrays": [["model", "weight"], ["history", 0]]}, "'arrays/1.npy' has no place"),
        ({"arrays": [["model", "weight"], ["history", 9]]}, "'arrays/1.npy' has no place"),
        ({"arrays": [["model", "weight"], ["note", 0]]}, "'arrays/1.npy' has no place"),
        ({"arrays": [[], 3]}, "'arrays/0.npy' has no place"),
        ({"arrays": [[["model"]], None]}, "'arrays/0.npy' has no place"),
    ],
)
def test_a_forged_head_is_refused(saved, changes, message):
    forge(saved, state=head(saved, **changes))
    with pytest.raises(CheckpointError, match=message):
        load_state(saved)


@pytest.mark.parametrize(
    "content", [b"", b"[1, 2]", b"\xff", b"[" * 100_000, b'{"version": ' + b"9" * 5000 + b"}", b"{"]
)
def test_a_head_that_is_none_is_refused(saved, content):
    forge(saved, state=content)
    with pytest.raises(CheckpointError, match=r"'state\.json'"):
        load_state(saved)


class Trap:
    """What runs code when it is unpickled."""

    def __init__(self, sprung):
        self.sprung = sprung

    def __reduce__(self):
        return os.mkdir, (str(self.sprung),)


def test_a_pickle_is_refused_and_nothing_in_it_runs(path, tmp_path):
    sprung = tmp_path / "sprung"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path.write_bytes(pickle.dumps(Trap(sprung), protocol))
        with pytest.raises(CheckpointError, match="it seems to be a pickle" if protocol > 1 else "no zip archive"):
            load_state(path)
    assert not sprung.exists()


def test_an_array_of_objects_is_refused_and_nothing_in_it_runs(saved, tmp_path):
    sprung = tmp_path / "sprung"
    content = io.BytesIO()
    np.save(content, np.array([Trap(sprung)], dtype=object), allow_pickle=True)
    forge(saved, first=content.getvalue())
    with pytest.raises(CheckpointError, match=r"'arrays/0\.npy' is no array of plain numbers; objects and"):
        load_state(saved)
    np.savez(saved, np.array([Trap(sprung)], dtype=object))
    with pytest.raises(CheckpointError, match=r"without the member 'state\.json', so it is no checkpoint"):
        load_state(saved)
    assert not sprung.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", bytes(8)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }", bytes(8)),
        npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': (0, {2**70}), }}"),
        npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**32}, {2**32}), }}"),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", bytes(15)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", bytes(17)),
        npy("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", bytes(16)),
        npy("{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", pickle.dumps([1])),
        npy("{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '<f8', 'fortran_order': 1, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '<f8', 'shape': (1,), 'fortran_order': False}", bytes(8)),
        npy("{'descr': '<f1', 'fortran_order': False, 'shape': (1,), }", bytes(1)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes(8)).replace(b"\n", b" "),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes(8)).replace(b"  \n", b"\n"),
        npy("__import__('os').abort()"),
        npy("(" * 110),
        npy("[]"),
    ],
)
def test_a_forged_array_is_refused_before_room_is_made_for_it(saved, content):
    forge(saved, first=content)
    with pytest.raises(CheckpointError, match=r"'arrays/0\.npy' (is no array|claims)"):
        load_state(saved)


def test_an_array_of_a_later_npy_version_is_refused(saved):
    content = io.BytesIO()
    np.lib.format.write_array(content, np.zeros(3), version=(2, 0))
    forge(saved, first=content.getvalue())
    with pytest.raises(CheckpointError, match=r"'arrays/0\.npy' is no array"):
        load_state(saved)


def test_what_would_unpack_to_more_than_the_file_is_refused_before_it_does(saved):
    bomb = members(saved) | {"arrays/0.npy": bytes(50_000_000)}
    write_archive(saved, bomb, zipfile.ZIP_DEFLATED)
    del bomb
    tracemalloc.start()
    try:
        with pytest.raises(
            CheckpointError, match="is compressed or encrypted, which members of a checkpoint never are"
        ):
            load_state(saved)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_members_that_share_their_bytes_are_refused(saved):
    """Two thousand entries of the list at the end point to one member of 100 kB: 200 MB out of 300 kB."""
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("state.json", bytes(100_000))
        only = archive.infolist()[0]
        for i in range(2000):
            entry = zipfile.ZipInfo(f"arrays/{i}.npy")
            entry.CRC, entry.file_size, entry.compress_size = only.CRC, only.file_size, only.compress_size
            entry.header_offset = only.header_offset
            archive.filelist.append(entry)
            archive.NameToInfo[entry.filename] = entry
    with pytest.raises(CheckpointError, match="its members claim more bytes than the"):
        load_state(saved)


# A killed writer harms nothing.


def unfinished(folder):
    return [name for name in os.listdir(folder) if name.endswith(".unfinished")]


def is_whole(state):
    which = state["which"]
    weight, bias = state["model"]["weight"], state["model"]["bias"]
    return which in (0, 1) and weight.shape == (64, 64) and (weight == which).all() and (bias == which).all()


def kill_while_saving(path, delay):
    """Starts a process that saves for ever, and kills it so many seconds after its first save."""
    command = [sys.executable, str(CRASH / "saving_forever.py"), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"saved\n"
            time.sleep(delay)
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def kill_again_and_again(path, times, seed):
    moments = random.Random(seed)
    for _ in range(times):
        kill_while_saving(path, moments.uniform(0.0, 0.03))
        assert is_whole(load_state(path))
        assert len(unfinished(path.parent)) <= 1
    save_state(path, STATE)
    assert os.listdir(path.parent) == [path.name]


def test_a_process_killed_while_saving_leaves_a_whole_checkpoint(path):
    kill_again_and_again(path, times=8, seed=0)


@pytest.mark.thorough
def test_a_process_killed_while_saving_leaves_a_whole_checkpoint_a_hundred_times(path):
    kill_again_and_again(path, times=100, seed=1)


def left_by_kills_at_every_line(path, *how):
    command = [sys.executable, str(CRASH / "dying_at_every_line.py"), str(path), *how]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)


def test_killed_at_any_line_of_its_code_a_save_has_happened_or_not(path):
    report = left_by_kills_at_every_line(path)
    left = report["left"]
    moment = left.index("new")
    assert left == ["old"] * moment + ["new"] * (len(left) - moment)
    assert moment > 50
    assert report["unharmed"] == "new"
    assert max(report["beside"]) == 1
    assert set(report["remaining"]) == {0}


def test_the_same_kills_do_break_a_file_written_in_place(path):
    assert "broken" in left_by_kills_at_every_line(path, "in_place")["left"]


def test_the_new_file_is_on_the_disk_before_it_takes_the_place_and_the_name_after(path, monkeypatch):
    events, fsync, replace = [], os.fsync, os.replace

    def noted_fsync(file):
        events.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else os.fstat(file).st_size)
        fsync(file)

    def noted_replace(source, target):
        events.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    save_state(path, STATE)
    assert events == [path.stat().st_size, "replace", "folder"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_where_the_disk_refuses_the_old_file_stays_alone(saved, monkeypatch, failing):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(os, failing, refuse)
    with pytest.raises(OSError, match="No space left"):
        save_state(saved, {"other": 1})
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_unfinished_files_of_the_dead_are_removed_and_those_of_the_living_stay(path, tmp_path):
    dead = tmp_path / ".glassgrad-0123456789abcdef.unfinished"
    strange = [tmp_path / name for name in (".glassgrad-01.unfinished", "x.unfinished", ".glassgrad-0123456789abcdef")]
    for file in (dead, *strange):
        file.write_bytes(b"half")
    with replacing(path) as living:
        living.write(b"slow")
        save_state(tmp_path / "other.npz", STATE)
        assert not dead.exists()
        assert len(unfinished(tmp_path)) == 3
    assert path.read_bytes() == b"slow"
    assert all(file.exists() for file in strange)


def test_threads_that_save_to_one_file_leave_a_whole_one(path):
    problems = []

    def keep_saving(which):
        try:
            for _ in range(20):
                save_state(path, {"which": which, "array": np.full(5000, which)})
                found = load_state(path)
                assert (found["array"] == found["which"]).all()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=keep_saving, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert os.listdir(path.parent) == [path.name]


def test_a_checkpoint_is_as_readable_to_others_as_any_new_file(saved, tmp_path):
    (tmp_path / "plain").touch()
    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_to_a_checkpoint_stays_one(saved, tmp_path):
    link = tmp_path / "latest.npz"
    link.symlink_to(saved)
    save_state(link, {"epoch": 2})
    assert link.is_symlink()
    assert load_state(saved) == {"epoch": 2}


def test_the_path_is_taken_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_state("run", STATE)
    assert os.listdir() == ["run"]
    assert same(checkpoints.load_state("run"), STATE)
