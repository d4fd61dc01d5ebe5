"""`python -m evals`: runs the questions with their scripted calls, or with a model.

Without `--model`, writes the cost table and prints the questions that do not pass.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from evals.costs import COSTS, format_costs, measure_overhead, title
from evals.models.report import connect, run_model
from evals.models.settings import ModelSettingsError, read_settings
from evals.question import Question
from evals.questions import QUESTIONS
from evals.run import run_question


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("--model", default="", help="ask this model instead of making the scripted calls")
    parser.add_argument("--only", default="", metavar="TEXT", help="only questions that contain the text")
    parser.add_argument(
        "--jobs", type=int, choices=(1, 2), default=1, help="questions at a time, with a model"
    )
    chosen = parser.parse_args(arguments)
    questions = [each for each in QUESTIONS if chosen.only.lower() in each.text.lower()]
    if not questions:
        print(f"No question contains {chosen.only!r}.", file=sys.stderr)
        return 2
    if chosen.model:
        return ask(chosen.model, questions, chosen.jobs, environment)
    return run_script(questions, write=not chosen.only)


def ask(model: str, questions: Sequence[Question], jobs: int, environment: Mapping[str, str]) -> int:
    """Ask a model the questions."""
    try:
        settings = read_settings(model, environment)
    except ModelSettingsError as error:
        print(error, file=sys.stderr)
        return 2
    endpoint, start = connect(settings)
    try:
        return run_model(questions, settings, start, jobs=jobs)
    finally:
        endpoint.close()


def run_script(questions: Sequence[Question], *, write: bool) -> int:
    """Make the scripted calls of the questions; `write` the cost table, or else print the answers."""
    outcomes = [run_question(each) for each in questions]
    for each in outcomes:
        if each.missing or not write:
            print(f"{'passes' if each.passes else 'FAILS '}  {title(each)}")
            print("\n".join(f"        missing: {fact}" for fact in each.missing) or "        every fact")
        if not write:
            print(each.text)
    print(f"{sum(each.passes for each in outcomes)} of {len(outcomes)} questions pass.")
    if write:
        COSTS.write_text(format_costs(outcomes, measure_overhead()), encoding="utf-8")
        print(f"Written: {COSTS.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
