"""Prints template.yaml as it is, as the SAM transform makes it, and streams.yaml, as one JSON object.

Runs in the environment of the SAM CLI, whose own translator it calls. Takes parameters as JSON: CloudFormation hands them
to the transform, too.
"""

import json
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform


class NoPolicies(ManagedPolicyLoader):
    """The template uses no managed policy by name; asking for one would be a mistake."""

    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def read(path):
    with open(path, encoding="utf8") as file:
        return yaml_parse(file.read())


def main():
    source = read("template.yaml")
    given = read("template.yaml")
    given["Resources"]["ExtractFunction"]["Properties"]["CodeUri"] = "s3://artifacts/handler.zip"
    translated = transform(given, json.loads(sys.argv[1]), NoPolicies())
    json.dump({"source": source, "translated": translated, "streams": read("streams.yaml")}, sys.stdout, default=str)


main()
