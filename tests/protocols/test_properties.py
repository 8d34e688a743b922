"""Properties: nothing raises on garbage, and what decodes cleanly is rebuilt with the same octets."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.protocols import axdr
from bench.protocols.acse import decode_acse
from bench.protocols.axdr import Data, DataType
from bench.protocols.cosem_time import decode_date_time
from bench.protocols.deviation import DecodeError
from bench.protocols.explain import explain
from bench.protocols.hdlc import Address, Frame, FrameReader, decode_frame, decode_parameters
from bench.protocols.wrapper import WrapperReader, decode_wrapper
from bench.protocols.xdlms.apdu import decode_apdu

PROPERTY = settings(derandomize=True, deadline=None, max_examples=150, database=None)

VECTORS = [
    bytes.fromhex(vector["hex"])
    for vector in json.loads((Path(__file__).parent.parent / "data" / "dlms.json").read_text())["vectors"]
]
APDUS = [octets for octets in VECTORS if octets[0] not in (0x00, 0x7E)]
FRAMES = [octets for octets in VECTORS if octets[0] == 0x7E]


@st.composite
def spoiled(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """Real octets with one to three of them changed, removed, doubled or cut off."""
    octets = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(octets) - 1, 0)))
        kind = draw(st.sampled_from(["change", "remove", "insert", "cut"]))
        if kind == "change" and octets:
            octets[at] = draw(st.integers(0, 255))
        elif kind == "remove" and octets:
            del octets[at]
        elif kind == "insert":
            octets.insert(at, draw(st.integers(0, 255)))
        else:
            del octets[at:]
    return bytes(octets)


def octets_like(samples: list[bytes]) -> st.SearchStrategy[bytes]:
    tagged = st.builds(
        lambda sample, rest: sample[:2] + rest, st.sampled_from(samples), st.binary(max_size=40)
    )
    return st.one_of(st.binary(max_size=64), tagged, spoiled(samples))


def integers(kind: DataType, size: int, signed: bool) -> st.SearchStrategy[Data]:
    low, high = (-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1) if signed else (0, (1 << 8 * size) - 1)
    return st.builds(Data, st.just(kind), st.integers(low, high))


SCALARS = st.one_of(
    st.just(axdr.null_data()),
    st.builds(axdr.boolean, st.booleans()),
    st.builds(axdr.bit_string, st.text("01", max_size=20)),
    st.builds(axdr.octet_string, st.binary(max_size=200)),
    st.builds(
        axdr.visible_string, st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
    ),
    st.builds(axdr.utf8_string, st.text(max_size=20)),
    integers(DataType.INTEGER, 1, True),
    integers(DataType.LONG, 2, True),
    integers(DataType.DOUBLE_LONG, 4, True),
    integers(DataType.LONG64, 8, True),
    integers(DataType.UNSIGNED, 1, False),
    integers(DataType.ENUM, 1, False),
    integers(DataType.LONG_UNSIGNED, 2, False),
    integers(DataType.DOUBLE_LONG_UNSIGNED, 4, False),
    integers(DataType.LONG64_UNSIGNED, 8, False),
    st.builds(Data, st.just(DataType.FLOAT32), st.floats(width=32, allow_nan=False)),
    st.builds(Data, st.just(DataType.FLOAT64), st.floats(allow_nan=False)),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4).flatmap(
        lambda elements: st.sampled_from([axdr.array(*elements), axdr.structure(*elements)])
    ),
    max_leaves=12,
)


@PROPERTY
@given(DATA)
def test_data_comes_back_from_its_octets(data: Data) -> None:
    assert axdr.decode_all(axdr.encode(data)) == data


@PROPERTY
@given(st.binary(max_size=60))
def test_clean_data_is_rebuilt(octets: bytes) -> None:
    data, deviations = axdr.examine(octets)

    assert deviations or data is not None
    if data is not None and not deviations:
        assert axdr.encode(data) == octets


@PROPERTY
@given(octets_like(APDUS))
def test_clean_apdus_are_rebuilt(octets: bytes) -> None:
    apdu, deviations = decode_apdu(octets)

    assert deviations or apdu is not None
    if apdu is not None and not deviations:
        assert apdu.to_bytes() == octets
    assert all(0 <= deviation.offset <= len(octets) for deviation in deviations)


@PROPERTY
@given(octets_like([octets for octets in APDUS if octets[0] in (0x60, 0x61, 0x62, 0x63)]))
def test_clean_association_apdus_are_rebuilt(octets: bytes) -> None:
    apdu, deviations = decode_acse(octets)

    assert deviations or apdu is not None
    if apdu is not None and not deviations:
        assert apdu.to_bytes() == octets


@PROPERTY
@given(octets_like(FRAMES))
def test_clean_frames_are_rebuilt(octets: bytes) -> None:
    decoded = decode_frame(octets)

    assert decoded.deviations or decoded.frame is not None
    if decoded.frame is not None and not decoded.deviations:
        assert decoded.frame.to_bytes() == octets
    assert all(0 <= deviation.offset <= len(octets) for deviation in decoded.deviations)


ADDRESSES = st.one_of(
    st.builds(Address, st.integers(0, 127)),
    st.builds(Address, st.integers(0, 127), st.integers(0, 127), st.just(2)),
    st.builds(Address, st.integers(0, 0x3FFF), st.integers(0, 0x3FFF), st.just(4)),
)
CLIENTS = st.builds(Address, st.integers(0, 127))
BUILT_FRAMES = st.builds(
    Frame, ADDRESSES, CLIENTS, st.sampled_from([0x10, 0x32, 0x54]), st.binary(max_size=300), st.booleans()
)


@PROPERTY
@given(st.lists(BUILT_FRAMES, max_size=5), st.integers(1, 50))
def test_frames_survive_a_stream_in_pieces(frames: list[Frame], step: int) -> None:
    stream = b"".join(frame.to_bytes() for frame in frames)
    reader = FrameReader()

    raw = [one for at in range(0, len(stream), step) for one in reader.feed(stream[at : at + step])]

    assert [decode_frame(one).frame for one in raw] == frames
    assert all(decode_frame(one).clean for one in raw)


@PROPERTY
@given(BUILT_FRAMES, st.data())
def test_any_single_wrong_bit_is_noticed(frame: Frame, data: st.DataObject) -> None:
    octets = bytearray(frame.to_bytes())
    bit = data.draw(st.integers(0, len(octets) * 8 - 1))
    octets[bit // 8] ^= 1 << bit % 8

    assert decode_frame(bytes(octets)).deviations


@PROPERTY
@given(st.binary(max_size=40), octets_like(FRAMES))
def test_garbage_raises_nowhere(garbage: bytes, frame: bytes) -> None:
    decode_parameters(garbage)
    decode_parameters(b"\x81\x80" + garbage)
    decode_wrapper(garbage)
    decode_date_time(garbage)
    decode_date_time(garbage[:12].ljust(12, b"\x00"))
    WrapperReader().feed(garbage)
    explain(garbage)
    explain(frame)
    explain(b"\x00\x01" + garbage)
    for one in FrameReader().feed(garbage + frame):
        decode_frame(one)
    with suppress(DecodeError):
        axdr.decode_all(garbage)
