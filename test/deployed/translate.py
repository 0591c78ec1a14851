"""Prints, as one JSON object, template.yaml as it is and as the SAM transform makes it, or a template that needs no transform.

Runs in the environment of the SAM CLI, whose own translator it calls. Takes parameters as JSON, which CloudFormation hands
to the transform, too; or the path of the other template.
"""

import copy
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


def translate(parameters):
    source = read("template.yaml")
    given = copy.deepcopy(source)
    given["Resources"]["ExtractFunction"]["Properties"]["CodeUri"] = "s3://artifacts/handler.zip"
    return {"source": source, "translated": transform(given, parameters, NoPolicies())}


def main():
    what = sys.argv[1]
    found = read(what) if what.endswith(".yaml") else translate(json.loads(what))
    json.dump(found, sys.stdout, default=str)


main()
