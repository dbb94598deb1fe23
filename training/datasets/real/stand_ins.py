"""The names of what is none of the classes: reported under its own name, never trained on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EVOKED_TWITCH: Final = "evoked_twitch"
STIMULUS_WITHOUT_RESPONSE: Final = "stimulus_without_response"
CLONIC_JERK: Final = "clonic_jerk"
DAILY: Final = "daily"
TREMOR_RECORDING: Final = "tremor_recording"
DYSKINESIA: Final = "dyskinesia"
TREMOR_OVER_VOLUNTARY: Final = "tremor_over_voluntary"
POINTING_UNKNOWN: Final = "pointing_unknown"
REST_TREMOR_TASK: Final = "rest_tremor_task"
POSTURAL_TREMOR_TASK: Final = "postural_tremor_task"
KINETIC_TREMOR_TASK: Final = "kinetic_tremor_task"
NEEDLE_VOLUNTARY: Final = "needle_voluntary"

STAND_INS: Final[Mapping[str, str]] = MappingProxyType(
    {
        EVOKED_TWITCH: "muscle response to a magnetic or electrical stimulus (for fasciculation)",
        STIMULUS_WITHOUT_RESPONSE: "blanked stimulus that evoked nothing: must not be an event",
        CLONIC_JERK: "rhythmic jerks of an epileptic seizure (for clonus)",
        DAILY: "whatever a watch saw outside a marked seizure",
        TREMOR_RECORDING: "recording of a person with tremor; not every window shows it",
        DYSKINESIA: "recording of a person with dyskinesia; not every window shows it",
        TREMOR_OVER_VOLUNTARY: "pointing by a person who reports hand tremor",
        POINTING_UNKNOWN: "pointing by a person whose tremor is not known",
        REST_TREMOR_TASK: "rest during a tremor examination; tremor is slight where there is any",
        POSTURAL_TREMOR_TASK: "outstretched hands during a tremor examination",
        KINETIC_TREMOR_TASK: "reaching during a tremor examination, with or without tremor",
        NEEDLE_VOLUNTARY: "slight contraction recorded with a needle, not from the skin",
    }
)
