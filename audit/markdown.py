"""The tables of our documents, as data: what a document claims can be held against the code and shown elsewhere."""

from __future__ import annotations

Row = tuple[str, ...]


def tables(text: str) -> dict[Row, list[Row]]:
    """The rows of a document's tables by their header; tables of one header are one.

    :raises ValueError: if a row has more or fewer cells than its header
    """
    found: dict[Row, list[Row]] = {}
    header: Row | None = None
    for line in text.splitlines():
        if not line.startswith("|"):
            header = None
            continue
        row = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if header is None:
            header = row
            found.setdefault(header, [])
        elif not set("".join(row)) <= set("-: "):
            if len(row) != len(header):
                raise ValueError(f"a row of {len(row)} cells under a header of {len(header)}: {line}")
            found[header].append(row)
    return found
