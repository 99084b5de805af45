"""A schedule fixes a forward process; a network is trained against it; a sampler runs it backwards.

Derivations prove the formulas that all of them share.  Import the part that you need, for example
``from diffusion_lib import process, sample``; nothing heavy is imported here.
"""

__version__ = "0.1.0"
PACKAGES = ("derive", "diffusion_lib", "models", "pagekit")  # what pip installs together
