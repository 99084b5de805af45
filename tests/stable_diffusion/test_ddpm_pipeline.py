"""Unconditional models of diffusers: equal noise, equal samples in float64, and folders that both libraries read."""

from __future__ import annotations

import json
import shutil

import peers
import pytest
import torch
from runs import config_of
from worlds import seeded

from diffusion_lib.errors import CheckpointCorrupt, CheckpointMismatch, ConfigError
from diffusion_lib.networks import MLP
from diffusion_lib.process import NoisePredictor, Schedule, cosine, linear
from diffusion_lib.process.derived_schedules import shifted, zero_terminal_snr
from diffusion_lib.process.identities import eps_from_v
from diffusion_lib.process.schedule import scaled_linear
from diffusion_lib.sample.ancestral import ddim, ddpm
from diffusion_lib.sample.chain import last
from diffusion_lib.stable_diffusion.ddpm_pipeline import (
    UNetPredictor,
    predictor_of,
    read_pipeline,
    schedule_of,
    scheduler_settings,
    write_pipeline,
)
from diffusion_lib.train.loop import TrainState, train

T = 20
SCHEDULES = {
    "linear": linear(T, 1e-3, 0.3),
    "scaled_linear": scaled_linear(T, 1e-3, 0.3),
    "cosine": cosine(T),
    "cosine-own": cosine(T, s=0.02),
    "betas": Schedule.from_betas([0.01 * k for k in range(1, T + 1)]),
    "shifted": shifted(linear(T, 1e-3, 0.3), 2.0),
}
ENDS_IN_NOISE = {
    "zero": zero_terminal_snr(linear(T, 1e-3, 0.3)),
    "zero-shifted": zero_terminal_snr(shifted(cosine(T), 2.0)),
}


def unet(**options):
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownBlock2D", "AttnDownBlock2D"), "up_block_types": ("AttnUpBlock2D", "UpBlock2D")}
    sizes = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4, "attention_head_dim": 4}
    return UNet2DModel(**{"sample_size": 8, "in_channels": 2, "out_channels": 2, **blocks, **sizes, **options}).eval()


def predictor(schedule, prediction="eps", clip=None, **options):
    return UNetPredictor(unet(**options), schedule, prediction, clip)


def scheduler(**options):
    from diffusers import DDPMScheduler

    return DDPMScheduler(**{"num_train_timesteps": T, "beta_start": 1e-3, "beta_end": 0.3} | options)


CASES = [(name, SCHEDULES[name], "v" if "cosine" in name else "eps", None) for name in SCHEDULES]
CASES += [("clipped", SCHEDULES["linear"], "eps", 1.5), ("x_0", SCHEDULES["linear"], "x_0", 0.3)]
CASES += [
    ("clipped-cosine", SCHEDULES["cosine"], "eps", 1.5),
    *((name, ENDS_IN_NOISE[name], "v", None) for name in ENDS_IN_NOISE),
]


@pytest.mark.parametrize("steps", [T, 10])
@pytest.mark.parametrize(("schedule", "prediction", "clip"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_the_pipeline_that_diffusers_loads_samples_as_this_library_does(
    tmp_path, monkeypatch, schedule, prediction, clip, steps
):
    """In float64, from one stream of noise, and in the pipeline's own loop; then the same folder read here."""
    from diffusers import DDPMPipeline

    ours = predictor(schedule, prediction, clip)
    write_pipeline(tmp_path / "pipe", ours)
    peers.scheduler(monkeypatch, "DDPM")  # its tables are float64 for the rest of this test
    pipe = DDPMPipeline.from_pretrained(tmp_path / "pipe", torch_dtype=torch.float64, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    theirs = pipe(batch_size=3, generator=seeded(5), num_inference_steps=steps, output_type="pt").images
    again = read_pipeline(tmp_path / "pipe")
    assert (again.prediction, again.clip) == (prediction, clip)
    torch.testing.assert_close(again.schedule.alpha_bar, schedule.alpha_bar, rtol=1e-12, atol=0)
    for each in (ours, again):
        generator = seeded(5)
        x_T = torch.randn(3, 2, 8, 8, generator=generator, dtype=torch.float64)
        x_0 = last(ddpm(each.double(), x_T, each.schedule, steps=steps, generator=generator))
        assert float((x_0.abs() < 1).double().mean()) > 0.02  # some pixels are not clipped to black or white
        torch.testing.assert_close((x_0 / 2 + 0.5).clamp(0, 1), theirs, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("prediction", ["epsilon", "sample", "v_prediction"])
def test_time_is_shifted_and_the_sample_unwrapped(prediction):
    network = unet().double()
    ours = predictor_of(network, scheduler(prediction_type=prediction, clip_sample=False))
    x, t = torch.randn(4, 2, 8, 8, generator=seeded(0), dtype=torch.float64), torch.tensor([1, 2, 19, 20])
    answer = network(x, t - 1).sample
    alpha_bar, rest, _ = ours.schedule.powers(t, x)
    expected = {
        "epsilon": answer,
        "sample": (x - alpha_bar.sqrt() * answer) / rest.sqrt(),
        "v_prediction": eps_from_v(ours.schedule, x, t, answer),
    }[prediction]
    torch.testing.assert_close(ours(x, t), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["DDPM", "DDIM", "EulerDiscrete", "DPMSolverMultistep"])
@pytest.mark.parametrize("beta_schedule", ["linear", "scaled_linear", "squaredcos_cap_v2"])
def test_the_schedule_of_a_scheduler_is_its_own(monkeypatch, name, beta_schedule):
    made = peers.scheduler(
        monkeypatch, name, num_train_timesteps=T, beta_start=1e-3, beta_end=0.3, beta_schedule=beta_schedule
    )
    torch.testing.assert_close(schedule_of(made).alpha_bar[1:], made.alphas_cumprod, rtol=1e-12, atol=0)


def test_betas_without_a_name_here_are_read_as_they_are():
    for options in ({"beta_schedule": "sigmoid"}, {"trained_betas": [0.1, 0.2, 0.3], "num_train_timesteps": 3}):
        made = scheduler(**options)
        torch.testing.assert_close(schedule_of(made).alpha_bar[1:].float(), made.alphas_cumprod, rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", [*SCHEDULES, *ENDS_IN_NOISE])
def test_settings_and_schedule_are_each_other_s_inverse(name):
    schedule = (SCHEDULES | ENDS_IN_NOISE)[name]
    again = schedule_of(scheduler(**{"beta_start": 0.5, "beta_end": 0.6} | scheduler_settings(schedule)))
    assert torch.equal(again.alpha_bar, schedule.alpha_bar)


def test_a_unet_of_diffusers_is_trained_by_the_loop_and_its_average_exported(tmp_path):
    from diffusers import DDPMPipeline

    schedule, config = SCHEDULES["linear"], config_of(steps=3)
    state = TrainState.create(predictor(schedule, clip=1.0), config)
    before = state.model.model.conv_in.weight.detach().clone()
    data = torch.rand(20, 2, 8, 8, generator=seeded(0)) * 2 - 1
    assert len(list(train(state, data, schedule, config))) == 3
    assert not torch.equal(before, state.model.model.conv_in.weight)
    write_pipeline(tmp_path / "pipe", state.ema_model())
    loaded = DDPMPipeline.from_pretrained(tmp_path / "pipe", local_files_only=True).unet
    assert torch.equal(loaded.conv_in.weight, state.ema["model.conv_in.weight"])
    assert not list((tmp_path / "pipe").rglob("*.bin"))


def test_a_unet_with_classes_learns_labels_and_the_last_class_is_for_none():
    ours, config = predictor(SCHEDULES["linear"], num_class_embeds=4), config_of(steps=4)
    assert ours.classes == 3 and predictor(SCHEDULES["linear"]).classes == 0
    x, t = torch.randn(3, 2, 8, 8, generator=seeded(0)), torch.tensor([1, 9, 20])
    expected = ours.model(x, t - 1, class_labels=torch.tensor([0, 3, 3])).sample
    torch.testing.assert_close(ours(x, t, torch.tensor([0, -1, -1])), expected)
    assert torch.equal(ours(x, t), ours(x, t, torch.full((3,), -1)))
    state, labels = TrainState.create(ours, config), torch.arange(20) % 3
    data = torch.rand(20, 2, 8, 8, generator=seeded(0)) * 2 - 1
    assert len(list(train(state, data, SCHEDULES["linear"], config, labels=labels))) == 4
    with pytest.raises(ConfigError, match=r"labels must be in 0\.\.2, got 0 to 3"):
        train(state, data, SCHEDULES["linear"], config, labels=torch.arange(20) % 4)


def test_a_clipped_unet_stays_in_range_where_a_bare_one_leaves_it():
    x_T, schedule = torch.randn(2, 2, 8, 8, generator=seeded(0)), SCHEDULES["cosine"]
    bare, clipped = (last(ddim(predictor(schedule, clip=clip), x_T, schedule)).abs().max() for clip in (None, 1.0))
    assert float(bare) > 1.5 and float(clipped) <= 1 + 1e-5


# --- what is refused -------------------------------------------------------------------------------------------------


def test_networks_that_no_pipeline_of_diffusers_reads_are_refused(tmp_path):
    schedule = SCHEDULES["linear"]
    network = MLP(2, T=T, alpha_bar=schedule.alpha_bar)
    for other in (network, NoisePredictor(network, schedule)):
        with pytest.raises(ConfigError, match="which no class of diffusers reads; keep its checkpoint"):
            write_pipeline(tmp_path / "pipe", other)
    cases = {
        "must have no classes for a DDPMPipeline, got 4": predictor(schedule, num_class_embeds=4),
        "unet must have a sample_size": predictor(schedule, sample_size=None),
        "prediction must be one of eps, x_0, v for a DDPMPipeline, got 'velocity'": predictor(schedule, "velocity"),
    }
    for message, other in cases.items():
        with pytest.raises(ConfigError, match=message):
            write_pipeline(tmp_path / "pipe", other)
    assert not (tmp_path / "pipe").exists()
    (tmp_path / "mine").write_text("")
    with pytest.raises(ConfigError, match="folder must be new or empty, got"):
        write_pipeline(tmp_path, predictor(schedule))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_models_and_schedulers_of_another_kind_are_refused():
    from diffusers import EDMEulerScheduler, FlowMatchEulerDiscreteScheduler

    with pytest.raises(ConfigError, match="unet must be a UNet2DModel of diffusers, got Linear; use NoisePredictor"):
        predictor_of(torch.nn.Linear(1, 1), scheduler())
    with pytest.raises(ConfigError, match="as many out_channels as in_channels, got 2 and 4"):
        predictor_of(unet(out_channels=4), scheduler())
    for options in ({"thresholding": True}, {"variance_type": "learned_range"}):
        with pytest.raises(ConfigError, match="no thresholding and a fixed variance_type"):
            predictor_of(unet(), scheduler(**options))
    for other in (FlowMatchEulerDiscreteScheduler(), EDMEulerScheduler()):
        with pytest.raises(ConfigError, match="scheduler must have betas"):
            schedule_of(other)


def test_folders_that_are_damaged_or_of_another_model_are_refused(tmp_path):
    write_pipeline(tmp_path / "pipe", predictor(SCHEDULES["linear"]))

    def changed(name, part, content):
        shutil.copytree(tmp_path / "pipe", tmp_path / name)
        path = tmp_path / name / part
        if isinstance(content, dict):
            content = json.dumps(json.loads(path.read_text()) | content)
        path.unlink() if content is None else path.write_text(content)
        return tmp_path / name

    settings, weights = "scheduler/scheduler_config.json", "unet/diffusion_pytorch_model.safetensors"
    cases = [
        (ConfigError, "with unet/config.json, got", changed("a", "unet/config.json", None)),
        (ConfigError, "with unet/config.json, got", tmp_path / "nowhere"),
        (
            CheckpointMismatch,
            "must be DDPMScheduler or DDIMScheduler, got 'Dream'",
            changed("b", settings, {"_class_name": "Dream"}),
        ),
        (CheckpointMismatch, "no thresholding", changed("c", settings, {"thresholding": True})),
        (CheckpointCorrupt, "settings of a scheduler, got", changed("d", settings, "{")),
        (CheckpointCorrupt, "settings of a scheduler, got", changed("e", settings, "[1]")),
        (CheckpointCorrupt, "must hold a UNet2DModel, got", changed("f", weights, "none")),
        (CheckpointCorrupt, "expected shape", changed("g", "unet/config.json", {"in_channels": 3})),
    ]
    for exception, message, folder in cases:
        with pytest.raises(exception, match=message):
            read_pipeline(folder)
    (tmp_path / "pipe" / weights).rename(tmp_path / "pipe" / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(CheckpointCorrupt, match="must hold a UNet2DModel"):  # a pickle is not read
        read_pipeline(tmp_path / "pipe")
