"""diffusers' schedulers as an oracle, computing in float64."""

from __future__ import annotations

import torch
from diffusers.schedulers import scheduling_ddpm


class _Torch64:
    """The torch module, except that its float32 is float64."""

    float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


def ddpm_scheduler(monkeypatch, **config) -> scheduling_ddpm.DDPMScheduler:
    """A DDPMScheduler whose own code builds its tables, in float64 instead of float32."""
    with monkeypatch.context() as patch:
        patch.setattr(scheduling_ddpm, "torch", _Torch64())
        scheduler = scheduling_ddpm.DDPMScheduler(clip_sample=False, **config)
    if scheduler.alphas_cumprod.dtype != torch.float64:
        raise AssertionError("diffusers no longer builds its tables where this oracle expects it")
    return scheduler
