"""``python -m explorer.synthetic``: write the page's example pictures to ``assets/examples``.

With them go their thumbnails and the demo model's answers, which the page opens on.
"""

from explorer.lesion.stored import write_answers
from explorer.synthetic.examples import write_examples

if __name__ == "__main__":
    *pictures, index = write_examples()
    for path in [*pictures, index, write_answers(pictures)]:
        print(f"{path}  {path.stat().st_size / 1024:.0f} KB")
