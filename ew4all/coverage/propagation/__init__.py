"""Path loss between a site and a phone: published models as small objects, and kernels for maps."""
