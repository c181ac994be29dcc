"""How characters are read, and that tokens are found again in the text they come from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.text.tokenization import Spelling, spell, token_spans, tokens
from tests.support.text_strategies import clean_texts, texts

splits = st.sampled_from(["word", "character"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good, not GREAT.", ["good", ",", "not", "great", "."]),
        ("one<br /><br/>two<BR>three<p>four</P>", ["one", "two", "three", "four"]),
        ("a <b> c", ["a", "<", "b", ">", "c"]),
        (
            "don't 'quoted' rock’n’roll dogs'",
            ["don't", "'", "quoted", "'", "rock'n'roll", "dogs", "'"],
        ),
        ("“well” – said", ['"', "well", '"', "-", "said"]),
        ("naïve Straße ΌΔΟΣ Ёжик İ", ["naive", "strasse", "οδοσ", "ежик", "i"]),
        ("ﬁne ２００ ｗｉｄｅ！", ["fine", "200", "wide", "!"]),
        ("房间很好，ok", ["房", "间", "很", "好", ",", "ok"]),
        ("がぎ ｶﾞ", ["が", "ぎ", "カ", "\u3099"]),
        ("한국어 좋다", ["한국어", "좋다"]),
        ("ไทย", ["ไ", "ท", "ย"]),
        ("हिन्दी", ["हिन्दी"]),
        ("don\u00adt a\u200bb", ["dont", "a", "b"]),
        ("a\x00b\x1fc\u2028d\ud800e\ufffdf", ["a", "b", "c", "d", "e", "f"]),
        ("snake_case 3.5 a-b", ["snake", "_", "case", "3", ".", "5", "a", "-", "b"]),
        ("🙂👍🏽", ["🙂", "👍", "🏽"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_a_text_is_read_as_these_words(text, expected):
    assert tokens(text) == expected


def test_by_character_everything_but_space_is_a_token():
    assert tokens("Ab é, ß房", "character") == ["a", "b", "e", ",", "s", "s", "房"]
    assert tokens("don't", "character") == ["d", "o", "n", "'", "t"]


@given(texts, splits)
def test_reading_what_was_read_changes_nothing(text, split):
    once = tokens(text, split)
    assert tokens(" ".join(once), split) == once
    assert all(once)
    assert not any(each.isspace() for token in once for each in token)


@pytest.mark.parametrize("split", ["word", pytest.param("character", marks=pytest.mark.slow)])
def test_what_any_character_becomes_stays_as_it_is(split):
    table = Spelling(split)
    for point in [*range(0x32400), *range(0xE0000, 0xE0200), 0x10FFFF]:
        for letter in table[point].replace(" ", ""):
            assert table[ord(letter)].strip() == letter, hex(point)


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cn", "S"], max_codepoint=0x052F)
        | st.characters(min_codepoint=0x1E00, max_codepoint=0x1FFF, exclude_categories=["Cn", "S"])
        | st.sampled_from("'’ ")
    )
)
def test_composed_and_decomposed_letters_are_the_same(text):
    assert tokens(unicodedata.normalize("NFC", text)) == tokens(unicodedata.normalize("NFD", text))


@given(texts, splits)
def test_spans_give_each_token_its_place_in_the_text(text, split):
    found, spans = token_spans(text, split)
    assert found == tokens(text, split)
    assert len(spans) == len(found)
    before = 0
    for token, (start, end) in zip(found, spans, strict=True):
        assert 0 <= start < end <= len(text)
        # One character may hold several tokens (a half is 1, ⁄ and 2), so places may repeat.
        assert start >= before
        before = start
        around = "".join(tokens(text[start:end], split))
        assert token in around


@given(clean_texts)
def test_plain_ascii_takes_the_same_way_as_everything_else(text):
    plain = text.encode("ascii", "ignore").decode()
    # A zero-width joiner is read as nothing, and sends the text the long way.
    assert tokens(plain) == tokens(plain + "\u200d") == token_spans(plain)[0]
    assert tokens(plain, "character") == tokens(plain + "\u200d", "character")


def test_the_rule_for_one_character_knows_no_neighbours():
    assert spell(ord("É")) == "e"
    assert spell(0x301) == ""
    assert spell(ord("!")) == " ! "
    assert spell(0xD800) == spell(0xFFFD) == spell(0) == " "
    assert spell(ord("x"), "character") == " x "
