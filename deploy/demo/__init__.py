"""`make demo`: the main job on a generated CRM, with real processes, checked against the truth.

Everything happens in `demo-output/`, a private folder that the demo makes anew: data, keys, certificates, profile, backups and
the report. Exit code 0 only if every check held.
"""
