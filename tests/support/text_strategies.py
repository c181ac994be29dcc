"""Texts for property tests: any Unicode, with what is awkward in it made frequent."""

from hypothesis import strategies as st

AWKWARD = [
    "<br />",
    "<BR/>",
    "<p>",
    "</p>",
    "don't",
    "l’été",
    "e\u0301",
    "é",
    "''",
    "'",
    "ʼ",
    "\u0345",
    "ͺ",
    "ǅ",
    "İ",
    "ß",
    "ﬃ",
    "½",
    "…",
    "！",
    "房间",
    "がｶﾞ",
    "か\u3099",
    "한국어",
    "ภาษา",
    "क्षि",
    "ﷺ",
    "👩\u200d👧",
    "\u00ad",
    "\u200b",
    "\ufeff",
    "\ufffd",
    "\x00",
    "\x1f",
    "\x85",
    "\u2028",
    "\U0010ffff",
    "\ue000",
    " ",
    "\n",
    "A1",
    "_",
]
texts = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(AWKWARD)), max_size=12).map("".join)
# As UTF-8 can carry them; what it cannot carry comes as bytes below.
clean_texts = texts.map(lambda text: text.encode("utf-8", "replace").decode("utf-8"))
raw_bytes = st.one_of(
    st.binary(max_size=30),
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.one_of(st.binary(max_size=3), clean_texts.map(lambda text: text.encode())), max_size=5
    ).map(b"".join),
)
