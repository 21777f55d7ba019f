"""The image of vault and worker."""
