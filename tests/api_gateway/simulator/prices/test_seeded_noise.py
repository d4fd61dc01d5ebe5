from __future__ import annotations

from itertools import islice, pairwise
from statistics import fmean, pstdev

from api_gateway.simulator.prices.seeded_noise import fractal_noise, hash_keys, normal, random_stream, uniform


def test_hash_depends_only_on_its_keys() -> None:
    assert hash_keys(1, 2) == hash_keys(1, 2)
    assert len({hash_keys(key, index) for key in range(50) for index in range(50)}) == 2500


def test_uniform_numbers_are_distributed_evenly() -> None:
    numbers = [uniform(3, i) for i in range(4000)]
    assert min(numbers) >= 0
    assert max(numbers) < 1
    assert abs(fmean(numbers) - 0.5) < 0.02


def test_normal_numbers_have_mean_zero_and_deviation_one() -> None:
    numbers = [normal(3, i) for i in range(4000)]
    assert abs(fmean(numbers)) < 0.06
    assert abs(pstdev(numbers) - 1) < 0.06


def test_random_stream_is_reproducible() -> None:
    assert list(islice(random_stream(9), 5)) == list(islice(random_stream(9), 5))
    assert list(islice(random_stream(9), 5)) != list(islice(random_stream(8), 5))


def test_fractal_noise_has_unit_steps_and_is_bounded() -> None:
    places = [fractal_noise(5, day) for day in range(-1000, 1000)]
    steps = [b - a for a, b in pairwise(places)]
    assert 0.85 < pstdev(steps) < 1.15
    assert max(map(abs, places)) < 80


def test_fractal_noise_is_continuous() -> None:
    assert abs(fractal_noise(5, 10.5) - fractal_noise(5, 10.499)) < 0.01
