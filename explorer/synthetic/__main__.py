"""``python -m explorer.synthetic``: write the page's example pictures to ``assets/examples``.

With them go their thumbnails, the demo model's answers, and the table that the page opens on.
"""

from explorer.fairness.cutoffs import same_sensitivity
from explorer.lesion.stored import write_answers, write_first_table
from explorer.study.sources import demo_calibration
from explorer.synthetic.examples import FIRST, write_examples

if __name__ == "__main__":
    *pictures, index = write_examples()
    answers = write_answers(pictures)
    table = write_first_table(FIRST, same_sensitivity(demo_calibration()))
    for path in [*pictures, index, answers, table]:
        print(f"{path}  {path.stat().st_size / 1024:.0f} KB")
