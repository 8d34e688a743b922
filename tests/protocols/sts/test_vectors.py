"""Every published vector passes both ways, and the check of vectors notices a wrong one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from bench.protocols.sts.errors import FieldError
from bench.protocols.sts.vectors.check import check_document


def test_all_tokens_pass_both_ways(vector_document: dict[str, Any]) -> None:
    results = list(check_document({"vectors": vector_document["vectors"]}))
    assert len(results) == 369
    assert [(result.name, result.differences) for result in results if result.differences] == []


def test_all_primitives_pass(vector_document: dict[str, Any]) -> None:
    results = list(check_document({"primitives": vector_document["primitives"]}))
    assert len(results) == 27
    assert [(result.name, result.differences) for result in results if result.differences] == []


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("expected_token",), "08609861427895583862", "expected_token"),
        (("inputs", "tid"), 5389966, "tid"),
        (("inputs", "issue_time"), "2024-04-01 00:46", "tid"),
        (("inputs", "rnd"), 6, "payload48_hex"),
        (("inputs", "amount"), "1000", "amount_least_units"),
        (("inputs", "amount_field_hex"), "416b", "amount_field_hex"),
        (("inputs", "subclass"), 1, "payload48_hex"),
        (("inputs", "key", "krn"), 2, "decoder_key_hex differs"),
        (("inputs", "key", "meter_pan"), "600727000000000008", "meter PAN"),
        (("inputs", "key", "vending_key_hex"), "ab", "vending key"),
        (("algorithm",), "EA09", "encryption algorithm"),
        (("dkga",), "DKGA01", "key generation algorithm"),
        (("intermediates", "crc_hex"), "0000", "crc_hex"),
        (("intermediates", "encrypted_block_hex"), "0" * 16, "encrypted_block_hex"),
        (("intermediates", "token66_hex"), "0" * 17, "token66_hex"),
        (("intermediates", "datablock_hex"), "00", "datablock_hex"),
        (("intermediates", "hmac_sha256_hex"), "00", "hmac_sha256_hex differs"),
        (("inputs",), {"class": 0}, "lacks 'subclass'"),
        (("inputs",), 5, "malformed"),
    ],
)
def test_a_changed_vector_fails_and_says_what_differs(
    vector_document: dict[str, Any], path: tuple[str, ...], value: object, complaint: str
) -> None:
    vector = copy.deepcopy(next(v for v in vector_document["vectors"] if v["name"] == "CTSA10 step 4"))
    place = vector
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    (result,) = check_document({"vectors": [vector]})
    assert result.name == "CTSA10 step 4"
    assert complaint in "; ".join(result.differences)


#: What a vector may say without the check comparing it: remarks, and what the token does not carry.
UNCOMPARED = {("inputs", "note"), ("inputs", "unit"), ("inputs", "kct_count")}
COMPARED = ("inputs", "intermediates", "expected_token", "algorithm")


def facts(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every number and text of a vector with the way to it."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from facts(value, (*path, name))
    else:
        yield path, part


def other(value: Any) -> Any:
    """Return another value of the same kind; of an amount or limit one that its coding does not round away."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1 if value < 100 else value + value // 2
    return value[:-1] + ("2" if value.endswith("1") else "1")


def test_every_fact_of_a_vector_counts(vector_document: dict[str, Any]) -> None:
    """In one vector of each class, subclass and field: with that field changed it does not pass any more."""
    tried: set[tuple[Any, ...]] = set()
    unnoticed = set()
    for vector in vector_document["vectors"]:
        kind = (vector["inputs"]["class"], vector["inputs"]["subclass"])
        for path, value in facts({name: vector[name] for name in COMPARED if name in vector}):
            if (kind, path) in tried or path in UNCOMPARED:
                continue
            tried.add((kind, path))
            spoiled = copy.deepcopy(vector)
            place = spoiled
            for name in path[:-1]:
                place = place[name]
            place[path[-1]] = other(value)
            (result,) = check_document({"vectors": [spoiled]})
            if not result.differences:
                unnoticed.add((*kind, *path))
    assert len(tried) > 500
    assert unnoticed == set()


@pytest.mark.parametrize(
    "group", ["crc16", "ea07_sample_tables", "misty1_rfc2994", "tid", "meter_pan", "amount_field"]
)
def test_every_fact_of_a_primitive_counts(vector_document: dict[str, Any], group: str) -> None:
    content = vector_document["primitives"][group]
    for item in content if isinstance(content, list) else [content]:
        for key in item.keys() & PRIMITIVE_FACTS:
            (result,) = check_document({"primitives": {group: {**item, key: other(item[key])}}})
            assert result.differences, (key, item[key])


PRIMITIVE_FACTS = {
    *(
        "data_hex",
        "crc_hex",
        "key_hex",
        "data_block_hex",
        "encrypted_block_hex",
        "token66_hex",
        "token_decimal",
    ),
    *("plaintext_hex", "ciphertext_hex", "tid", "bits", "time", "credit_crc_hex", "rnd"),
    *("valid", "expected_check_digit", "iin", "drn_iain", "field_hex", "decoded_least_units"),
}


def test_a_difference_in_key_material_is_not_shown(vector_document: dict[str, Any]) -> None:
    vector = copy.deepcopy(next(v for v in vector_document["vectors"] if "new_key" in v["inputs"]))
    computed = vector["intermediates"]["decoder_key_hex"], vector["intermediates"]["new_decoder_key_hex"]
    wrong = {name: "00" for name in vector["intermediates"] if name != "crc_hex"}
    vector["intermediates"] = wrong
    (result,) = check_document({"vectors": [vector]})
    text = "; ".join(result.differences)
    assert "new_decoder_key_hex differs" in text
    assert not any(secret in text for secret in computed)
    assert "data_block_hex differs" in text


@pytest.mark.parametrize(
    "document", [[], {}, 7, {"vectors": []}, {"vectors": 5}, {"vectors": [], "primitives": 3}]
)
def test_a_document_without_vectors_is_refused(document: Any) -> None:
    with pytest.raises(FieldError, match="vectors"):
        list(check_document(document))


def test_an_unknown_primitive_fails() -> None:
    (result,) = check_document({"primitives": {"crc99": [{}]}})
    assert "crc99" in result.differences[0]
