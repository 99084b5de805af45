"""A schedule defines a forward process; a network learns to denoise its samples; a sampler reverses it.

The formulas behind all three are proved in the book.  Import the subpackages that you need, for example
``from diffusion_lib import process, sample``; this package itself imports nothing heavy.
"""

__version__ = "0.1.0"
PACKAGES = ("derive", "diffusion_lib", "models", "pagekit")  # what pip installs together
