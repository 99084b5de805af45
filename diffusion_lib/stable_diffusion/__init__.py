"""Stable Diffusion from diffusers' parts, and a miniature of it that is trained here and lives in the package."""
