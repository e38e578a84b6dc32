"""What each step of the story of one lesion says, in at most 25 words, and its formula."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chapter:
    """One step.

    ``formula`` is Markdown with LaTeX between double dollars; ``words`` are keys of the glossary
    (:data:`explorer.lesion.instrument_file.GLOSSARY`) that a student may want to tap.
    """

    key: str
    title: str
    text: str
    formula: str
    words: tuple[str, ...] = ()


_CHAPTERS = (
    Chapter(
        "image",
        "The image",
        "Your picture is checked, turned upright and not kept. Light, hair, a ruler or a frame "
        "are part of what the model reads.",
        "The study's input: the three bytes of OpenCV's CIELAB, resized to 224 x 224 without "
        "keeping the aspect ratio, then\n\n"
        r"$$ x_c = \frac{\mathrm{Lab8}_c / 255 - \mu_c}{\sigma_c} $$"
        "\n\n"
        r"$$ \begin{gathered} \mu = (0.370,\ 0.133,\ 0.092) \\ \sigma = (0.327,\ 0.090,\ 0.105) "
        r"\end{gathered} $$",
    ),
    Chapter(
        "skin",
        "The skin",
        "Which pixels are skin? What is neither hair nor pigment. What is wrongly kept, such as "
        "a white frame, moves the tone.",
        r"$$ \begin{gathered} \text{hair} = \big[\, G_{\sigma=4} * \mathrm{blackhat}_{9 \times 9} "
        r"> 20 \,\big] \\[4pt] \text{pigment} = \mathrm{close}^5\, \mathrm{dilate}^5\, "
        r"\mathrm{open}^5 \big[\, V \le t_\mathrm{Otsu} \,\big] \\[4pt] "
        r"\text{skin} = \neg\,(\text{hair} \lor \text{pigment}) \end{gathered} $$"
        "\n\n"
        "At 128 x 256 px, after local contrast (CLAHE, clip 2.0, 8 x 8 tiles); G is a Gaussian "
        "blur, V the brightness. These are the published settings.",
        words=("black-hat",),
    ),
    Chapter(
        "tone",
        "The tone",
        "The most common skin colour as one angle (ITA), as the study computes it and by "
        "definition. The two can name different groups.",
        "The definition (Chardon et al. 1991), and as published, on OpenCV's 8-bit encoding:\n\n"
        r"$$ \mathrm{ITA} = \arctan\frac{L^* - 50}{b^*} $$"
        "\n\n"
        r"$$ \mathrm{ITA_8} = \arctan\frac{(L_8 - 50) \bmod 256}{b_8} $$"
        "\n\n"
        r"$$ L_8 = \tfrac{255}{100} L^*, \quad b_8 = b^* + 128 $$"
        "\n\n"
        "Groups (Del Bino and Bernerd 2013): above 55° very light, 41° to 55° light, 28° to "
        "41° intermediate, 10° to 28° tan, −30° to 10° brown, below dark.",
        words=("ita", "cielab"),
    ),
    Chapter(
        "other-skin",
        "The same lesion on other skin",
        "The same lesion with more or less melanin. If the decision follows the skin, it does "
        "not rest on the lesion alone.",
        "The study's skin-former, on 8-bit Lab inside the skin mask, and the physical alternative "
        "by Beer and Lambert's law on linear red, green, blue:\n\n"
        r"$$ \begin{gathered} \delta = \mathrm{ITA} - \mathrm{ITA_{target}} \\ b_8 \mathrel{+}= "
        r"0.5\,\delta, \quad L_8 \mathrel{-}= 0.12\,\delta \end{gathered} $$"
        "\n\n"
        r"$$ c' = c\; e^{-m\,\varepsilon_c}, \quad \varepsilon = (1,\ 1.41,\ 2.47) $$",
    ),
    Chapter(
        "logits",
        "Eight logits",
        "The network's only answer: eight numbers (logits), one for every tone group and class. "
        "Softmax turns them into probabilities that sum to 1.",
        r"$$ p(y, d \mid x) = \frac{e^{z_{d,y}}}{\sum_{d'} \sum_{y'} e^{z_{d',y'}}} $$"
        "\n\n"
        "d = 0, 1, 2, 3: very light, light, intermediate, tan and darker. y = 0 benign, "
        "1 malignant.",
        words=("logit",),
    ),
    Chapter(
        "rule",
        "The rule",
        "A rule weighs the eight numbers and adds them up by class. It is a choice made after "
        "training; the network does not run again.",
        "",
        words=("prior-shift",),
    ),
    Chapter(
        "decision",
        "The decision",
        "The class with the larger sum. Close to 0.5, a wide range, or rules that disagree: the "
        "decision rests on little.",
        r"$$ \hat{y} = \arg\max_y s_y, \qquad P = \frac{s_1}{s_0 + s_1} $$"
        "\n\n"
        "In brackets: lowest and highest P over the image's 8 rotations and mirrorings. A "
        "dermoscopic image has no up or down, so a spread is the network's own uncertainty; it is "
        "a range of n = 8, not a confidence interval.",
    ),
)
#: In reading order, by key; the page's ids are ``step-`` and the key.
CHAPTERS = {chapter.key: chapter for chapter in _CHAPTERS}
