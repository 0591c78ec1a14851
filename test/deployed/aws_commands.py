"""Prints which of the given calls of the AWS CLI do not exist: unknown service, operation or option, one a line.

Takes a list of [service, operation, [option, ...]] as JSON. The AWS CLI makes its commands from the same models that this
reads, out of the environment of the SAM CLI; what it adds of its own is listed here.
"""

import json
import sys

from botocore import xform_name
from botocore.session import Session

GLOBAL = {"region", "output", "query", "cli-binary-format", "cli-input-json", "cli-read-timeout"}
# Taken by every operation whose answer comes in pages.
PAGING = {"max-items", "page-size", "starting-token"}
# Names of services that the AWS CLI gives itself.
ALIASES = {"s3api": "s3"}
# Commands that the AWS CLI adds: https://awscli.amazonaws.com/v2/documentation/api/latest/reference/
ADDED = {
    ("s3", "ls"): {"recursive", "human-readable"},
    ("logs", "tail"): {"follow", "format", "since", "filter-pattern"},
    ("configure", "get"): set(),
}


def options_of(session, service, operation):
    if (service, operation) in ADDED:
        return ADDED[(service, operation)]
    model_name = ALIASES.get(service, service)
    model = session.get_service_model(model_name)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    pages = session.get_component("data_loader").load_service_model(model_name, "paginators-1")["pagination"]
    shape = model.operation_model(names[operation]).input_shape
    members = shape.members if shape else {}
    options = {xform_name(name, "-") for name in members}
    booleans = {name for name, member in members.items() if member.type_name == "boolean"}
    paging = PAGING if names[operation] in pages else set()
    return options | paging | {"no-" + xform_name(name, "-") for name in booleans}


def main():
    session = Session()
    for service, operation, options in json.loads(sys.argv[1]):
        try:
            known = options_of(session, service, operation) | GLOBAL
        except Exception:
            print(f"aws {service} {operation}")
            continue
        for option in options:
            if option not in known:
                print(f"aws {service} {operation} --{option}")


main()
