"""IDX files, and MNIST read from four of them: what is whole is read, and what is broken is named."""

import gzip
import hashlib
import struct
import tracemalloc

import numpy as np
import pytest

import nn
from autograd.errors import DataError
from nn.idx import read_idx

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)
NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def idx(array, magic=None, sizes=None):
    """The bytes of an IDX file, written from the description of the format."""
    sizes = array.shape if sizes is None else sizes
    magic = 0x0800 + len(sizes) if magic is None else magic
    return struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + array.astype(np.uint8).tobytes()


def written(path, content):
    path.write_bytes(content)
    return path


def write_mnist(folder, train=7, test=4, **replaced):
    """Four small files as MNIST has them, gzip in the training part; `replaced` maps a name's start to its bytes."""
    rng = np.random.default_rng(1)
    for name in NAMES:
        count = train if name.startswith("train") else test
        shape = (count, 28, 28) if "images" in name else (count,)
        content = idx(rng.integers(0, 256 if "images" in name else 10, shape, dtype=np.uint8))
        content = replaced.get(name.rpartition("-idx")[0].replace("-", "_"), content)
        if name.startswith("train"):
            written(folder / f"{name}.gz", gzip.compress(content, mtime=0))
        else:
            written(folder / name, content)
    return folder


@pytest.mark.parametrize("name", ["plain", "plain.gz", "packed", "packed.gz"])
def test_an_array_is_read_back_however_its_file_is_packed_and_named(tmp_path, name):
    content = idx(IMAGES)
    path = written(tmp_path / name, gzip.compress(content, mtime=0) if name.startswith("packed") else content)
    for where in (path, str(path)):
        assert np.array_equal(read_idx(where, 3), IMAGES)
    assert read_idx(path, 3).dtype == np.uint8


def test_a_file_cut_anywhere_is_refused_by_name(tmp_path):
    for content in (idx(IMAGES), gzip.compress(idx(IMAGES), mtime=0)):
        for length in range(len(content)):
            path = written(tmp_path / "cut", content[:length])
            with pytest.raises(DataError, match=f"^{path}: "):
                read_idx(path, 3)


def test_a_compressed_file_with_any_bit_turned_is_refused_or_read_right(tmp_path):
    content = gzip.compress(idx(IMAGES), mtime=0)
    refused = 0
    for i in range(8 * len(content)):
        broken = bytearray(content)
        broken[i // 8] ^= 1 << i % 8
        path = written(tmp_path / "turned.gz", bytes(broken))
        try:
            read = read_idx(path, 3)
        except DataError:
            refused += 1
        else:
            assert np.array_equal(read, IMAGES)
    # Six bytes in the header of gzip, of time and origin, say nothing of the data, nor do a few flags and padding bits.
    assert refused >= 8 * (len(content) - 8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends after 0 bytes, expected a header of 16"),
        (b"\x00\x00\x08", "ends after 3 bytes, expected a header of 16"),
        (idx(IMAGES)[:11], "ends after 11 bytes, expected a header of 16"),
        (idx(IMAGES)[:-1], "the header of 16 bytes announces 60 bytes of data, and only 59 follow"),
        (idx(IMAGES) + b"\x00", "announces 60 bytes of data, and more follow"),
        (idx(np.arange(5)), "magic number 0x00000801, expected 0x00000803 for unsigned bytes in 3 dimensions"),
        (idx(IMAGES, magic=0x0D03), "magic number 0x00000d03, expected 0x00000803"),
        (struct.pack("<4I", 0x0803, 1, 1, 1) + b"\x00", "magic number 0x03080000"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-6], "the gzip data are damaged"),
        (gzip.compress(idx(IMAGES), mtime=0) + b"more", "the gzip data are damaged"),
        (gzip.compress(idx(IMAGES) + b"\x00", mtime=0), "announces 60 bytes of data, and more follow"),
    ],
)
def test_what_was_found_and_expected_is_said(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read_idx(written(tmp_path / "odd", content), 3)


def test_a_damaged_checksum_is_named(tmp_path):
    content = bytearray(gzip.compress(idx(IMAGES), mtime=0))
    content[-8] ^= 1
    with pytest.raises(DataError, match=r"sum\.gz: the gzip data are damaged .*CRC"):
        read_idx(written(tmp_path / "sum.gz", bytes(content)), 3)


@pytest.mark.parametrize("packed", [False, True])
def test_a_header_that_announces_too_much_costs_no_memory(tmp_path, packed):
    content = idx(IMAGES, sizes=[2**32 - 1] * 3)
    path = written(tmp_path / "huge", gzip.compress(content, mtime=0) if packed else content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="only 60 follow"):
            read_idx(path, 3)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match=f"^{path}: cannot be read"):
            read_idx(path, 3)


def test_the_digest_is_that_of_the_unpacked_file(tmp_path):
    digest = hashlib.md5(idx(IMAGES)).hexdigest()
    for content in (
        idx(IMAGES),
        gzip.compress(idx(IMAGES), mtime=0),
        gzip.compress(idx(IMAGES), compresslevel=1, mtime=0),
    ):
        path = written(tmp_path / "known", content)
        assert np.array_equal(read_idx(path, 3, md5=digest), IMAGES)
        with pytest.raises(DataError, match=f"known: the MD5 digest .* is {digest}, expected 00ff"):
            read_idx(path, 3, md5="00ff")


def test_mnist_is_read_from_its_four_files(tmp_path):
    train, test = nn.data.mnist(write_mnist(tmp_path))
    assert (train.name, test.name) == ("mnist train", "mnist test")
    assert (train.X.shape, test.X.shape) == ((7, 784), (4, 784))
    assert (train.X.dtype, train.y.dtype) == (np.float32, np.int64)
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (7, 28, 28), dtype=np.uint8), rng.integers(0, 10, 7, dtype=np.uint8)
    assert train.X.reshape(7, 28, 28).tolist() == (images / np.float32(255.0)).tolist()
    assert train.y.tolist() == labels.tolist()
    assert train.feature_names[28] == "pixel 1,0"
    assert "LeCun" in test.source


def test_ink_is_1_and_paper_is_0(tmp_path):
    pixels = np.zeros((4, 28, 28), dtype=np.uint8)
    pixels[0, 0, 1] = 255
    _, test = nn.data.mnist(write_mnist(tmp_path, t10k_images=idx(pixels)))
    assert np.nonzero(test.X.ravel() == 1.0)[0].tolist() == [1]
    assert np.count_nonzero(test.X) == 1


def test_a_missing_file_is_named_and_where_to_get_it(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match=f"mnist: {tmp_path}: there is neither t10k-labels-idx1-ubyte nor .*https://"):
        nn.data.mnist(tmp_path)
    with pytest.raises(DataError, match="nowhere: this is not a folder"):
        nn.data.mnist(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        (
            "train_labels",
            idx(np.zeros(6)),
            "train-labels.*holds 6 labels, expected 7, one for each image in .*train-im",
        ),
        ("t10k_labels", idx(np.array([1, 2, 10, 3])), "t10k-labels.*: label 2 is 10, expected a digit from 0 to 9"),
        ("t10k_images", idx(np.zeros((4, 27, 28))), "t10k-images.*: holds 4 images of 27×28 pixels, expected some of"),
        ("train_images", idx(np.zeros((0, 28, 28))), "train-images.*: holds 0 images"),
        ("train_images", idx(np.zeros(7)), "train-images.*: begins with the magic number 0x00000801"),
        ("t10k_labels", idx(np.zeros((4, 28, 28))), "t10k-labels.*: begins with the magic number 0x00000803"),
    ],
)
def test_files_of_mnist_that_do_not_fit_are_named(tmp_path, part, content, message):
    with pytest.raises(DataError, match=message):
        nn.data.mnist(write_mnist(tmp_path, **{part: content}))


def test_verification_tells_other_files_from_the_published_ones(tmp_path):
    write_mnist(tmp_path)
    with pytest.raises(DataError, match=r"train-images.*digest.*expected 6bbc9ace898e44ae57da46a324031adb"):
        nn.data.mnist(tmp_path, verify=True)
