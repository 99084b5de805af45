"""No traceback reaches a user of the command line: generated arguments, YAML files, images and checkpoints.

What would take long is taken out (training, sampling, kernels); every check before it and every reader of a file is the
real one.  A case ends with an exit status and, if that is not 0, one line that says why.  `make test` tries 50 cases,
the same ones each time; `make test-full` tries 560 new ones.
"""

from __future__ import annotations

import argparse
import copy
import json
import struct
import warnings
import zlib
from pathlib import Path

import hypothesis.strategies as st
import nbformat
import pytest
from hypothesis import HealthCheck, given, settings

from diffusion_lib.cli import commands as cli
from diffusion_lib.cli import parser, training_data
from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import fingerprint
from diffusion_lib.sample.chain import SampleStep
from diffusion_lib.stable_diffusion import image_file, pipeline, weights
from models.miniature import train_latent

KINDS = {"arguments": (20, 260), "yaml": (10, 100), "images": (10, 100), "checkpoints": (10, 100)}


def runs(kind):
    """Both sizes of a test: for `make test`, and for `make test-full`."""
    few, many = KINDS[kind]
    full = pytest.param(many, marks=pytest.mark.slow, id="full")
    return pytest.mark.parametrize("examples", [pytest.param(few, id="quick"), full])


def generated(examples, *strategies):
    """Run a function on so many examples; few are the same each time, many are not."""

    def run(function):
        options = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
        settings(max_examples=examples, derandomize=examples < 50, **options)(given(*strategies)(function))()

    return run


@pytest.fixture(scope="module")
def place(tmp_path_factory, tiny_folder):
    """A directory with a file of each kind, and commands without their long work."""
    directory = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        patch.setattr("models.miniature.FOLDER", tiny_folder)
        (directory / "_toc.yml").touch()
        (directory / "notebooks").mkdir()
        cell = nbformat.v4.new_code_cell(
            "T = 5\nrate = 0.5\nflag = True\nname = 'a'", metadata={"tags": ["parameters"]}
        )
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "notebooks/small.ipynb")
        Path("good.yaml").write_text("chapter: small\ngrid: {T: [1, 2], rate: 1e-4}\n")
        train = ["train", "--data", "ring", "--T", "20", "--steps", "1", "--batch-size", "2", "--out", "run"]
        assert parser.main([*train, "--device", "cpu"]) == 0
        assert parser.main(["image", "a dog", "--steps", "1", "--seed", "0", "--out", "good.png"]) == 0
        patch.setattr(cli.run, "drive", lambda *_, **__: 0)
        patch.setattr(cli, "last", lambda _: cli.torch.zeros(1, 2))
        patch.setattr(cli, "draw_curve", lambda _: None)
        patch.setattr(training_data, "sample_density", lambda *_: cli.torch.zeros(4, 2))
        patch.setattr(pipeline, "denoise", undrawn)
        patch.setattr(train_latent, "fit", stub)
        patch.setattr("papermill.execute_notebook", stub)
        patch.setattr("snakemake.cli.main", lambda words: None)
        yield directory


def undrawn(parts, text, empty, x_T, **_):
    """The smallest latents instead of an image's, in no time."""
    yield SampleStep(0, x_T[..., :1, :1], x_T[..., :1, :1])


def stub(*_, **__):
    raise ConfigError("what comes now takes long")


def outcome(capsys, words):
    """The exit status of a command; any exception but argparse's exit is a failure of the test that asks."""
    capsys.readouterr()
    try:
        with warnings.catch_warnings(action="ignore"):  # of g below 1, say: a line for the user, an error in tests
            code = parser.main(words)
    except SystemExit as stop:
        code = stop.code
    said = "".join(capsys.readouterr())
    assert type(code) is int and 0 <= code < 256 and "Traceback" not in said
    assert code == 0 or said.strip(), f"{words} ended with {code} and said nothing"
    return code


# --- arguments -------------------------------------------------------------------------------------------------------

NASTY = (
    "", " ", "0", "-1", "-1e-5", "2.5", "nan", "inf", "-inf", "1e999", "9" * 30, "9" * 5000, "True", "None",
    "x", "ä🎩", "\udcff", "\ud800", "a" * 300, ".", "..", "/", "/sys/x.png", "/dev/null", "/proc/self/mem", "--",
    "-", "-p", "a=b", "<script>", "$\\frac a$", "{T}", "%s", "\n", "a.b", "run", "good.png", "good.yaml",
    "notebooks/small.ipynb", "_toc.yml", "good.png/x.png", "nowhere/x.png", "small", "miniature",
    "CompVis/stable-diffusion-v1-5",
)  # fmt: skip
GOOD = (
    "1", "2", "20", "64", "0.5", "ring", "digits", "linear", "cosine", "cpu", "auto", "ddim", "lms", "float32",
    "local", "out", "new/deep", "x.png", "x.safetensors", "T", "rate", "7",
)  # fmt: skip


def options_of(command):
    """The positional arguments of a command, and its options with the number of words that they take."""
    actions = [action for action in command._actions if not isinstance(action, argparse._HelpAction)]
    places = [action for action in actions if not action.option_strings]
    return places, [(action.option_strings[-1], action.nargs != 0) for action in actions if action.option_strings]


(COMMANDS,) = [a.choices for a in parser.parser()._actions if isinstance(a, argparse._SubParsersAction)]
WORD = st.sampled_from(NASTY) | st.sampled_from(GOOD) | st.sampled_from(GOOD) | st.text(max_size=8).filter(
    lambda text: "\0" not in text  # no argument of a program can hold it
)  # fmt: skip


@st.composite
def arguments(draw):
    name = draw(st.sampled_from([*COMMANDS, *COMMANDS, "nothing", "--version", ""]))
    if name not in COMMANDS:
        return [name, *draw(st.lists(WORD, max_size=2))]
    places, options = options_of(COMMANDS[name])
    words = [name, *(draw(WORD) for _ in places)]
    required = [
        action.option_strings[-1] for action in COMMANDS[name]._actions if action.required and action.option_strings
    ]
    for option in required if draw(st.integers(0, 9)) else ():  # now and then one is missing
        words += [option, draw(st.sampled_from(("out", "x.png", "run", "ring", "good.png")) | WORD)]
    for option, takes in draw(st.lists(st.sampled_from(options), max_size=3)):
        words += [option, *([draw(WORD), draw(WORD)] if option == "-p" else [draw(WORD)] if takes else [])]
    return words


@runs("arguments")
def test_no_traceback_for_any_arguments(place, capsys, monkeypatch, examples):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(place / "empty"))
    monkeypatch.setattr(weights, "ANSWER", 0.01)
    codes = []

    @generated(examples, arguments())
    def no_traceback(words):
        codes.append(outcome(capsys, words))

    assert {0, 2} <= set(codes) or examples < 50
    assert not [path for path in place.rglob("*.tmp")]


# --- YAML ------------------------------------------------------------------------------------------------------------

PIECES = (
    "chapter: small\n", "grid:\n", "  T: ", "1", "[1, 2]", "{", "}", "[", "]", ", ", ": ", "\n", "  ", "- ",
    "&a ", "*a", "!!int ", "!!python/name:os.system ", "<<: ", "'", '"', "|\n", ">\n", "#", "%YAML 1.1\n",
    "---\n", "...\n", "? ", "2020-99-99", "0x1f", "1e5", "9" * 5000, "~", "yes", "\t", "\\u0000", "\x00",
    "\ud800", "🎩", "timeout: ", "[" * 3000, "T: {T: {T: 1}}", "rate: .inf\n", "name: a\n", "flag: true\n", "é",
)  # fmt: skip


@runs("yaml")
def test_no_traceback_for_any_yaml(place, capsys, examples):
    codes = []

    @generated(examples, st.lists(st.sampled_from(PIECES), max_size=12), st.booleans(), st.binary(max_size=3))
    def no_traceback(pieces, usual, junk):
        text = ("chapter: small\ngrid: {T: 1}\n" if usual else "") + "".join(pieces)
        Path("fuzz.yaml").write_bytes(text.encode(errors="surrogatepass") + (junk if len(junk) == 3 else b""))
        codes.append(outcome(capsys, ["sweep", "fuzz.yaml", "--out", "swept"]))

    assert 2 in codes and (examples < 50 or 1 in codes)  # 1: it is a sweep, whose runs were not run


# --- images --------------------------------------------------------------------------------------------------------

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from((10**18, -(10**18), 1e300)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(text, width=8, height=8, pixels=b""):
    """A PNG whose header and text are what somebody wants them to be, with right checksums."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    said = chunk(b"tEXt", image_file.CHUNK.encode() + b"\0" + text.encode("latin-1", "replace"))
    pixels = pixels or zlib.compress(b"\0" * (height * (3 * width + 1)) if width * height < 10**6 else b"\0")
    return b"\x89PNG\r\n\x1a\n" + header + said + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@st.composite
def images(draw, good):
    how = draw(st.sampled_from(("value", "value", "json", "header", "bytes", "cut")))
    found = image_file.parameters("good.png")
    if how == "value":
        return png(json.dumps(found | {draw(st.sampled_from([*found])): draw(PLAIN)}))
    if how == "json":
        return png(
            draw(st.sampled_from(("[" * 90_000, "{", "9" * 5000, "NaN", '"\\ud800"', "[1]", "null", '{"a":' * 5000)))
        )
    if how == "header":
        sides = st.sampled_from((0, 1, 8, 2048, 2049, 13_000, 60_000, 2**31 - 1))
        return png(json.dumps(found), draw(sides), draw(sides), draw(st.binary(max_size=40)))
    at = draw(st.integers(0, len(good) - 1))
    return good[:at] if how == "cut" else good[:at] + draw(st.binary(min_size=1, max_size=4)) + good[at + 1 :]


@runs("images")
def test_no_traceback_for_any_image(place, capsys, examples):
    codes = []

    @generated(examples, images(Path("good.png").read_bytes()))
    def no_traceback(content):
        Path("fuzz.png").write_bytes(content)
        codes.append(outcome(capsys, ["remake", "fuzz.png", "--out", "again.png", "--device", "cpu"]))

    assert 2 in codes and outcome(capsys, ["remake", "good.png", "--out", "again.png", "--device", "cpu"]) == 0


GIVEN = {
    "prompts": ({"prompt": ["a", "b"]}, "prompt in fuzz.png must be a text"),
    "no-prompt": ({"prompt": []}, "prompt in fuzz.png must be a text"),
    "prompt-null": ({"prompt": None}, "prompt in fuzz.png must be a text"),
    "seed-null": ({"seed": None}, "seed in fuzz.png must be a whole number"),
    "seed-true": ({"seed": True}, "seed in fuzz.png must be a whole number"),
    "dim-null": ({"dim": None}, "dim in fuzz.png must be one or two whole numbers"),
    "dim-texts": ({"dim": ["64", "64"]}, "dim must be a multiple of 8 in 64..2048, or two of them"),
    "dim-three": ({"dim": [64, 64, 64]}, "dim must be a multiple of 8 in 64..2048, or two of them"),
    "dim-65": ({"dim": 65}, "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got 65"),
    "steps-1e18": ({"steps": 10**18}, "steps must be"),
    "g-text": ({"g": "3"}, "g in fuzz.png must be a number"),
    "dtype": ({"dtype": "int8"}, "dtype must be one of"),
    "model-list": ({"model": ["miniature"]}, "model in fuzz.png must be a text"),
}


@pytest.mark.parametrize(("changes", "message"), GIVEN.values(), ids=GIVEN)
def test_parameters_that_cannot_be_are_refused_before_anything_is_loaded(place, capsys, monkeypatch, changes, message):
    monkeypatch.setattr("diffusion_lib.stable_diffusion.parts.load", lambda *_, **__: pytest.fail("it was loaded"))
    Path("fuzz.png").write_bytes(png(json.dumps(image_file.parameters("good.png") | changes)))
    assert parser.main(["remake", "fuzz.png", "--out", "again.png"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("ConfigError: ") and message in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--g", "nan"], "g must be"),
        (["--seed", "-1"], "seed must be"),
        (["--steps", "1001"], "steps must be"),
        (["--dim", "65"], "or two of them (width, height), got 65; this model was trained for 512"),
        (["--dim", "64x65"], "dim must be a multiple of 8 in 64..2048, or two of them (width, height), got [64, 65]"),
        (["--save-int", "-1"], "save_int must be"),
        (["--sampler", "dddim"], "did you mean 'ddim'"),
        (["--strength", "0.5"], "strength must come with an init"),
        (["--init", "nowhere.png"], "init must be the file of an image, got 'nowhere.png'"),
        (["--init", "good.png"], "init must have 512 x 512 pixels as the image to make, got 64 x 64"),
        (["--init", "good.png", "--dim", "64", "--strength", "2"], "strength must be a finite number in (0, 1], got 2"),
        (["--negative", "a dog", "--g", "1"], "negative must come with a g above 1"),
        (["--dtype", "float8"], "dtype must be one of"),
        (["--device", "tpu"], "device must be one of"),
        (["--out", ""], "out must be a .png file"),
        (["--out", "/sys/x.png"], "out must be in a directory that can be written to"),
    ],
)
def test_options_are_checked_before_gigabytes_are_fetched(place, capsys, monkeypatch, words, message):
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda **_: pytest.fail("it was fetched"))
    published = ["--model", next(iter(weights.PUBLISHED))]
    assert parser.main(["image", "a dog", "--out", "x.png", *published, *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith("ConfigError: ") and message in err and err.count("\n") == 1


@pytest.mark.parametrize("sides", [(60_000, 60_000), (13_000, 13_000), (2**31 - 1, 1), (2049, 8)])
def test_an_image_that_says_it_is_huge_costs_no_memory(place, capsys, monkeypatch, sides):
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", lambda _: pytest.fail("its pixels were read"))
    Path("fuzz.png").write_bytes(png("{}", *sides))
    assert parser.main(["remake", "fuzz.png", "--out", "again.png"]) == 2
    assert "the file must be a PNG that holds its parameters, got 'fuzz.png'" in capsys.readouterr().err


# --- checkpoints -----------------------------------------------------------------------------------------------------


def places(value, path=()):
    """Every place inside a plain value."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield from places(inner, (*path, key))
    for key, inner in enumerate(value[:2]) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def changed(value, path, new):
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = changed(value[path[0]], path[1:], new)
    return value


def forged(record):
    """A manifest with right checksums: what somebody can write who knows how."""
    record.pop("manifest_sha256", None)
    try:
        return json.dumps(record | {"manifest_sha256": fingerprint.sha256_of(record)}).encode()
    except ConfigError:  # NaN
        return json.dumps(record).encode()


@st.composite
def checkpoints(draw, record, payload):
    """The manifest and the payload of a checkpoint that somebody changed."""
    how = draw(st.sampled_from(("config", "config", "manifest", "payload", "header", "bytes")))
    if how in ("config", "manifest"):
        where = [path for path in places(record) if path and (how == "manifest" or path[0] == "config")]
        where = [path for path in where if "alpha_bar" not in path or len(path) < 4]
        return forged(changed(record, draw(st.sampled_from(where)), draw(PLAIN))), payload
    if how == "bytes":
        text, at = json.dumps(record).encode(), draw(st.integers(0, 200))
        return text[:at] + draw(st.binary(max_size=3)) + text[at + 1 :], payload
    if how == "header":  # the size of the header, in the first eight bytes
        payload = struct.pack("<Q", draw(st.sampled_from((0, 1, 10**8, 10**18, 2**64 - 1)))) + payload[8:]
    else:
        at = draw(st.integers(0, 2000))
        payload = payload[:at] + draw(st.binary(max_size=9)) + payload[at + 1 :]
    return forged(record | {"bytes": len(payload), "sha256": fingerprint.sha256_of(payload)}), payload


@runs("checkpoints")
def test_no_traceback_for_any_checkpoint(place, capsys, examples):
    record = json.loads(Path("run/step-000000001.json").read_bytes())
    codes = []

    @generated(examples, checkpoints(record, Path("run/step-000000001.safetensors").read_bytes()))
    def no_traceback(files):
        Path("forged").mkdir(exist_ok=True)
        for suffix, content in zip(("json", "safetensors"), files, strict=True):
            Path(f"forged/step-000000001.{suffix}").write_bytes(content)
        words = ["sample", "--from", "forged", "--out", "forged.safetensors", "--n", "2", "--steps", "2"]
        codes.append(outcome(capsys, [*words, "--device", "cpu"]))

    assert 2 in codes


HUGE = {
    "shape": (("data", "shape"), [10**18]),
    "shapes": (("data", "shape"), [2] * 40),
    "width": (("model", "width"), 10**18),
    "depth": (("model", "depth"), 4096),
    "T": (("schedule", "T"), 10**18),
    "batch": (("train", "batch_size"), 10**18),
    "deep": (("model", "width"), json.loads("[" * 900 + "]" * 900)),
}


@pytest.mark.parametrize(("path", "value"), HUGE.values(), ids=HUGE)
def test_a_checkpoint_that_asks_for_all_memory_is_refused(place, capsys, path, value):
    record = json.loads(Path("run/step-000000001.json").read_bytes())
    Path("forged").mkdir(exist_ok=True)
    Path("forged/step-000000001.json").write_bytes(forged(changed(record, ("config", *path), value)))
    Path("forged/step-000000001.safetensors").write_bytes(Path("run/step-000000001.safetensors").read_bytes())
    assert parser.main(["sample", "--from", "forged", "--out", "x.png", "--device", "cpu", "--steps", "2"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Checkpoint") and err.count("\n") == 1
