"""What others may rely on: a JSON Schema and kept examples for each fact, in `<Topic>.json`.

`python -m shared.contracts check` refuses what would break whoever hears a fact; `write` brings the files up to the
classes where nothing breaks. Additions are optional fields; anything else is a new class and topic (`X.v2`).
"""
