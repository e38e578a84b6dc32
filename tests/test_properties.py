"""What holds for every input: links, tables, numbers, names, settings, small images.

Made by *hypothesis*, the same inputs in every run, and nothing is kept of them.
"""

import csv
import io
import json
import tempfile
import zipfile
from dataclasses import fields
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from PIL import Image

from explorer.data.images import image_key
from explorer.data.joining import read_predictions
from explorer.image.decode import MIN_SIDE
from explorer.image.read import read_image
from explorer.image.zipped import distinct_names, open_zip, safe_name
from explorer.model.weights import parse_setting
from explorer.skin.settings import RANGES, ToneSettings, read_settings
from explorer.tone.hand import parse_points
from explorer.ui.groups.state import GroupsChoice
from explorer.ui.lesion.state import TARGETS, LesionChoice
from explorer.ui.page import LINKED
from explorer.util.cells import plain_cell, safe_cell, safe_table
from explorer.util.encoding import decoded
from explorer.util.errors import LONGEST, ExplorerError
from explorer.util.numerals import numbers
from explorer.util.tables import read_table

#: Where hypothesis puts what it remembers from run to run; gone with the process.
HOME = tempfile.TemporaryDirectory(prefix="hypothesis-")
set_hypothesis_home_dir(HOME.name)
settings.register_profile(
    "explorer", derandomize=True, database=None, deadline=None, max_examples=60
)
settings.load_profile("explorer")

#: Any text that a file in UTF-8 can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ODD = st.sampled_from(("=1+1", "+1", "-x", "@a", "'=1", "\tx", "nan", "1,234", "a\nb", 'q"', "\0"))


def sentence(error: Exception) -> None:
    """An error is one line that a person can read."""
    text = str(error)
    assert 0 < len(text) <= LONGEST and text.isprintable()


# Links


def followed(address: str):
    """The choices of every part of the page, and what it says of the address."""
    query = dict(parse_qsl(address, keep_blank_values=True))
    made = [kind.from_query(query) for kind in LINKED]
    return [choices for choices, _ in made], [text for _, problems in made for text in problems]


WORDS = [name for kind in LINKED for name in kind.parameters()]
VALUES = st.one_of(
    TEXT,
    st.floats().map(str),
    st.sampled_from(("fair", "skins", "sex", "demo", "robust", "skin", "auroc", "tone:0.25;x:1")),
)


@settings(max_examples=300)
@given(st.dictionaries(st.one_of(st.sampled_from(WORDS), TEXT), VALUES, max_size=8))
@example({"threshold": "0.1234567891"})
@example({"limits": "tan:0.1234567891;:1e-9"})
def test_a_link_leads_where_its_own_link_leads(query):
    made, said = followed(urlencode(query))
    own = {name: text for choices in made for name, text in choices.to_query().items()}
    assert followed(urlencode(own)) == (made, [])
    for text in said:
        assert text.startswith("The link asks for ") and len(text) <= LONGEST


@given(st.floats(0, 1), st.floats(*TARGETS), st.integers(1, 100))
def test_numbers_of_a_link_are_kept_to_the_last_bit(share, angle, least):
    for made in (
        GroupsChoice(threshold=share, limits=(("tan: a", share),), minimum=least),
        LesionChoice(target=angle),
    ):
        assert type(made).from_query(made.to_query()) == (made, ())


# Tables

SEPARATORS = ",;\t|"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")  # the last with its mark
#: Cells of letters of any script; what a table's reader strips or reads as its own is apart.
CELLS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=12).map(str.strip)


@st.composite
def tables(draw) -> list[list[str]]:
    """A header of different names and rows of cells."""
    names = draw(st.lists(CELLS.filter(bool), min_size=2, max_size=5, unique=True))
    row = st.tuples(*[CELLS] * len(names)).filter(any)
    return [names, *map(list, draw(st.lists(row, min_size=1, max_size=5)))]


def unescaped(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=@+-") else cell


@given(
    tables(),
    st.sampled_from(SEPARATORS),
    st.sampled_from(ENCODINGS),
    st.sampled_from(("\n", "\r\n", "\r")),
    st.sampled_from((csv.QUOTE_ALL, csv.QUOTE_MINIMAL)),
)
def test_a_table_is_read_as_it_was_written(tmp_path_factory, table, separator, code, end, quoting):
    assume(table[0][0].partition("=")[0].lower() != "sep")
    if quoting == csv.QUOTE_MINIMAL:  # another separator in the header could be taken for it
        assume(not any(mark in name for name in table[0] for mark in set(SEPARATORS) - {separator}))
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(table)
    path = tmp_path_factory.getbasetemp() / "property.csv"
    path.write_bytes(out.getvalue().encode(code))
    found = read_table(path)
    assert found.columns.tolist() == [" ".join(unescaped(name).split()) for name in table[0]]
    assert found.to_numpy().tolist() == [list(map(unescaped, row)) for row in table[1:]]


@given(st.lists(st.one_of(TEXT, ODD), min_size=1, max_size=6))
def test_what_pandas_writes_is_read_back(tmp_path_factory, cells):
    """Tabs between, and its own index in front, whose header is empty."""
    cells = [cell for cell in cells if "\0" not in cell]
    path = tmp_path_factory.getbasetemp() / "pandas.csv"
    pd.DataFrame({"a": "x", "b": [*cells, "y"]}).to_csv(path, sep="\t")
    found = read_table(path)
    assert found.columns.tolist() == ["", "a", "b"]
    assert found[""].tolist() == [str(i) for i in range(len(cells) + 1)]
    assert (found["a"] == "x").all() and found["b"].iloc[-1] == "y"


@settings(max_examples=200)
@given(st.one_of(TEXT, ODD))
def test_no_cell_of_an_export_is_run_and_both_ways_of_escaping_agree(cell):
    safe = safe_cell(cell)
    assert safe in (cell, f"'{cell}")
    if cell[:1] in tuple("=@\t\r"):
        assert safe == f"'{cell}"
    if cell[:1] in tuple("+-") and any(c.isalpha() and c not in "eEto" for c in cell):
        assert safe == f"'{cell}"
    if cell[:1] != "'":
        assert plain_cell(safe) == cell
    exported = safe_table(pa.table({cell: [cell]}))
    assert exported.column_names == exported.column(0).to_pylist() == [safe]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=8), st.sampled_from((",.", ".,", " ,")))
def test_numbers_are_read_as_they_were_written(values, marks):
    """1,234.50 and 1.234,50 and 1 234,50: two digits behind the mark leave no doubt."""
    turned = str.maketrans(",.", marks)
    cells = pd.Series([f"{value:,.2f}".translate(turned) for value in values])
    assert numbers(cells).tolist() == [float(f"{value:.2f}") for value in values]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.sampled_from(",. '\u202f"))
def test_whole_numbers_with_thousands(values, mark):
    cells = pd.Series([f"{value:,}".replace(",", mark) for value in [*values, 1234567]])
    assert numbers(cells).tolist() == [*values, 1234567]


#: Words of Croatian, Polish and Czech; of German, French and Spanish.
CENTRAL = ("Čakovec", "Đakovo", "Križevci", "Łódź", "čelo", "žena", "Poreč", "děti", "nůž", "ruka")
WESTERN = ("Köln", "Händler", "élève", "Français", "año", "Übersee", "garçon", "señora", "arm")


@given(st.sampled_from((("cp1250", CENTRAL), ("cp1252", WESTERN))), st.data())
def test_the_two_code_pages_of_windows_are_told_apart(page, data):
    code, words = page
    text = "\n".join(data.draw(st.lists(st.sampled_from(words), min_size=1)))
    assert decoded(text.encode(code))[0] == text


@given(TEXT, st.sampled_from(("utf-8", "utf-8-sig", "utf-16")))
def test_unicode_is_known_whatever_it_says(text, code):
    assume(not text.startswith("\ufeff"))
    text = f"a,b\n{text}"
    assert decoded(text.encode(code)) == (text, "")


# Names

NAMES = st.one_of(TEXT, st.sampled_from(("../a.jpg", "C:\\a.jpg", "a.jpg", "A.jpg", "a (2).jpg")))


@settings(max_examples=200)
@given(NAMES)
def test_no_name_out_of_a_file_leads_anywhere(name):
    safe = safe_name(name)
    assert not set(safe) & set("/\\") and safe.isprintable() and len(safe) < 140
    assert safe_name(safe) == safe


@given(st.lists(NAMES.map(safe_name).filter(bool), max_size=8))
def test_names_that_are_made_distinct(names):
    found = distinct_names(names)
    assert len(found) == len(names) == len({name.lower() for name in found})
    assert distinct_names(found) == found
    kept = [name for i, name in enumerate(names) if name.lower() not in map(str.lower, names[:i])]
    assert set(kept) <= set(found)


STEMS = st.text("abcXYZ_-0123456789", min_size=1, max_size=8)


@settings(max_examples=25)
@given(st.sets(STEMS, min_size=1, max_size=6), st.data())
def test_images_are_matched_whatever_their_folder_ending_and_case(tmp_path_factory, stems, data):
    folder = tmp_path_factory.getbasetemp()
    loose = [image_key(stem).casefold().lstrip("0") for stem in stems]
    assume(not {"nan", "none"} & set(map(str.lower, stems)))
    assume(len({"".join(c for c in each if c != "0") for each in loose}) == len(stems))
    stems = sorted(stems)
    other = [
        data.draw(st.sampled_from(("", "x/", "C:\\y\\")))
        + data.draw(st.sampled_from((stem, stem.upper(), stem.lower())))
        + data.draw(st.sampled_from(("", ".jpg", ".PNG", ".tiff")))
        for stem in stems
    ]
    (folder / "p.csv").write_text("image,y_pred\n" + "".join(f"{each},1\n" for each in stems))
    (folder / "m.csv").write_text("image,target\n" + "".join(f"{each},0\n" for each in other))
    found = read_predictions(folder / "p.csv", folder / "m.csv")
    renamed = sum(image_key(name) != stem for name, stem in zip(other, stems))
    assert len(found) == len(stems) and found.join.count("same_name") == renamed


# Settings and other texts of a command line

ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.sampled_from([*RANGES]), inner)),
    max_leaves=6,
)


@st.composite
def estimators(draw) -> ToneSettings:
    """Settings of the estimator that are all allowed."""
    drawn = {
        each.name: draw((st.integers if each.type is int else st.floats)(*RANGES[each.name]))
        for each in fields(ToneSettings)
    }
    drawn |= {name: drawn[name] | 1 for name in ("blackhat_kernel", "morphology_kernel")}
    return ToneSettings(**drawn | {"clusters_max": min(drawn["clusters_min"] + 2, 15)})


@given(estimators())
def test_settings_there_and_back(tmp_path_factory, made):
    path = tmp_path_factory.getbasetemp() / "settings.json"
    path.write_text(json.dumps(made.to_dict()))
    assert read_settings(path) == made


@given(st.one_of(ANY_JSON.map(json.dumps), TEXT))
def test_any_file_is_settings_or_one_sentence(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "settings.json"
    path.write_text(text, encoding="utf-8")
    try:
        made = read_settings(path)
    except ExplorerError as error:
        sentence(error)
    else:
        given_values = json.loads(text)
        assert given_values.items() <= made.to_dict().items()


@given(st.one_of(TEXT, TEXT.map("hub:{}".format), TEXT.map("~{}".format)))
def test_any_text_is_a_weights_setting_or_one_sentence(text):
    try:
        parse_setting(text)
    except ExplorerError as error:
        sentence(error)


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=1, max_size=9))
def test_spots_there_and_back(points):
    assert [tuple(p) for p in parse_points("; ".join(f"{x}, {y}" for x, y in points))] == points


# Small images


@st.composite
def pictures(draw) -> np.ndarray:
    """uint8 (H, W, 3), H and W from 64 to 80, of noise."""
    sides = draw(st.tuples(*[st.integers(MIN_SIDE, 80)] * 2))
    noise = np.random.default_rng(draw(st.integers(0, 2**32)))
    return noise.integers(0, 256, (*sides, 3), np.uint8)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


#: What each number of EXIF does to the stored pixels (CIPA DC-008, tag 0x0112).
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


@given(pictures(), st.sampled_from(("PNG", "BMP", "TIFF", "WEBP")), st.sampled_from([*UPRIGHT]))
def test_pixels_are_those_that_were_saved_upright(rgb, kind, turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"exif": exif} if kind != "BMP" else {}
    if kind == "WEBP":
        options["lossless"] = True
    found = read_image(saved(Image.fromarray(rgb), kind, **options), "a")
    expected = UPRIGHT[turn](rgb) if options.get("exif") else rgb
    assert (found.rgb == expected).all() and found.format == kind


@given(pictures(), st.integers(0, 255))
def test_what_is_transparent_is_seen_on_white(rgb, alpha):
    layer = np.dstack([rgb, np.full(rgb.shape[:2], alpha, np.uint8)])
    found = read_image(saved(Image.fromarray(layer), "PNG"), "a").rgb
    share = alpha / 255
    assert np.abs(found - (rgb * share + 255 * (1 - share))).max() <= 1


@given(pictures(), st.sampled_from(("PNG", "JPEG", "TIFF", "WEBP")), st.data())
def test_damage_anywhere_is_an_image_or_one_sentence(rgb, kind, data):
    whole = bytearray(saved(Image.fromarray(rgb), kind))
    place = data.draw(st.integers(0, min(len(whole), 300) - 1))
    whole[place : place + data.draw(st.integers(1, 4))] = data.draw(st.binary(max_size=8))
    try:
        found = read_image(bytes(whole), data.draw(TEXT)).rgb
    except ExplorerError as error:
        sentence(error)
    else:
        assert found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3


@given(st.dictionaries(STEMS.map("{}.jpg".format), st.binary(max_size=50), min_size=1))
def test_a_zip_gives_what_was_packed(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(f"folder/{name}", data)
    with open_zip(out.getvalue(), "a.zip") as archive:
        found = [archive.read(member) for member in archive.images]
    assert found == list(content.values())


def test_nothing_is_left_behind():
    """Hypothesis' own folder, where the tests were started from."""
    assert not Path(".hypothesis").exists() and Path(HOME.name).is_dir()
