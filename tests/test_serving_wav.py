"""WAV: every kind of sample to the last bit, and headers that are not what they should be."""

import struct
import warnings

import numpy as np
import pytest
from scipy.io import wavfile

from features import Recording, SignalError
from serving.recordings import SignalMapping, read_recording, write_recording

RELATIVE = SignalMapping(modality="emg", unit="relative")
RATE_HZ = 32000
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def fmt(code, n_channels, bits, block=None, extra=b""):
    block = n_channels * bits // 8 if block is None else block
    return chunk(
        b"fmt ",
        struct.pack("<HHIIHH", code, n_channels, RATE_HZ, RATE_HZ * block, block, bits) + extra,
    )


def write_chunks(path, *chunks):
    content = b"WAVE" + b"".join(chunks)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(content)) + content)
    return path


@pytest.mark.parametrize(
    ("dtype", "full_scale"),
    [("int16", 2.0**15), ("int32", 2.0**31), ("float32", 1.0), ("float64", 1.0)],
)
@pytest.mark.parametrize("n_channels", [1, 3])
def test_samples_are_those_of_another_reader(tmp_path, rng, dtype, full_scale, n_channels):
    """Samples and rate equal what scipy reads, divided by full scale without rounding."""
    values = rng.uniform(-1, 1, (500, n_channels)) * full_scale
    wavfile.write(tmp_path / "a.wav", RATE_HZ, values.astype(dtype))

    back = read_recording(tmp_path / "a.wav", RELATIVE)

    rate_hz, expected = wavfile.read(tmp_path / "a.wav")
    np.testing.assert_array_equal(
        back.samples.astype(np.float64), expected.reshape(500, -1).T / full_scale
    )
    assert back.sampling_rate_hz == rate_hz == RATE_HZ
    assert back.channel_names == tuple(f"channel_{n}" for n in range(n_channels))
    assert (back.unit, back.start_time) == ("relative", None)


@pytest.mark.parametrize("extensible", [False, True])
def test_samples_of_24_bits_are_exact(tmp_path, extensible):
    """Three bytes are one sample from -1 up to almost 1, whichever way the header says it."""
    values = [0, 1, -1, 2**23 - 1, -(2**23), 4660]
    data = b"".join(value.to_bytes(3, "little", signed=True) for value in values)
    extra = struct.pack("<HHIH", 22, 24, 0, PCM) + b"\0" * 14
    header = fmt(EXTENSIBLE, 2, 24, extra=extra) if extensible else fmt(PCM, 2, 24)
    path = write_chunks(tmp_path / "a.wav", header, chunk(b"data", data))

    back = read_recording(path, RELATIVE)

    np.testing.assert_array_equal(
        back.samples.astype(np.float64), np.reshape(values, (3, 2)).T / 2**23
    )


def test_other_chunks_are_passed_over(tmp_path):
    """Remarks of odd length before and after the data change nothing."""
    data = chunk(b"data", np.arange(100, dtype="<i2").tobytes())
    remark = chunk(b"LIST", b"INFOx")
    path = write_chunks(tmp_path / "a.wav", remark, fmt(PCM, 1, 16), remark, data, remark)

    back = read_recording(path, RELATIVE)

    np.testing.assert_array_equal(back.samples[0], np.arange(100) / 2**15)


def test_data_of_unknown_length_go_to_the_end(tmp_path):
    """A program that could not go back to write the length has written all there is."""
    path = write_chunks(tmp_path / "a.wav", fmt(PCM, 2, 16), b"data\xff\xff\xff\xff", b"\1\0" * 201)

    assert read_recording(path, RELATIVE).samples.shape == (2, 100)


def test_channels_are_chosen_by_name_or_number(tmp_path):
    """Of a file of three channels, those that are named are read, in their order."""
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    wavfile.write(tmp_path / "a.wav", RATE_HZ, values)
    mapping = SignalMapping(modality="emg", unit="mV", columns=("channel_2", 0))

    back = read_recording(tmp_path / "a.wav", mapping)

    np.testing.assert_array_equal(back.samples, values.T[[2, 0]])
    assert back.channel_names == ("channel_2", "channel_0")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_wav_keeps_the_samples(tmp_path, rng, dtype):
    """What is written as WAV has the same samples and gaps, in the unit that is said again."""
    samples = rng.normal(scale=300.0, size=(2, 1000)).astype(dtype)
    samples[0, 10:20] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_recording(
            Recording(samples, sampling_rate_hz=2000.0, modality="emg", unit="uV"),
            tmp_path / "a.wav",
        )

    back = read_recording(tmp_path / "a.wav", SignalMapping(modality="emg", unit="uV"))

    np.testing.assert_array_equal(back.samples, samples)
    assert (back.samples.dtype, back.sampling_rate_hz) == (dtype, 2000.0)


def test_wav_holds_whole_rates_only(tmp_path):
    """A rate that would be rounded is not written."""
    recording = Recording([[1.0, 2.0]], sampling_rate_hz=2148.15, modality="emg", unit="uV")

    with pytest.raises(SignalError, match=r"WAV holds whole sampling rates, not 2148\.15 Hz"):
        write_recording(recording, tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


DATA = chunk(b"data", b"\0\0" * 100)


@pytest.mark.parametrize(
    ("chunks", "sentence"),
    [
        ((fmt(PCM, 1, 8), DATA), "its samples are PCM of 8 bits; PCM of 16, 24 or 32 bits and flo"),
        ((fmt(7, 1, 8), DATA), "its samples are mu-law of 8 bits"),
        ((fmt(99, 1, 16), DATA), "its samples are code 99 of 16 bits"),
        ((fmt(PCM, 0, 16), DATA), "header is damaged: it states 0 channels of 16 bits in 0 bytes"),
        ((fmt(PCM, 2, 16, block=2), DATA), "it states 2 channels of 16 bits in 2 bytes"),
        ((DATA,), "it is damaged or cut short: it has no format and data"),
        ((fmt(PCM, 1, 16),), "it is damaged or cut short: it has no format and data"),
        ((fmt(PCM, 1, 16)[:10],), "its header is cut short"),
        (
            (fmt(PCM, 1, 16), DATA[:-50]),
            "announces 100 samples of 1 channels, and the file holds 75",
        ),
        ((fmt(PCM, 1, 16), chunk(b"data", b"")), "it holds no samples"),
        ((chunk(b"junk", b""),) * 1001, "it is damaged or cut short: it has no format and data"),
    ],
)
def test_damaged_and_other_files_are_refused(tmp_path, chunks, sentence):
    """Other codes, half a header and data that are not there are refused with what was found."""
    path = write_chunks(tmp_path / "a.wav", *chunks)

    with pytest.raises(SignalError, match=rf"^a\.wav: .*{sentence}"):
        read_recording(path, RELATIVE)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"unit": None}, "a WAV file states no unit; give the one that its full scale is 1 of: uV"),
        ({"sampling_rate_hz": 1000.0}, "sampling_rate_hz is given as 1000, the file states 32000"),
        ({"time_column": "t"}, "a WAV file has no column of times"),
        ({"columns": (2,)}, r"there is no channel 2: it has 1, counted from 0 \(channel_0\)"),
    ],
)
def test_wav_and_mapping_must_agree(tmp_path, fields, sentence):
    """What a WAV file cannot say is asked for, and what it says is not overruled."""
    path = write_chunks(tmp_path / "a.wav", fmt(PCM, 1, 16), DATA)
    mapping = SignalMapping(**(RELATIVE.model_dump() | fields))

    with pytest.raises(SignalError, match=rf"^a\.wav: {sentence}"):
        read_recording(path, mapping)
