"""Seeded noise: pseudo-random numbers that depend only on their keys, not on the order of calls."""

from __future__ import annotations

from collections.abc import Iterator

_MASK = (1 << 64) - 1


def hash_keys(key: int, index: int) -> int:
    """A 64-bit hash of both arguments (the finalizer of splitmix64)."""
    x = (key + 0x9E3779B97F4A7C15 * (index + 1)) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def random_stream(key: int) -> Iterator[int]:
    """An endless stream of 64-bit numbers from one key (linear congruential: use the upper 48 bits)."""
    x = key
    while True:
        x = (x * 6364136223846793005 + 1442695040888963407) & _MASK
        yield x


def uniform(key: int, index: int) -> float:
    """A uniformly distributed number in [0, 1)."""
    return hash_keys(key, index) / (1 << 64)


def normal(key: int, index: int) -> float:
    """An approximately normal number (mean 0, deviation 1, within ±3.5): the sum of four uniform ones."""
    x = hash_keys(key, index)
    total = (x & 0xFFFF) + (x >> 16 & 0xFFFF) + (x >> 32 & 0xFFFF) + (x >> 48)
    return (total / 65536 - 2) * 1.7320508


def fractal_noise(key: int, position: float) -> float:
    """Bounded fractal noise: a path over the real numbers whose unit steps have a deviation of about 1.

    It is the sum of ten octaves of linearly interpolated noise, each with twice the wavelength and 1.4 times
    the amplitude of the one before.
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
