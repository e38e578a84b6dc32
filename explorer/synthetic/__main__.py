"""``python -m explorer.synthetic``: write the page's example pictures to ``assets/examples``."""

from explorer.synthetic.examples import write_examples

if __name__ == "__main__":
    for path in write_examples():
        print(f"{path}  {path.stat().st_size / 1024:.0f} KB")
