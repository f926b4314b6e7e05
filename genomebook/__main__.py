"""``python -m genomebook``: the command line."""

from genomebook.cli import main

if __name__ == "__main__":
    main()
