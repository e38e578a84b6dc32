"""The names that people give to columns, by role, whatever their case, spaces and underscores."""

import re


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: Names by role, the surest first, as :func:`canonical` writes them.
IMAGE = _names("""
    imagename image isicid imageid imgid imgname img filename file filepath imagepath path
    imagefile picture pictureid photo md5hash ddifile name id
""")
SCORE = _names("""
    probability probabilitymalignant prob pmalignant score yscore yprob yproba proba predprob
    predproba predictedprobability predictedprob predictionprobability probmalignant
    probamalignant malignantprobability malignantprob malignancyprobability malignancyscore
    malignantscore scoremalignant predscore predictionscore predictedscore modelscore modeloutput
    melanomaprobability melanomascore probmelanoma pmelanoma probmel pmel prob1 proba1 riskscore
    risk sigmoid confidence likelihood
""")
PREDICTION = _names("""
    prediction predicted predictedlabel predictedclass pred decision ypred yhat predlabel
    predclass predictionlabel modelprediction modellabel predictedmalignant output call verdict
""")
TARGET = _names("""
    target truelabel ytrue groundtruth truth gt gtlabel trueclass actual actuallabel labeltrue
    reference goldstandard ytest
""")
#: True labels, or in a file beside the metadata predictions; a score where the values say so.
EITHER = _names("label benignmalignant malignant malignancy melanoma mel")
#: True labels where the values say so, and nothing else is.
DIAGNOSES = _names("class y outcome diagnosis dx diagnostic histology pathology")
PATIENT = _names("""
    patientid patient patientnumber patientno subjectid subject participantid personid caseid
""")
#: The colour of skin, 8-bit RGB, as the study's own metadata has it.
COLOUR = ("color_r", "color_g", "color_b")
#: Columns by which the study's own metadata is known, where ``group`` is its tone group 0 to 3.
STUDY = frozenset({"ita", *COLOUR, "group"})
LOGITS = tuple(f"logit_{i}" for i in range(8))


def canonical(name: str) -> str:
    """A name without case, spaces and signs: ``Image Name`` and ``image_name`` are one."""
    return re.sub(r"[\W_]+", "", name.lower())


def named(columns, names) -> list[str]:
    """Those of the columns that have one of these names, the surest name first."""
    order = {name: place for place, name in enumerate(map(canonical, names))}
    found = [column for column in columns if canonical(column) in order]
    return sorted(found, key=lambda column: order[canonical(column)])


def containing(columns, parts) -> list[str]:
    """Those of the columns whose name has one of these parts, and does not speak of benign."""
    return [
        column
        for column in columns
        if any(part in canonical(column) for part in parts) and "benign" not in canonical(column)
    ]
