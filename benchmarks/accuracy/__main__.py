"""``python -P -m benchmarks.accuracy``, or ``make bench-accuracy``."""

from training.environment import prepare
from training.layout import Layout


def start() -> None:
    """Run the benchmark where nothing reports to anybody."""
    prepare(Layout().root)
    from benchmarks.accuracy.running import main  # noqa: PLC0415  (it imports MLflow)

    main()


if __name__ == "__main__":
    start()
