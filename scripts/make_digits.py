"""Write core/data/digits.npz from scikit-learn's copy of the UCI digits.

    python -m scripts.make_digits

Needs scikit-learn, which neither the site nor its tests need.  The same input gives the same
bytes.  The split: shuffle with a fixed seed, sort by class keeping that order, hold out every
fifth image; so each class gives a fifth of its images.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parent.parent / "core" / "data" / "digits.npz"


def main() -> None:
    images, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    held_out = np.arange(len(order)) % 5 == 0
    order = np.concatenate([rng.permutation(by_class[~held_out]), by_class[held_out]])
    np.savez_compressed(
        TARGET, images=images[order].astype(np.uint8), labels=labels[order].astype(np.uint8)
    )
    print(f"{TARGET.name}: {len(order)} images, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
