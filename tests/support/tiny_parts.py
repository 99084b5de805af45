"""Folders of parts like those of a published model, with random weights: as small as can be, and of its own size."""

from __future__ import annotations

import json
from pathlib import Path

import torch

WORDS = ("a", "dog", "wearing", "hat", "red", "circle")
START, END = "<|startoftext|>", "<|endoftext|>"
SCHEDULER = {
    "_class_name": "LMSDiscreteScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "epsilon",
    "timestep_spacing": "trailing",
}
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "feature_extractor": [None, None],
    "safety_checker": [None, None],
    "requires_safety_checker": False,
    "scheduler": ["diffusers", "LMSDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def byte_letters() -> list[str]:
    """The letters that CLIP's vocabulary writes for the bytes 0…255: those that print stand for themselves."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    table = {byte: chr(byte) for byte in plain} | {byte: chr(256 + k) for k, byte in enumerate(rest)}
    return [table[byte] for byte in (*plain, *rest)]


def vocabulary() -> tuple[dict[str, int], list[str]]:
    """CLIP's format: 256 letters, the same at the end of a word, what is merged, the two special tokens last."""
    letters, merges = byte_letters(), []
    entries = letters + [f"{letter}</w>" for letter in letters]
    for word in WORDS:
        pieces = [*word[:-1], f"{word[-1]}</w>"]
        while len(pieces) > 1:
            pair = f"{pieces[0]} {pieces[1]}"
            pieces = [pieces[0] + pieces[1], *pieces[2:]]
            if pair not in merges:
                merges.append(pair)
                entries.append(pieces[0])
    entries = list(dict.fromkeys([*entries, START, END]))
    return {entry: k for k, entry in enumerate(entries)}, merges


def save(folder: Path, width: int = 16, seed: int = 0) -> Path:
    """Write the folder; ``StableDiffusionPipeline.from_pretrained`` reads it, and so does the library."""
    vocab = save_tokenizer(folder)
    text = {"hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": 2, "num_attention_heads": 2}
    vae = {"block_out_channels": (4, 4, 4, 8), "layers_per_block": 1, "norm_num_groups": 4, "sample_size": 64}
    unet = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4, "sample_size": 8}
    unet |= {"down_block_types": ["CrossAttnDownBlock2D"] * 2, "up_block_types": ["CrossAttnUpBlock2D"] * 2}
    unet |= {"attention_head_dim": 2, "cross_attention_dim": width}
    text |= {"vocab_size": len(vocab), "bos_token_id": vocab[START], "eos_token_id": vocab[END]}
    return save_networks(folder, text | {"pad_token_id": vocab[END]}, vae, unet, seed)


def save_published_size(folder: Path) -> Path:
    """The sizes of ``CompVis/stable-diffusion-v1-4``, 1.07 billion random numbers, with the tiny vocabulary."""
    save_tokenizer(folder)
    text = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
    text |= {"vocab_size": 49408, "hidden_act": "quick_gelu"}
    vae = {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "norm_num_groups": 32, "sample_size": 512}
    unet = {"block_out_channels": (320, 640, 1280, 1280), "layers_per_block": 2, "norm_num_groups": 32}
    unet |= {"down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"], "sample_size": 64}
    unet |= {"up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3}
    unet |= {"attention_head_dim": 8, "cross_attention_dim": 768}
    return save_networks(folder, text, vae, unet, seed=0)


def save_tokenizer(folder: Path) -> dict[str, int]:
    """Write vocabulary, schedule and index; return the vocabulary."""
    vocab, merges = vocabulary()
    write(folder / "model_index.json", INDEX)
    write(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    write(folder / "tokenizer" / "vocab.json", vocab)
    (folder / "tokenizer" / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    names = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    names |= {"model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    write(folder / "tokenizer" / "tokenizer_config.json", names)
    return vocab


def save_networks(folder: Path, text: dict, vae: dict, unet: dict, seed: int) -> Path:
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(seed)
    CLIPTextModel(CLIPTextConfig(max_position_embeddings=77, **text)).save_pretrained(folder / "text_encoder")
    blocks = len(vae["block_out_channels"])
    vae |= {"down_block_types": ["DownEncoderBlock2D"] * blocks, "up_block_types": ["UpDecoderBlock2D"] * blocks}
    AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, **vae).save_pretrained(folder / "vae")
    UNet2DConditionModel(in_channels=4, out_channels=4, **unet).save_pretrained(folder / "unet")
    return folder


def save_checker(folder: Path) -> Path:
    """Add a safety checker to the folder, which flags nothing that a test is likely to draw."""
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(vision_config=sizes | {"image_size": 32, "patch_size": 16}, projection_dim=8)
    torch.manual_seed(0)
    StableDiffusionSafetyChecker(config).save_pretrained(folder / "safety_checker")
    size = {"crop_size": {"height": 32, "width": 32}, "size": {"shortest_edge": 32}}
    write(folder / "feature_extractor" / "preprocessor_config.json", size)
    return folder


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
