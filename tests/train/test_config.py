"""The settings of a run: refused when they are bad, and the two quantities that they set for each step."""

from __future__ import annotations

import math

import pytest
from runs import config_of

from diffusion_lib.errors import ConfigError
from diffusion_lib.train.config import TrainConfig


def test_learning_rate_falls_along_a_cosine_or_stays():
    cosine, none = config_of(steps=100), config_of(steps=100, lr_decay="none")
    assert cosine.lr_at(0) == cosine.lr and cosine.lr_at(50) == pytest.approx(cosine.lr / 2)
    assert 0 < cosine.lr_at(99) < 1e-3 * cosine.lr
    assert {none.lr_at(k) for k in range(100)} == {none.lr}


BAD_SETTINGS = {
    "steps-0": {"steps": 0},
    "steps-negative": {"steps": -1},
    "steps-float": {"steps": 10.0},
    "steps-bool": {"steps": True},
    "batch-0": {"batch_size": 0},
    "lr-0": {"lr": 0.0},
    "lr-negative": {"lr": -1e-3},
    "lr-nan": {"lr": math.nan},
    "lr-1e10": {"lr": 1e10},
    "lr-text": {"lr": "1e-3"},
    "ema-1": {"ema_decay": 1.0},
    "ema-above-1": {"ema_decay": 1.5},
    "ema-negative": {"ema_decay": -0.1},
    "ema-nan": {"ema_decay": math.nan},
    "clip-0": {"grad_clip": 0.0},
    "clip-nan": {"grad_clip": math.nan},
    "decay-unknown": {"lr_decay": "cosin"},
    "weight-unknown": {"weight": "snr"},
    "law-unknown": {"timestep_sampling": "lognormal"},
    "no-parts": {"micro_batches": 0},
    "unequal-parts": {"micro_batches": 3},
    "precision-unknown": {"precision": "float16"},
    "compile-text": {"compile": "yes"},
    "weight_decay-negative": {"weight_decay": -0.1},
    "weight_decay-nan": {"weight_decay": math.nan},
    "warmup-float": {"warmup": 1.0},
    "warmup-above-steps": {"warmup": 9},
    "seed-negative": {"seed": -1},
    "seed-2-to-63": {"seed": 2**63},
    "seed-bool": {"seed": True},
    "seed-none": {"seed": None},
}


@pytest.mark.parametrize("change", BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_bad_settings_are_refused(change):
    with pytest.raises(ConfigError, match=rf"^{next(iter(change))} must be"):
        config_of(**change)


def test_config_survives_json_and_refuses_unknown_fields():
    config = config_of(seed=2**63 - 1)
    assert TrainConfig.from_dict(config.to_dict()) == config
    for values in (config.to_dict() | {"momentum": 0.9}, {"steps": 3}):
        with pytest.raises(ConfigError, match="must have the fields"):
            TrainConfig.from_dict(values)
