"""Opening: names of semi-real sets beside all others."""

from features import ConfigError, Modality
from training.datasets.opening import Opened, open_source
from training.datasets.registry import SOURCES, data_folder
from training.datasets.source import Kind
from training.layout import Layout
from training.semireal.sources import PREFIX, semireal_sources


def open_set(name: str, modality: Modality, layout: Layout) -> Opened:
    """Return the source of a name; see :mod:`training.datasets.opening` for those not made here.

    Raises
    ------
    ConfigError
        When nothing of that name is there, or a folder calls itself as sets of another kind are.
    """
    if not name.startswith(PREFIX):
        return _of_its_kind(open_source(name, modality, layout.simulated(modality)))
    sources = {source.name: source for source in semireal_sources(layout)}
    if name not in sources:
        raise ConfigError(f"there is no data set {name!r}; there are {', '.join(sources)}")
    return Opened(sources[name], data_folder())


def _of_its_kind(opened: Opened) -> Opened:
    """Refuse a set whose figures would pass for those of another kind."""
    kind, named = opened.source.kind, kind_of(opened.name)
    if kind != named:
        raise ConfigError(
            f"{opened.folder} is a {kind} set named {opened.name}, as a {named} one is; give it"
            " another name"
        )
    return opened


def kind_of(name: str) -> Kind:
    """Return of which kind the data of a set are, by the name under which figures of it stand.

    A user's own recordings are real.
    """
    if name.startswith("simulated/"):
        return "simulated"
    if name.startswith(PREFIX):
        return "semi-real"
    return next((source.kind for source in SOURCES if source.name == name), "real")


def open_tests(modality: Modality, layout: Layout) -> tuple[Opened, ...]:
    """Return the semi-real sets of a modality that nothing is trained on."""
    return tuple(
        Opened(source, data_folder())
        for source in semireal_sources(layout)
        if modality in source.modalities and source.name.endswith("-test")
    )
