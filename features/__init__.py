"""Windows in, named columns out: the numerical floor of quaver.

Nothing here learns from data, reads a file or knows of a model.
"""

from features.catalogue import FAMILIES, catalogue, columns, title_of
from features.errors import ConfigError, ContractError, GateError, QuaverError, SignalError
from features.extract import FeatureTable, extract
from features.feature import Feature
from features.modality import MODALITIES, RELATIVE, Modality, check_modality, check_unit
from features.quality import FLAGS, Quality
from features.recording import Recording
from features.spec import FeatureSpec, Section
from features.windows import Windows

__all__ = [
    "FAMILIES",
    "FLAGS",
    "MODALITIES",
    "RELATIVE",
    "ConfigError",
    "ContractError",
    "Feature",
    "FeatureSpec",
    "FeatureTable",
    "GateError",
    "Modality",
    "Quality",
    "QuaverError",
    "Recording",
    "Section",
    "SignalError",
    "Windows",
    "catalogue",
    "check_modality",
    "check_unit",
    "columns",
    "extract",
    "title_of",
]
