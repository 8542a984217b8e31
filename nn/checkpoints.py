"""Checkpoints: the state of a model, or of a whole training run, in a file.

The file is a zip archive that `np.load(path, allow_pickle=False)` and every unpacker open as well:

    state.json      {"format": "glassgrad checkpoint", "version": 1, "arrays": […], "state": {…}}, as Python's json
                    writes it: with NaN and Infinity among the numbers
    arrays/0.npy    the first array; "arrays" lists where in "state" each belongs, and null keeps its place there
    SHA256SUMS      the digest of each member above, as `sha256sum --check` reads them

Members are stored, not compressed, so that no file can ask for more memory than it has bytes. Nothing is ever
unpickled. The digests show damage. Whoever forges a checkpoint can forge them too, and gets numbers in, never code.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from autograd.errors import ArgumentError, AutogradError, CheckpointError, OperandError
from nn.atomic import replacing
from nn.module import Module

FORMAT, VERSION = "glassgrad checkpoint", 1
STATE, DIGESTS = "state.json", "SHA256SUMS"
_KINDS = ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
DTYPES = {kind: np.dtype(kind) for kind in _KINDS}
DEEPEST = 50  # dicts and lists within each other
LARGEST = 2**1024  # an int: beyond every float, and far below where Python refuses to print or read one

# The header that NumPy writes before numbers. Its own reader evaluates a literal, which can raise all sorts of things.
_NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)\{'descr': '(?P<dtype>[<|]\w\w)', 'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>(?:\d{1,18}(?:, |,|(?=\))))*)\), \} *\n",
    re.DOTALL,
)

Place: TypeAlias = tuple[str | int, ...]
_Location: TypeAlias = str | os.PathLike[str]

# What zipfile raises on bytes that are no archive, or a damaged or an unusual one.
_ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, struct.error, OSError)


def save(model: Module, path: _Location) -> None:
    """Writes the parameters of a model to a file, under the name "model" of a checkpoint's state.

    Whenever the process is killed, the file is the old one or the new one, whole.
    """
    _demand_module(model, "save")
    save_state(path, {"model": model.state_dict()})


def load(model: Module, path: _Location) -> None:
    """Sets the parameters of a model to those in a checkpoint, be it of `save` or of a training run.

    CheckpointError where the file is damaged, or has other names or shapes, which it lists: nothing is changed then.
    """
    _demand_module(model, "load")
    state = load_state(path)
    if not isinstance(state.get("model"), dict):
        raise CheckpointError(f"{path} holds no parameters of a model under 'model', but {_listed(state)}")
    try:
        model.load_state_dict(state["model"])
    except AutogradError as error:
        raise CheckpointError(f"{path}: {error}") from None


def save_state(path: _Location, state: Mapping[str, Any]) -> None:
    """Writes dicts, lists, arrays, numbers, strings and None to a file, from which `load_state` reads the same.

    The keys of dicts are strings. Arrays keep dtype, shape and bits; NumPy numbers become Python's. Whatever else is
    in there is an OperandError that names its place, and nothing is written. OSError where the disk refuses.
    """
    if not isinstance(state, Mapping):
        raise OperandError(f"save_state takes a path and a dict, got {type(state).__name__} as the state")
    target = _path(path, "save_state")
    if not target.parent.is_dir() or target.is_dir():
        raise ArgumentError(f"save_state: {target} cannot be a file: " + _what_stands_there(target))
    found: list[tuple[Place, NDArray[Any]]] = []
    tree = _plain(state, (), found)
    head = {"format": FORMAT, "version": VERSION, "arrays": [place for place, _ in found], "state": tree}
    with replacing(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        digests = [_write(archive, STATE, json.dumps(head).encode())]
        digests += [_write(archive, _member(i), _npy(array)) for i, (_, array) in enumerate(found)]
        _write(archive, DIGESTS, "".join(digests).encode())


def load_state(path: _Location) -> dict[str, Any]:
    """The state that `save_state` wrote.

    CheckpointError, naming the member, where the file is no checkpoint, or is truncated, changed, or of another
    version; FileNotFoundError where there is none.
    """
    target = _path(path, "load_state")
    with open(target, "rb") as file:
        try:
            with _opened(file) as archive:
                return _read_state(archive)
        except _Unreadable as error:
            raise CheckpointError(f"{target} cannot be loaded: {error}") from None


class _Unreadable(Exception):
    """What is wrong with a file, before its name is known."""


def _plain(item: Any, place: Place, found: list[tuple[Place, NDArray[Any]]]) -> Any:
    """The item as JSON has it, with None where an array stood; the arrays go to `found` with their places."""
    if len(place) > DEEPEST:
        raise ArgumentError(
            f"save_state: more than {DEEPEST} dicts and lists within each other, down to {_said(place)}"
        )
    if type(item) is np.ndarray:  # a masked array would come back without its mask
        if item.dtype.newbyteorder("<") not in DTYPES.values():
            raise OperandError(f"save_state: the array at {_said(place)} has dtype {item.dtype}, which is not saved")
        found.append((place, item))
        return None
    if isinstance(item, Mapping):
        odd = [key for key in item if not isinstance(key, str)]
        if odd:
            raise OperandError(f"save_state: the keys of {_said(place)} must be strings, got {odd[0]!r}")
        return {str(key): _plain(entry, (*place, str(key)), found) for key, entry in item.items()}
    if isinstance(item, list):
        return [_plain(entry, (*place, i), found) for i, entry in enumerate(item)]
    return _scalar(item, place)


def _scalar(item: Any, place: Place) -> Any:
    if item is None or isinstance(item, (bool, str)):
        return item
    if isinstance(item, np.bool_):
        return bool(item)
    if isinstance(item, (float, np.float16, np.float32)):
        return float(item)
    if isinstance(item, (int, np.integer)):
        if abs(int(item)) < LARGEST:
            return int(item)
        raise ArgumentError(
            f"save_state: the int at {_said(place)} has {int(item).bit_length()} bits, at most 1024 fit"
        )
    raise OperandError(
        f"save_state: {_said(place)} is of type {type(item).__name__}; dicts, lists, arrays, numbers, strings and "
        "None can be saved"
    )


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array.astype(array.dtype.newbyteorder("<"), copy=False), (1, 0), False)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> str:
    """Adds a member, always with the same date, so that equal states make equal files; returns its line of digests."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.external_attr = 0o644 << 16  # readable to its owner, should somebody unpack it
    archive.writestr(member, content)
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n"


def _opened(file: io.BufferedReader) -> zipfile.ZipFile:
    """The archive, all of whose members can be read without more memory than the file has bytes."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(4)
    try:
        archive = zipfile.ZipFile(file)
    except _ZIP_ERRORS:
        raise _Unreadable(_kind_of_file(start)) from None
    members = archive.infolist()
    if len({member.filename for member in members}) < len(members):
        raise _Unreadable("it holds several members of one name")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
            raise _Unreadable(
                f"{member.filename!r} is compressed or encrypted, which members of a checkpoint never are"
            )
        if member.file_size != member.compress_size:
            raise _Unreadable(f"{member.filename!r} has two different sizes")
    if sum(member.file_size for member in members) > size:
        raise _Unreadable(f"its members claim more bytes than the {size} of the file")
    return archive


def _read_state(archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    for name in (STATE, DIGESTS):
        if name not in names:
            raise _Unreadable(f"it is a zip archive without the member {name!r}, so it is no checkpoint of glassgrad")
    written = _content(archive, STATE)
    head = _head(written)
    places, tree = head["arrays"], head["state"]
    expected = [STATE, *(_member(i) for i in range(len(places)))]
    odd = {*expected, DIGESTS} ^ set(names)
    if odd:
        raise _Unreadable("; ".join(f"{n!r} is {'unexpected' if n in names else 'missing'}" for n in sorted(odd)[:8]))
    lines = _content(archive, DIGESTS).decode("ascii", "replace").splitlines()
    if [line[66:] for line in lines] != expected:
        raise _Unreadable(f"{DIGESTS!r} does not list the members one by one")
    digests = dict(zip(expected, lines, strict=True))
    _demand_digest(STATE, written, digests)
    for i, place in enumerate(places):
        content = _content(archive, _member(i))
        _demand_digest(_member(i), content, digests)
        _put(tree, place, _array(content, _member(i)), _member(i))
    return tree


def _head(content: bytes) -> dict[str, Any]:
    """The JSON member, with its format and version checked."""
    try:
        head = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _Unreadable(f"{STATE!r} is not JSON") from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise _Unreadable(f"{STATE!r} does not say that this is a {FORMAT}")
    if head.get("version") != VERSION:
        raise _Unreadable(
            f"it has format version {head.get('version')!r}, and this glassgrad reads version {VERSION}. "
            "Load it with the glassgrad that wrote it, or upgrade this one"
        )
    if not isinstance(head.get("state"), dict) or not isinstance(head.get("arrays"), list):
        raise _Unreadable(f"{STATE!r} lacks a state or the places of its arrays")
    return head


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except _ZIP_ERRORS as error:
        raise _Unreadable(f"{name!r} is damaged ({error})") from None


def _demand_digest(name: str, content: bytes, digests: Mapping[str, str]) -> None:
    if digests[name] != f"{hashlib.sha256(content).hexdigest()}  {name}":
        raise _Unreadable(f"{name!r} was changed: its SHA-256 digest is not the one that was written")


def _array(content: bytes, name: str) -> NDArray[Any]:
    """The array of a .npy member. What its header claims is checked against the bytes there are."""
    header = _NPY_HEADER.match(content)
    dtype = None if header is None else DTYPES.get(header["dtype"].decode("ascii"))
    if header is None or dtype is None:
        raise _Unreadable(f"{name!r} is no array of plain numbers; objects and the like are never loaded")
    shape = tuple(int(size) for size in re.findall(rb"\d+", header["shape"]))
    count, rest = math.prod(shape), len(content) - header.end()
    try:
        if count * dtype.itemsize != rest or int.from_bytes(header["length"], "little") + 10 != header.end():
            raise ValueError
        flat = np.frombuffer(content, dtype, count, header.end()).astype(dtype.newbyteorder("="))
        return flat.reshape(shape, order="F" if header["fortran"] == b"True" else "C")
    except ValueError:
        claim = f"the shape {shape} of {dtype}"
        raise _Unreadable(f"{name!r} claims {claim}, which its {rest} bytes do not hold") from None


def _put(tree: dict[str, Any], place: Any, array: NDArray[Any], name: str) -> None:
    """Puts an array where null keeps its place."""
    holder: Any = tree
    try:
        *way, last = place
        for step in way:
            holder = holder[step]
        vacant = holder[last] is None
    except (TypeError, ValueError, LookupError):
        vacant = False
    if not vacant:
        raise _Unreadable(f"{name!r} has no place in the state at {place!r}")
    holder[last] = array


def _member(i: int) -> str:
    return f"arrays/{i}.npy"


def _kind_of_file(start: bytes) -> str:
    if not start:
        return "it is empty"
    if start.startswith(b"\x80"):
        return "it seems to be a pickle, which could run any code and is never loaded"
    return "it is truncated or damaged" if start.startswith(b"PK") else "it is no zip archive, so it is no checkpoint"


def _demand_module(model: Any, where: str) -> None:
    if not isinstance(model, Module):
        raise OperandError(f"nn.{where}(model, path) takes a module first, got {type(model).__name__}")


def _path(path: Any, where: str) -> Path:
    if isinstance(path, (str, os.PathLike)) and isinstance(os.fspath(path), str) and "\0" not in os.fspath(path):
        return Path(path)
    raise OperandError(f"{where}: a path is text or a pathlib.Path, got {path!r}")


def _what_stands_there(target: Path) -> str:
    return "it is a folder" if target.is_dir() else f"there is no folder {target.parent}, create it first"


def _said(place: Place) -> str:
    return ".".join(str(step) for step in place) or "the state"


def _listed(state: Mapping[str, Any]) -> str:
    return ", ".join(repr(name) for name in list(state)[:8]) or "nothing"
