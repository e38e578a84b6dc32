"""The L*-b* plane: what is drawn where, by an independent calculation."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from explorer.figures.tone import tone_plane, tone_plane_alt
from explorer.image import colour
from explorer.synthetic import LesionSpec, draw_lesion
from explorer.tone.interval import tone_interval
from explorer.tone.robust import estimate_robust
from explorer.tone.study import estimate_skin_tone


@pytest.fixture(scope="module", params=[60, 10, -45])
def image(request):
    return draw_lesion(LesionSpec(ita=request.param, seed=4, hair=5)).image


@pytest.fixture(scope="module", params=[estimate_skin_tone, estimate_robust])
def tone(request, image):
    return request.param(image)


def slope(shape) -> float:
    return np.degrees(np.arctan2(shape.y1 - shape.y0, shape.x1 - shape.x0))


def test_sector_rays_have_the_bounds_as_angles_in_both_panels(tone):
    figure = tone_plane(tone)
    dotted = [shape for shape in figure.layout.shapes if shape.line.dash == "dot"]
    for axis, origin in (("x", (0, 50)), ("x2", (0, 50))):
        rays = [shape for shape in dotted if shape.xref == axis]
        assert [slope(ray) for ray in rays] == pytest.approx(list(colour.TONE_BOUNDS))
        assert all((ray.x0, ray.y0) == origin for ray in rays)


def test_tone_names_lie_in_their_sectors(tone):
    notes = [note for note in tone_plane(tone).layout.annotations if note.text in colour.TONE_NAMES]
    assert [note.text for note in notes] == 2 * list(colour.TONE_NAMES)
    for note in notes:
        assert colour.tone_name(np.degrees(np.arctan2(note.y - 50, note.x))) == note.text


def test_both_rays_make_the_two_angles(tone):
    figure = tone_plane(tone)
    (ray,) = (shape for shape in figure.layout.shapes if shape.line.dash != "dot")
    assert slope(ray) == pytest.approx(tone.cielab.ita)
    (line,) = (
        trace for trace in figure.data if trace.type == "scatter" and trace.mode == "lines+markers"
    )
    assert (line.xaxis, line.yaxis) == ("x2", "y2")
    angle = np.degrees(np.arctan2(line.y[1] - line.y[0], line.x[1] - line.x[0]))
    assert angle == pytest.approx(tone.published.ita)


def test_density_counts_every_skin_pixel_in_range(tone):
    heat = next(trace for trace in tone_plane(tone).data if trace.type == "heatmap")
    lab = rgb2lab(tone.segmentation.image[tone.segmentation.skin])
    share = np.array(heat.customdata, float)
    assert 0.95 < np.nansum(share) <= 1 + 1e-9
    row, col = np.unravel_index(np.nanargmax(share), share.shape)
    inside = (np.abs(lab[:, 0] - heat.y[row]) < 0.5) & (np.abs(lab[:, 2] - heat.x[col]) < 0.5)
    assert share[row, col] == pytest.approx(inside.mean(), abs=2e-3)


def test_interval_is_a_wedge_between_its_limits(tone):
    found = tone_interval(tone)
    wedge = next(
        trace
        for trace in tone_plane(tone, found).data
        if trace.type == "scatter" and trace.fill == "toself"
    )
    angles = np.degrees(np.arctan2(np.array(wedge.y[1:-1]) - 50, wedge.x[1:-1]))
    assert (angles.min(), angles.max()) == pytest.approx((found.low, found.high))
    other = tone_interval(tone, convention="published")  # its angles are not of this plane
    assert not any(trace.type == "scatter" and trace.fill for trace in tone_plane(tone, other).data)


def test_texts_name_both_angles(tone):
    words = " ".join(note.text for note in tone_plane(tone, dark=True).layout.annotations)
    alt = tone_plane_alt(tone, tone_interval(tone))
    for reading in (tone.cielab, tone.published):
        assert f"{reading.ita:.1f}" in words and f"{reading.ita:.1f}" in alt
        assert reading.name in alt
    assert "95% interval" in alt and "interval" not in tone_plane_alt(tone)


def test_background_is_clear_and_page_stays_scrollable(tone):
    layout = tone_plane(tone).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.dragmode is False
    assert all(layout[name].fixedrange for name in ("xaxis", "yaxis", "xaxis2", "yaxis2"))
