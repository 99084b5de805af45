"""The laboratories of the miniature without a built page: what they load on a host, and how their worker is asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from booktools.lab import data, preview
from booktools.lab.directive import FOLDER
from booktools.site.extension import POLICY

SAFE = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
DRIVE = """async ([kind, given]) => {
    const data = await (await fetch("/data.json")).json();
    const at = (place) => new URL(`/_static/lab/${place}`, location).href;
    const files = data.files.map((file) => ({ ...file, address: at(file.place) }));
    const first = !window.networks;
    window.networks ??= new Worker("/_static/lab/picture/worker.js", { type: "module" });
    const wait = (message, kind, steps = []) => new Promise((done, failed) => {
        networks.onerror = failed;
        networks.onmessage = ({ data }) => {
            if (data.kind === "failed") failed(new Error(data.text));
            if (data.kind === "step") steps.push({ t: data.t, maps: data.maps && [...data.maps] });
            const { pixels = [], latents = [] } = data;
            if (data.kind === kind) done({ pixels: [...pixels], latents: [...latents], steps });
        };
        networks.postMessage(message);
    });
    if (first) await wait({ kind: "load", files, model: data.network }, "ready");
    if (kind === "make") return wait({ kind, id: 1, asked: given }, "made");
    return wait({ kind, id: 1, latents: Float32Array.from(given) }, "decoded");
}"""


def stand(folder: Path, kind: str) -> None:
    """Into ``folder`` all that a built page has of a laboratory, a page of the laboratory, and an empty one."""
    shutil.copytree(FOLDER, folder / "_static" / "lab")
    for name, source in data.files(kind).items():
        target = folder / "_static" / "lab" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (folder / "data.json").write_text(json.dumps(data.of(kind)))
    (folder / "bare.html").write_text(f"<!DOCTYPE html>{SAFE}<title>bare</title>")
    shown = preview.page(kind, {}).replace("<html>", '<html data-content_root="./">')
    (folder / "index.html").write_text(shown.replace('<meta charset="utf-8">', SAFE, 1))
