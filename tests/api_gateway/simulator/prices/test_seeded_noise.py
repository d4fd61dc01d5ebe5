from __future__ import annotations

from itertools import islice, pairwise
from statistics import fmean, pstdev

from api_gateway.simulator.prices.seeded_noise import fractal_noise, hash_keys, normal, random_stream, uniform


def test_the_same_keys_give_the_same_number_and_others_another() -> None:
    assert hash_keys(1, 2) == hash_keys(1, 2)
    assert len({hash_keys(key, index) for key in range(50) for index in range(50)}) == 2500


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    numbers = [uniform(3, i) for i in range(4000)]
    assert min(numbers) >= 0
    assert max(numbers) < 1
    assert abs(fmean(numbers) - 0.5) < 0.02


def test_normal_numbers_have_mean_zero_and_deviation_one() -> None:
    numbers = [normal(3, i) for i in range(4000)]
    assert abs(fmean(numbers)) < 0.06
    assert abs(pstdev(numbers) - 1) < 0.06


def test_a_stream_starts_again_with_the_same_key() -> None:
    assert list(islice(random_stream(9), 5)) == list(islice(random_stream(9), 5))
    assert list(islice(random_stream(9), 5)) != list(islice(random_stream(8), 5))


def test_a_wandering_path_takes_steps_of_about_one_and_stays_near() -> None:
    places = [fractal_noise(5, day) for day in range(-1000, 1000)]
    steps = [b - a for a, b in pairwise(places)]
    assert 0.85 < pstdev(steps) < 1.15
    assert max(map(abs, places)) < 80


def test_a_wandering_path_has_no_jumps_between_its_steps() -> None:
    assert abs(fractal_noise(5, 10.5) - fractal_noise(5, 10.499)) < 0.01
