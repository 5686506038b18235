"""The auditor's dossier: every check of the project, run one after the other, and one page about what they found.

`make audit` runs all of it. Data flows one way: steps -> findings (JSON) -> evidence -> page.
"""
