"""Random histories, played by the model and by the contracts side by side.

`rules` draw calls, `duel` plays them, `reads` compares all that can be read, `invariants` holds what must be true of
the contracts whatever the model says. `machine` lets Hypothesis choose, `course` a seeded random generator.
"""
