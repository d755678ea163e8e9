from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsgraph.files import atomic_write, canonical_json, digest, file_sha256


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "folder" / "table.csv"
    with atomic_write(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
        assert temporary.suffix == ".csv"
    assert target.read_text() == "new"
    assert [p.name for p in target.parent.iterdir()] == ["table.csv"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def interrupted():
        with atomic_write(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


@given(st.dictionaries(st.text(), st.integers(-(2**53), 2**53)))
def test_the_order_of_keys_does_not_reach_the_digest(content):
    turned = dict(reversed(content.items()))
    assert canonical_json(content) == canonical_json(turned)
    assert digest(content) == digest(turned)


def test_sha256_of_known_bytes(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_sha256(path) == ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
