"""python -m benchmarks.products: a layer's products x wᵀ and g w, as they stand and transposed, (w xᵀ)ᵀ and (wᵀ gᵀ)ᵀ.

It prints the fastest of many interleaved rounds for each. It is why the row `linear` hands its products to BLAS so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

ROUNDS, REPEATS = 40, 5


def cases(samples: int, inputs: int, outputs: int) -> dict[str, Callable[[], Any]]:
    """The four products of a layer in float32."""
    rng = np.random.default_rng(0)
    x, w, g = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in ((samples, inputs), (outputs, inputs), (samples, outputs))
    )
    return {
        "x wᵀ": lambda: np.matmul(x, w.T),
        "(w xᵀ)ᵀ": lambda: np.matmul(w, x.T).T,
        "g w": lambda: np.matmul(g, w),
        "(wᵀ gᵀ)ᵀ": lambda: np.matmul(w.T, g.T).T,
    }


def main() -> None:
    for sizes in ((64, 784, 512), (64, 512, 512), (128, 784, 512), (128, 512, 512)):
        products = cases(*sizes)
        best = dict.fromkeys(products, float("inf"))
        for _ in range(ROUNDS):
            for name, product in products.items():
                start = time.perf_counter()
                for _ in range(REPEATS):
                    product()
                best[name] = min(best[name], (time.perf_counter() - start) / REPEATS)
        figures = ", ".join(f"{name} {seconds * 1e6:.0f} µs" for name, seconds in best.items())
        print(f"{sizes[0]} samples, {sizes[1]} to {sizes[2]}: {figures}")


if __name__ == "__main__":
    main()
