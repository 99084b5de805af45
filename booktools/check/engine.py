"""Mutants of the proof checker: is every mistake in its source found, and do both halves ever accept a falsehood?

    python -m booktools.check.engine           writes booktools/check/engine.json

Each mutant of ``kernel``, ``proof`` and ``numeric`` is loaded in a process of its own, in place of its module, while
the language stays as it is.  Then the half of the check that has the mutant judges all falsehoods and true steps,
and the unit tests of the kernel run.  A mutant is *found* if a falsehood passes its half, a true step does not, or a
unit test fails.  Where a falsehood passes, the other half judges it, too: no mutant may let it pass both.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.machinery
import importlib.util
import json
import multiprocessing
import multiprocessing.connection
import resource
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "derive"
SUBPACKAGES = {"kernel": 8, "proof": 50, "numeric": 50}  # one mutant in so many is run, for each subpackage
RELOADED = ("kernel", "proof", "numeric", "definitions", "verify", "page")
UNIT = tuple(f"tests.derive.test_kernel_{part}" for part in ("pieces", "rules", "means"))
SPARSE = 5  # a mutant that truths or unit tests find is tried on each fifth falsehood only
SECONDS = 20  # of processor time; a mutant that takes longer is found, as a test would be stopped
RESULT = Path(__file__).with_name("engine.json")
EQUIVALENT = {  # mistakes that change nothing, with the reason
    "kernel.free: dropped filter:  for one in found if not is_state_run(one)": (
        "a mean under a distribution binds no variable"
    ),
    "kernel.free: swapped arguments: may_alias(part, left)": "may_alias is symmetric",
    "kernel.free: swapped arguments: may_alias(node, left)": "may_alias is symmetric",
    "kernel.ranges: swapped arguments: min(c, self.bounds.get((one, other), c))": "min is symmetric",
    "kernel.ranges: one less: 1 in for _ in range(len(self.bounds) + 1):": "a path takes each bound once at most",
    "kernel.noises: one less: 0 in (coefficient, factors), two = parts[0], Num(sums.ONE.value * 2)": (
        "the first of one is the last of one"
    ),
    "kernel.rewrite: comparison: parts[0][0] <= 0": "a coefficient of a product is never zero",
    "kernel.rewrite: one less: 0 in merged = self.merged(parts[0][1], variables, ranges)": (
        "the first of one is the last of one"
    ),
    "kernel.rewrite: swapped arguments: overlap([one], mine, ranges)": "overlap is symmetric",
    "kernel.rewrite: one more: 1 in for one in sorted(set(runs), key=lambda one: (one[0].name, str(one[1:]))):": (
        "any order will do"
    ),
    "kernel.wellformed: arithmetic: 10 ** 9": "any late time will do",
    "kernel.noises: one less: 0 in if len(parts) != 1 or len(parts[0][1]) != 1 or "
    "type(next(iter(parts[0][1]))) is not Sum:": "the first of one is the last of one",
    "kernel.rewrite: one less: 0 in if len(parts) != 1 or parts[0][0] <= 0 or not all(map(positive, parts[0][1])):": (
        "the first of one is the last of one"
    ),
    "kernel.states: dropped condition: high.symbol or ''": "any order that is the same for both sides will do",
    "kernel.telescope: condition is True: [] if isinstance(node, Limit) else offsets(node.low, symbol) "
    "+ offsets(node.high": ("the ends of a sum are free of its index"),
    "kernel.wellformed: one more: 9 in LATE = Index(None, 10**9)  # an index that goes to a limit": (
        "any late time will do"
    ),
    "kernel.rewrite: one less: 0 in coefficient, factors = parts[0]": "the first of one is the last of one",
    "kernel.rewrite: one less: 0 in thing, low, high = states[0]": "used where there is one run only",
    "kernel.rewrite: one more: 1 in early = all(ranges.at_most(last + 1, target[1]) for target in targets)": (
        "a run of targets around the nearest condition overlaps with it, and is refused"
    ),
    "kernel.states: and/or: high.symbol or ''": "any order that is the same for both sides will do",
    "kernel.states: and/or: low.symbol or ''": "any order that is the same for both sides will do",
}


@dataclass
class Outcome:
    """What became of a mutant; empty fields mean that nothing was noticed."""

    module: str
    what: str
    found: str = ""
    both: list[str] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)


class Finder:
    """Loads one module from a mutant's source."""

    def __init__(self, mutant: Mutant):
        self.mutant = mutant

    def find_spec(self, name, path=None, target=None):
        if name != self.mutant.module:
            return None
        file, source = ROOT / (name.replace(".", "/") + ".py"), self.mutant.make()

        class Loader(importlib.machinery.SourceFileLoader):
            def get_code(self, fullname):
                return compile(source, str(file), "exec", dont_inherit=True)

        return importlib.util.spec_from_file_location(name, file, loader=Loader(name, str(file)))


def chosen(subpackages=None, start: int = 0) -> list[Mutant]:
    """The mutants that are run: each ``step``-th of a subpackage's, from ``start`` on."""
    found = []
    for subpackage, step in (subpackages or SUBPACKAGES).items():
        here = []
        for file in sorted((ROOT / ENGINE.replace(".", "/") / subpackage).glob("*.py")):
            here += mutants(f"{ENGINE}.{subpackage}.{file.stem}", file.read_text())
        found += here[start::step]
    return found


def judge(mutant: Mutant, false, true) -> Outcome:
    """What the checks say of a mutant; to be called in a process that is thrown away."""
    outcome = Outcome(mutant.module.removeprefix(f"{ENGINE}."), mutant.what)
    for name in [
        name for name in sys.modules if name.startswith(tuple(f"{ENGINE}.{subpackage}" for subpackage in RELOADED))
    ]:
        del sys.modules[name]
    for name in (*UNIT, "kernel_terms"):  # what holds pieces of the kernel must take the mutant's
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Finder(mutant))
    try:
        halves = importlib.import_module("cases").Halves()
    except Exception as error:
        outcome.found = f"import: {type(error).__name__}"
        return outcome
    numeric = outcome.module.startswith("numeric")
    mine, other = (halves.unrefuted, halves.proved) if numeric else (halves.proved, halves.unrefuted)
    outcome.found = ("" if numeric else unit_tests()) or next((f"truth: {o.name}" for o in true if not mine(o)), "")
    tried = false[:: SPARSE if outcome.found else 1]
    passed = [one for one in tried if (one.seen or not numeric) and mine(one)]
    outcome.both = [one.name for one in passed if one.seen and other(one)]
    outcome.blind = [one.name for one in passed if not one.seen]
    outcome.found = f"falsehood: {passed[0].name}" if passed else outcome.found
    return outcome


def unit_tests() -> str:
    """The first unit test of the kernel that fails."""
    try:
        found = [test for name in UNIT for test in vars(importlib.import_module(name)).items()]
    except Exception as error:
        return f"unit: {type(error).__name__}"
    for name, test in found:
        if name.startswith("test_"):
            try:
                test()
            except BaseException:  # pytest's own failures are no Exceptions
                return f"unit: {name}"
    return ""


def _child(pipe, mutant, false, true):
    used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, used + SECONDS + 1))
    pipe.send(asdict(judge(mutant, false, true)))
    pipe.close()


def run(todo: list[Mutant], false, true, jobs: int = 2, seen=lambda outcome: None) -> list[Outcome]:
    """Judge all mutants, ``jobs`` at a time, each in a fork of this process."""
    fork, waiting, running, done = multiprocessing.get_context("fork"), list(todo), [], []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant, (ours, theirs) = waiting.pop(0), fork.Pipe(duplex=False)
            process = fork.Process(target=_child, args=(theirs, mutant, false, true), daemon=True)
            process.start()
            theirs.close()
            running.append((mutant, process, ours))
        ready = multiprocessing.connection.wait([pipe for *_, pipe in running])
        for entry in [entry for entry in running if entry[2] in ready]:
            mutant, process, pipe = entry
            try:
                outcome = Outcome(**pipe.recv())
            except EOFError:  # stopped by the limit, or crashed
                outcome = Outcome(mutant.module.removeprefix(f"{ENGINE}."), mutant.what, "stopped")
            process.join()
            running.remove(entry)
            done.append(outcome)
            seen(outcome)
    return sorted(done, key=lambda outcome: (outcome.module, outcome.what))


def equivalent(outcome: Outcome) -> bool:
    return f"{outcome.module}: {outcome.what.split(': ', 1)[1]}" in EQUIVALENT


def summary(outcomes, false, true) -> dict:
    """Counts per module, and the mutants that nothing noticed."""
    rows = {}
    for outcome in outcomes:
        row = rows.setdefault(outcome.module, {"mutants": 0, "found": 0, "equivalent": 0, "both": 0})
        row["mutants"] += 1
        row["found"] += bool(outcome.found)
        row["equivalent"] += not outcome.found and equivalent(outcome)
        row["both"] += bool(outcome.both)
    return {
        "command": "python -m booktools.check.engine",
        "conditions": {"each": SUBPACKAGES, "falsehoods": len(false), "truths": len(true), "seconds": SECONDS},
        "blind": sum(not one.seen for one in false),
        "modules": rows,
        "survivors": [f"{o.module}: {o.what}" for o in outcomes if not o.found and not equivalent(o)],
    }


def material(thin: int = 2):
    """The falsehoods that the kernel refuses today, those that it does not, and the true steps."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    cases, true_steps = (importlib.import_module(name) for name in ("cases", "true_steps"))
    halves, false = cases.Halves(), cases.every_false_case(thin)
    open_ = [one for one in false if halves.proved(one)]
    return [one for one in false if one not in open_], open_, cases.true_cases(true_steps.true_steps())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--subpackages", nargs="*", default=list(SUBPACKAGES))
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--thin", type=int, default=2, help="each which of the generated falsehoods is tried")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    false, open_, true = material(options.thin)
    print(f"{len(false)} falsehoods, {len(true)} true steps, open: {[one.name for one in open_]}", flush=True)
    todo = chosen({subpackage: SUBPACKAGES[subpackage] for subpackage in options.subpackages}, options.start)

    def show(outcome):
        print(f"{outcome.found or 'SURVIVES'} {outcome.both or ''} | {outcome.module} {outcome.what}", flush=True)

    result = summary(run(todo, false, true, options.jobs, show), false, true)
    options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
