"""The contestants on images, 28 × 28 Fashion-MNIST in memory, networks of about a million parameters.

Ours: ``UNet``, ``train`` in bfloat16 autocast.  diffusers: its example train_unconditional.py, the UNet2DModel cut to
three levels, with its optimiser, schedule, clipping, warm-up and EMA.  denoising-diffusion-pytorch: the README's
``Trainer`` on a folder of PNG files; its loader runs in other processes, which are not timed.  smalldiffusion: its
fashion_mnist_unet.py, the Unet cut to half the width, and batches of 32 in the place of 1024, of which two minutes
hold a handful.  All peers' mirroring of images is left out, to their advantage: in this data every shoe points left.

Their examples compute in float32 on a CPU.  They sample by their own samplers from their averaged weights, in 20 calls
of the network, in bfloat16: smalldiffusion as its example does, the others by their DDIM, since the 1000 and the 250
calls of their examples would take hours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from diffusion_lib.networks import UNet
from diffusion_lib.train.loop import TrainConfig, TrainState, train

from .options import OURS
from .recipes import SCHEDULE, peer

BATCH, WIDTH = 32, 48
NFE = 20


class Ours:
    name, source = OURS, "train.train, bfloat16"

    def __init__(self, data: Tensor, width: int = WIDTH, precision: str = "bfloat16", seed: int = 0) -> None:
        torch.manual_seed(seed)
        network = UNet(channels=1, width=width, T=SCHEDULE.T, alpha_bar=SCHEDULE.alpha_bar)
        self.config = TrainConfig(10**6, batch_size=BATCH, lr=1e-3, lr_decay="none", precision=precision, seed=seed)
        self.state, self.data = TrainState.create(network, self.config), data
        self.parameters = sum(weight.numel() for weight in network.parameters())
        self.iterator = train(self.state, data, SCHEDULE, self.config)

    def step(self) -> int:
        """Train on one batch; return the number of images."""
        next(self.iterator)
        return BATCH


class Float32(Ours):
    name, source = f"{OURS}, float32", "train.train, float32"

    def __init__(self, data: Tensor, width: int = WIDTH) -> None:
        super().__init__(data, width, "float32")


class Diffusers:
    name, source = "diffusers", "examples/unconditional_image_generation/train_unconditional.py"

    def __init__(self, data: Tensor, seed: int = 0) -> None:
        torch.manual_seed(seed)
        diffusers, training = peer("diffusers"), peer("diffusers.training_utils")
        self.accelerator = peer("accelerate").Accelerator(cpu=True)
        network = diffusers.UNet2DModel(
            sample_size=28,
            in_channels=1,
            out_channels=1,
            layers_per_block=2,
            block_out_channels=(32, 32, 64),
            down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        )
        self.parameters = sum(weight.numel() for weight in network.parameters())
        self.noise = diffusers.DDPMScheduler(num_train_timesteps=1000)
        optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, betas=(0.95, 0.999), weight_decay=1e-6)
        rate = peer("diffusers.optimization").get_scheduler(
            "cosine", optimizer, num_warmup_steps=500, num_training_steps=100_000
        )
        loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)
        prepared = self.accelerator.prepare(network, optimizer, loader, rate)
        self.network, self.optimizer, self.loader, self.rate = prepared
        self.ema = training.EMAModel(network.parameters(), decay=0.9999, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
        self.batches = self._batches()

    def _batches(self) -> Iterator[Tensor]:
        while True:
            yield from self.loader

    def step(self) -> int:
        x_0 = next(self.batches)
        eps, t = torch.randn_like(x_0), torch.randint(0, 1000, (len(x_0),))
        with self.accelerator.accumulate(self.network):
            eps_hat = self.network(self.noise.add_noise(x_0, eps, t), t).sample
            self.accelerator.backward(functional.mse_loss(eps_hat, eps))
            self.accelerator.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self.rate.step()
            self.optimizer.zero_grad()
        self.ema.step(self.network.parameters())
        return len(x_0)

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """``n`` images (n, 1, 28, 28) of the averaged weights, which training goes on without."""
        scheduler, weights = peer("diffusers").DDIMScheduler(num_train_timesteps=1000), list(self.network.parameters())
        scheduler.set_timesteps(NFE)
        self.ema.store(weights)
        self.ema.copy_to(weights)
        x_t = torch.randn(n, 1, 28, 28)
        for t in scheduler.timesteps:
            with torch.autocast("cpu", torch.bfloat16):
                eps_hat = self.network(x_t, t).sample
            x_t = scheduler.step(eps_hat.float(), t, x_t).prev_sample
        self.ema.restore(weights)
        return x_t


class DenoisingDiffusionPytorch:
    name, source = "denoising-diffusion-pytorch", "README.md, Trainer"
    batch, parts = 32, 2

    def __init__(self, data: Tensor, seed: int = 0) -> None:
        torch.manual_seed(seed)
        module = peer("denoising_diffusion_pytorch")
        network = module.Unet(dim=20, dim_mults=(1, 2, 4), channels=1)
        self.parameters = sum(weight.numel() for weight in network.parameters())
        diffusion = module.GaussianDiffusion(network, image_size=28, timesteps=1000, sampling_timesteps=NFE)
        self.folder = tempfile.TemporaryDirectory()
        _save(data, Path(self.folder.name, "images"))
        self.trainer = module.Trainer(
            diffusion,
            str(Path(self.folder.name, "images")),
            train_batch_size=self.batch,
            train_lr=8e-5,
            train_num_steps=0,
            gradient_accumulate_every=self.parts,
            ema_decay=0.995,
            augment_horizontal_flip=False,
            calculate_fid=False,
            save_and_sample_every=10**9,
            results_folder=str(Path(self.folder.name, "results")),
        )

    def step(self) -> int:
        self.trainer.train_num_steps += 1
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # a progress bar for every step
            self.trainer.train()
        return self.batch * self.parts

    def sample(self, n: int) -> Tensor:
        """``n`` images (n, 1, 28, 28) of the averaged weights."""
        with redirect_stderr(StringIO()), torch.autocast("cpu", torch.bfloat16):
            return self.trainer.ema.ema_model.sample(batch_size=n).float() * 2 - 1


class SmallDiffusion:
    name, source = "smalldiffusion", "examples/fashion_mnist_unet.py"

    def __init__(self, data: Tensor, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.peer = peer("smalldiffusion")
        self.schedule = self.peer.ScheduleLogLinear(sigma_min=0.01, sigma_max=20, N=800)
        network = self.peer.Scaled(self.peer.Unet)
        self.network = network(28, 1, 1, ch=32, ch_mult=(1, 1, 2), attn_resolutions=(14,))
        self.parameters = sum(weight.numel() for weight in self.network.parameters())
        self.ema = peer("torch_ema").ExponentialMovingAverage(self.network.parameters(), decay=0.999)
        loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
        self.loop = self.peer.training_loop(loader, self.network, self.schedule, epochs=10**6, lr=7e-4)

    def step(self) -> int:
        next(self.loop)
        self.ema.update()
        return BATCH

    def sample(self, n: int) -> Tensor:
        """``n`` images (n, 1, 28, 28) of the averaged weights."""
        levels = self.schedule.sample_sigmas(NFE)
        with self.ema.average_parameters(), torch.autocast("cpu", torch.bfloat16):
            *_, x_0 = self.peer.samples(self.network, levels, gam=1.6, batchsize=n)
        return x_0.float()


def _save(images: Tensor, folder: Path) -> None:
    from PIL import Image

    folder.mkdir()
    for k, image in enumerate(((images[:, 0] + 1) * 127.5).round().byte()):
        Image.frombytes("L", (28, 28), bytes(image.flatten().tolist())).save(folder / f"{k}.png")
