"""People: one person of a site, and the recordings made of that person."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features import ConfigError, Recording
from training.datasets.labelled import LabelledRecording
from training.simulate.activity import Activity, Scene
from training.simulate.clonus import clonus
from training.simulate.config import Simulation
from training.simulate.contact import Contact
from training.simulate.limb import Placement, feel_force, feel_turning, random_rotation
from training.simulate.lookalikes import (
    LOOKALIKES,
    LOOKALIKES_IN_EMG,
    LOOKALIKES_IN_MOTION,
    LookAlike,
)
from training.simulate.movements import MOVEMENTS, voluntary
from training.simulate.muscle import EMG_RATE_HZ, Muscle, build_muscle, render_emg
from training.simulate.parameters import Draws, Physiology
from training.simulate.recorder import Recorded, record
from training.simulate.resting import resting
from training.simulate.sites import Site
from training.simulate.tremor import tremor
from training.simulate.twitches import fasciculation
from training.simulate.visibility import visible_spans
from training.simulate.waves import RATE_HZ

Array = NDArray[np.float64]

SOURCE_NAME = "simulated"
TREMOR_SHARES = {
    "parkinsonian_rest": 0.35,
    "essential_postural": 0.25,
    "enhanced_physiological": 0.1,
    "cerebellar_intention": 0.08,
    "holmes": 0.07,
    "dystonic": 0.08,
    "orthostatic": 0.07,
}
"""Share of recordings of tremor that each kind has."""


@dataclass(frozen=True, eq=False)
class Person:
    """A person at a site; ``seed`` fixes the body, whatever sensor it is recorded with."""

    name: str
    seed: int
    site: Site
    simulation: Simulation
    physiology: Physiology

    @cached_property
    def muscle(self) -> Muscle:
        """The person's motor units, the same in every recording."""
        return build_muscle(self._draws("body", 0))

    def recordings(self, kinds: dict[str, int]) -> Iterator[LabelledRecording]:
        """Make the recordings of each kind, in order."""
        for kind, count in kinds.items():
            for number in range(count):
                yield self.recording(kind, number)

    def recording(self, kind: str, number: int) -> LabelledRecording:
        """Make one recording; what happens in it does not depend on the sensor."""
        draws = self._draws(kind, number)
        scene = _scene(kind, number, draws, self.simulation.duration_s, self._lever_m(draws))
        recorded = self.recorded(scene, draws)
        recording = Recording(
            recorded.samples.astype(np.float32),
            sampling_rate_hz=self.site.sampling_rate_hz,
            modality=self.site.modality,
            unit=self.site.unit,
        )
        spans = visible_spans(
            scene,
            recorded,
            self.site.sampling_rate_hz,
            self.site.modality,
            self.simulation.visibility[self.site.modality],
        )
        return LabelledRecording(
            id=f"{self.name}-{kind}-{number}",
            recording=recording,
            spans=tuple(spans),
            group=self.name,
            site=self.site.name,
            source=SOURCE_NAME,
            details=_truth(scene),
        )

    def recorded(self, scene: Scene, draws: Draws) -> Recorded:
        """Return what the site's device shows of a scene that this person is in."""
        phenomenon, background, rate = self._ideal(scene, draws)
        return record(phenomenon, background, rate, self.site, draws)

    def _draws(self, kind: str, number: int) -> Draws:
        seed = np.random.SeedSequence([self.seed, *kind.encode(), number])
        return Draws(
            self.physiology,
            person_seed=self.seed,
            recording_seed=int(seed.generate_state(1)[0]),
            between_share=self.simulation.between_share,
            electrode_share=self.simulation.electrode_share,
        )

    def _lever_m(self, draws: Draws) -> float:
        return draws.level("body.lever")

    def _ideal(self, scene: Scene, draws: Draws) -> tuple[Array, Array, float]:
        """Return phenomenon and background as an ideal sensor sees them, and their rate."""
        if self.site.modality == "emg":
            return *self._ideal_emg(scene, draws), EMG_RATE_HZ
        placement = _placement(self.seed, draws, self._lever_m(draws))
        feel = feel_force if self.site.modality == "accelerometer" else feel_turning
        contact = Contact.of(draws, scene.background.angles_rad.shape[1])
        background = feel(contact.felt(scene.background), placement)
        if not scene.phenomenon.moves:
            return np.zeros_like(background), background, RATE_HZ
        whole = feel(contact.felt(scene.background + scene.phenomenon), placement)
        return whole - background, background, RATE_HZ

    def _ideal_emg(self, scene: Scene, draws: Draws) -> tuple[Array, Array]:
        """Return the EMG of phenomenon and background, each of shape (1, n)."""
        volley = draws("clonus.emg_burst_amplitude")
        size = draws("voluntary.isometric_emg.rms_amplitude")
        if scene.label == "tremor":
            size = draws("tremor.emg_rms_amplitude")
        if scene.label == "clonus":
            # Of a volley of several phases, the root mean square is about an eighth of the whole.
            size = draws("clonus.inter_burst_emg_ratio") * volley / 8
        render = partial(
            render_emg, muscle=self.muscle, drive_rms_uv=size, volley_uv=volley, draws=draws
        )
        return render(scene.phenomenon)[None], render(scene.background)[None]


def _placement(seed: int, draws: Draws, lever_m: float) -> Placement:
    rng = np.random.default_rng([seed, 29])
    mounting = random_rotation(rng)
    beside = draws.level("body.lever_offset")
    along = np.array([lever_m, 0.0, 0.0]) + rng.normal(0, beside, size=3)
    return Placement(along, posture=random_rotation(draws.rng), mounting=mounting)


def _scene(kind: str, number: int, draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Return what happens in a recording of a kind."""
    if kind == "voluntary":
        # People begin at different places in the list, so that few recordings of each hold all.
        names = list(MOVEMENTS)
        name = names[(draws.person_seed + number) % len(names)]
        return voluntary(name, draws, duration_s, lever_m)
    makers = _CLASSES | LOOKALIKES | LOOKALIKES_IN_EMG | LOOKALIKES_IN_MOTION
    if kind not in makers:
        known = ", ".join(("voluntary", *makers))
        raise ConfigError(f"there is no kind of recording {kind!r}; there are {known}")
    return makers[kind](draws, duration_s, lever_m)


def _rest(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    background = resting(draws, duration_s, lever_m)
    return Scene("rest", "rest", background, Activity.still(duration_s))


def _any_tremor(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    kind = str(draws.rng.choice(list(TREMOR_SHARES), p=list(TREMOR_SHARES.values())))
    return tremor(kind, draws, duration_s, lever_m)


def _action_tremor(draws: Draws, duration_s: float, lever_m: float) -> Scene:
    """Return a tremor during a movement: the movement is the ground it must stand out from."""
    trembling = tremor("essential_postural", draws, duration_s, lever_m)
    movement = voluntary("reaching", draws, duration_s, lever_m)
    return Scene(
        name="tremor/action",
        label="tremor",
        background=movement.background + movement.phenomenon,
        phenomenon=trembling.phenomenon,
        stretches=trembling.stretches,
        cycles_s=trembling.cycles_s,
        frequency_hz=trembling.frequency_hz,
        moving=movement.stretches,
    )


_CLASSES: dict[str, LookAlike] = {
    "rest": _rest,
    "fasciculation": fasciculation,
    "tremor": _any_tremor,
    "action_tremor": _action_tremor,
    "contraction": partial(voluntary, "isometric"),
    "clonus_sustained": partial(clonus, sustained=True),
    "clonus_unsustained": partial(clonus, sustained=False),
}


def _truth(scene: Scene) -> dict[str, Any]:
    frequency = scene.frequency_hz
    return {
        "scene": scene.name,
        "frequency_hz": None if np.isnan(frequency) else round(float(frequency), 4),
        "stretches_s": [[round(a, 4), round(b, 4)] for a, b in scene.stretches],
        "events_s": [round(float(t), 5) for t in scene.events_s],
        "cycles_s": [round(float(t), 5) for t in scene.cycles_s],
    }
