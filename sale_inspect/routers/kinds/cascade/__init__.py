"""The FrugalGPT cascade, fitted."""

from sale_inspect.routers.kinds.cascade._fit import FrugalCascade, FrugalOptions, fit_frugalgpt

__all__ = ["FrugalCascade", "FrugalOptions", "fit_frugalgpt"]
