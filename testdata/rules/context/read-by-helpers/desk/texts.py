"""Reads what ships with the package."""

import os


def joined(*parts):
    return os.path.join(*[str(part).strip() for part in parts])


def read_text(*parts):
    with open(joined(*parts), "r") as file:
        return file.read()
