"""A folder of parts like that of a published model, with random weights and as small as can be."""

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


def save(folder: Path, unet=(8, 16), vae=(4, 4, 4, 8), width: int = 16, seed: int = 0) -> Path:
    """Write the folder; ``StableDiffusionPipeline.from_pretrained`` reads it, and so does the library."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(seed)
    vocab, merges = vocabulary()
    write(folder / "model_index.json", INDEX)
    write(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    write(folder / "tokenizer" / "vocab.json", vocab)
    (folder / "tokenizer" / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    names = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
    write(
        folder / "tokenizer" / "tokenizer_config.json",
        names | {"model_max_length": 77, "tokenizer_class": "CLIPTokenizer"},
    )
    ids = {"bos_token_id": vocab[START], "eos_token_id": vocab[END], "pad_token_id": vocab[END]}
    sizes = {"hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = CLIPTextModel(CLIPTextConfig(vocab_size=len(vocab), max_position_embeddings=77, **sizes, **ids))
    text.save_pretrained(folder / "text_encoder")
    AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=vae,
        down_block_types=["DownEncoderBlock2D"] * len(vae),
        up_block_types=["UpDecoderBlock2D"] * len(vae),
        layers_per_block=1,
        norm_num_groups=4,
        sample_size=8 * 2 ** (len(vae) - 1),
    ).save_pretrained(folder / "vae")
    UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=unet,
        down_block_types=["CrossAttnDownBlock2D"] * len(unet),
        up_block_types=["CrossAttnUpBlock2D"] * len(unet),
        layers_per_block=1,
        cross_attention_dim=width,
        attention_head_dim=2,
        norm_num_groups=4,
    ).save_pretrained(folder / "unet")
    return folder


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
