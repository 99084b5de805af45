"""How the miniature was trained: autoencoder, then text encoder and U-Net."""
