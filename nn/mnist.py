"""MNIST: 70,000 handwritten digits, read from the four files in which they are published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograd.errors import DataError
from nn.dataset import Dataset
from nn.idx import read_idx

_SIDE = 28
_SOURCE = (
    "Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits, "
    "http://yann.lecun.com/exdb/mnist/"
)
_MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"

# MD5 digests of the unpacked files: the same whoever compressed them.
_DIGESTS = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def mnist(folder: str | Path, verify: bool = False) -> tuple[Dataset, Dataset]:
    """The training and the test digits from the files in a folder, each plain or compressed with gzip.

    The files are train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
    or the same names with .gz. X is float32 of shape (n, 784), the 28×28 pixels row after row, from 0 for paper to 1
    for ink. With `verify` the files must be the published ones, byte for byte once unpacked.

    DataError names the file and what is wrong with it. Nothing is downloaded: where a file is missing, the message
    says where to get it.
    """
    paths = {name: _found(Path(folder), name) for name in _DIGESTS}
    return _part("train", paths, verify), _part("t10k", paths, verify)


def _found(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    lacking = f"there is neither {name} nor {name}.gz in it" if folder.is_dir() else "this is not a folder"
    raise DataError(
        f"mnist: {folder}: {lacking}. Put the four files {', '.join(f'{each}.gz' for each in _DIGESTS)} there, "
        f"unpacked or not; {_MIRROR} has them."
    )


def _part(prefix: str, paths: dict[str, Path], verify: bool) -> Dataset:
    """The images of one pair of files with their labels."""
    images_name, labels_name = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
    images = read_idx(paths[images_name], 3, _DIGESTS[images_name] if verify else None)
    labels = read_idx(paths[labels_name], 1, _DIGESTS[labels_name] if verify else None)
    _check(paths[images_name], images, paths[labels_name], labels)
    X = images.reshape(len(images), _SIDE * _SIDE).astype(np.float32)
    X /= 255.0
    return Dataset(
        name=f"mnist {'test' if prefix == 't10k' else 'train'}",
        X=X,
        y=labels.astype(np.int64),
        feature_names=[f"pixel {row},{column}" for row in range(_SIDE) for column in range(_SIDE)],
        class_names=[str(digit) for digit in range(10)],
        source=_SOURCE,
    )


def _check(images_path: Path, images: NDArray[np.uint8], labels_path: Path, labels: NDArray[np.uint8]) -> None:
    """Raises DataError unless there are images of 28×28 pixels, each with a label from 0 to 9."""
    count, rows, columns = images.shape
    if count == 0 or (rows, columns) != (_SIDE, _SIDE):
        raise DataError(f"{images_path}: holds {count} images of {rows}×{columns} pixels, expected some of 28×28")
    if len(labels) != count:
        raise DataError(
            f"{labels_path}: holds {len(labels)} labels, expected {count}, one for each image in {images_path}"
        )
    (strange,) = np.nonzero(labels > 9)
    if strange.size:
        raise DataError(f"{labels_path}: label {strange[0]} is {labels[strange[0]]}, expected a digit from 0 to 9")
