"""The auditor's bench: tools that measure the contracts and judge their tests, and the dossier of what they found.

Each part leaves its findings in `reports/`; `make audit` runs them all and draws them together.
"""
