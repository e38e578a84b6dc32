"""``python -m explorer.synthetic``: write the page's example pictures to ``assets/examples``.

With them go their thumbnails, the demo model's answers, and the table that the page opens on.
"""

from explorer.lesion.stored import write_answers, write_first_table
from explorer.synthetic.examples import FIRST, write_examples

if __name__ == "__main__":
    *pictures, index = write_examples()
    for path in [*pictures, index, write_answers(pictures), write_first_table(FIRST)]:
        print(f"{path}  {path.stat().st_size / 1024:.0f} KB")
