#!/usr/bin/python3
"""usage: judge.py DROVER SCHEMA JOB...     DROVER_TEST_FULL=--full: in every place, else in some of them

Holds the JSON Schema of job.json against what drover itself reads. Every job is valid by both. Each is then spoilt in
every place, one at a time: a key left out, a key that nobody knows, a value of another type, another word. What drover
takes, the schema must take; what drover refuses for its shape alone, the schema must refuse.
"""
import copy
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import jsonschema

# What drover knows and a schema cannot: other files, names that refer to one another, SQL and types.
BEYOND = re.compile(
    r"there is no model|neither a model|is not among the columns|is called|given two columns|is not there where|"
    r"stands under filter and|is not the name of a table|type|between \d+ ms|is not a value|invalid input|"
    r"is not a number of rows|is given|out of range|no parameter|no boolean parameter|declared"
)
LEFT_OUT = object()
SEED = 20251
SOME = 80  # documents a run, all jobs together, where not all are asked for


def places(node, path=()):
    yield path
    if isinstance(node, dict):
        for key in node:
            yield from places(node[key], path + (key,))
    elif isinstance(node, list):
        for at, item in enumerate(node):
            yield from places(item, path + (at,))


def with_value(document, path, value):
    spoilt = copy.deepcopy(document)
    node = spoilt
    for step in path[:-1]:
        node = node[step]
    if value is LEFT_OUT:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return spoilt


def at(document, path):
    for step in path:
        document = document[step]
    return document


def spoilt_versions(document):
    for path in places(document):
        value = at(document, path)
        if isinstance(value, dict):
            more = copy.deepcopy(value)
            more["no such key"] = 1
            yield path, with_value(document, path, more) if path else more
        if not path:
            continue
        if isinstance(path[-1], str):
            yield path, with_value(document, path, LEFT_OUT)
        for other in (17, -1, "", "a word", True, None, [], {}, ["a", "a"], {"a": 1}):
            if type(other) is not type(value) or other != value:
                yield path, with_value(document, path, other)


def drover_says(drover, folder, document):
    """None where drover takes the job, else its complaint."""
    with open(os.path.join(folder, "job.json"), "w", encoding="utf-8") as file:
        json.dump(document, file)
    done = subprocess.run([drover, "check", folder], capture_output=True, text=True, check=False)
    complaint = done.stderr.strip()
    if "job.json: " not in complaint:
        return None
    return complaint.split("job.json: ", 1)[1].splitlines()[0]


def copy_job(job, folder):
    for name in ("transform", "schema", "verify"):
        source = os.path.join(job, name)
        if os.path.isdir(source):
            os.symlink(os.path.abspath(source), os.path.join(folder, name))


def main():
    drover, schema_path, jobs = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for variable in ("DROVER_SOURCE", "DROVER_TARGET", "DROVER_WORK"):
        os.environ.pop(variable, None)
    tried = wrong = refused = 0
    chance = random.Random(SEED)
    for job in jobs:
        with open(os.path.join(job, "job.json"), encoding="utf-8") as file:
            document = json.load(file)
        with tempfile.TemporaryDirectory() as folder:
            copy_job(job, folder)
            versions = list(spoilt_versions(document))
            if not os.environ.get("DROVER_TEST_FULL"):
                versions = chance.sample(versions, min(len(versions), SOME // len(jobs)))
            for path, spoilt in [((), document), *versions]:
                tried += 1
                complaint = drover_says(drover, folder, spoilt)
                by_schema = next(iter(sorted(validator.iter_errors(spoilt), key=lambda e: e.path)), None)
                refused += complaint is not None
                if not path and spoilt is document and (complaint or by_schema):
                    wrong += 1
                    print(f"  REFUSED: {job} as it stands: {complaint or by_schema.message}")
                    continue
                if (complaint is None) == (by_schema is None):
                    continue
                if complaint is not None and BEYOND.search(complaint):
                    continue
                wrong += 1
                print(f"  DIFFERENT: {job} at {'.'.join(map(str, path)) or 'the top'}: "
                      f"{json.dumps(at(spoilt, path[:-1]))[:200]}\n    drover: {complaint or 'takes it'}\n"
                      f"    schema: {by_schema.message[:200] if by_schema else 'takes it'}")
    print(f"{len(jobs)} jobs, {tried} documents, {refused} refused by drover, {wrong} judged otherwise by the schema")
    return wrong > 0 or refused == 0


sys.exit(main())
