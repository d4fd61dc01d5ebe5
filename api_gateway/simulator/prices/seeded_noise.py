"""Numbers that look random and depend only on their keys, so that any moment can be asked for first."""

from __future__ import annotations

from collections.abc import Iterator

_MASK = (1 << 64) - 1


def hash_keys(key: int, index: int) -> int:
    """A 64-bit number that changes completely when either argument does (the finaliser of splitmix64)."""
    x = (key + 0x9E3779B97F4A7C15 * (index + 1)) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def random_stream(key: int) -> Iterator[int]:
    """Endless 64-bit numbers from one key (a linear congruence: the upper 48 bits are the good ones)."""
    x = key
    while True:
        x = (x * 6364136223846793005 + 1442695040888963407) & _MASK
        yield x


def uniform(key: int, index: int) -> float:
    """A number in [0, 1)."""
    return hash_keys(key, index) / (1 << 64)


def normal(key: int, index: int) -> float:
    """A number with mean 0 and deviation 1, never beyond 3.5: four uniform numbers added up."""
    x = hash_keys(key, index)
    total = (x & 0xFFFF) + (x >> 16 & 0xFFFF) + (x >> 32 & 0xFFFF) + (x >> 48)
    return (total / 65536 - 2) * 1.7320508


def fractal_noise(key: int, position: float) -> float:
    """A path over real numbers whose steps of 1 have a deviation of about 1, and which never runs away.

    It is a sum of ten straight-lined noises, each twice as long and 1.4 times as high as the one before.
    """
    total = 0.0
    for octave in range(10):
        place = position / (1 << octave)
        left = int(place // 1)
        part = place - left
        level = hash_keys(key, octave)
        step = normal(level, left) * (1 - part) + normal(level, left + 1) * part
        total += step * 0.5 * (1 << octave) ** 0.5
    return total
