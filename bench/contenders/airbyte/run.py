"""Airbyte's declarative CDK: a low-code manifest, read by the CDK's own source, records to gzip NDJSON.

The runner stands where Airbyte's platform and a destination would: it takes the record messages as objects, without the
pipe between two containers and the two conversions to and from text that this costs in production.
"""

import gzip
import logging
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import orjson  # noqa: E402
import yaml  # noqa: E402
from airbyte_cdk.models import (  # noqa: E402
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource  # noqa: E402
from measure import job, measure  # noqa: E402

JOB = job()


def load_manifest():
    with open(os.path.join(os.path.dirname(__file__), "manifest.yaml"), encoding="utf-8") as file:
        manifest = yaml.safe_load(file)
    [template] = manifest["streams"]
    manifest["streams"] = [
        {**template, "name": stream["name"], "$parameters": {"collection": stream["path"]}} for stream in [JOB["stream"]]
    ]
    return manifest


def work():
    config = {
        "reporting_url": JOB["reportingUrl"],
        "identity_url": JOB["identityUrl"],
        "client_id": JOB["clientId"],
        "client_secret": JOB["clientSecret"],
        "start_date": JOB["modifiedSince"],
        "page_size": JOB["pageSize"],
        "num_workers": 2,
    }
    logger = logging.getLogger("airbyte")
    logger.setLevel(logging.ERROR)
    source = ConcurrentDeclarativeSource(
        catalog=None, config=config, state=[], source_config=load_manifest()
    )
    streams = source.discover(logger, config).streams
    catalog = ConfiguredAirbyteCatalog(
        streams=[
            ConfiguredAirbyteStream(
                stream=stream, sync_mode=SyncMode.incremental, destination_sync_mode=DestinationSyncMode.append
            )
            for stream in streams
        ]
    )
    source = ConcurrentDeclarativeSource(
        catalog=catalog, config=config, state=[], source_config=load_manifest()
    )
    files = {}
    records = 0
    for message in source.read(logger, config, catalog, []):
        if message.type != Type.RECORD:
            continue
        name = message.record.stream
        if name not in files:
            path = os.path.join(JOB["folder"], name + ".ndjson.gz")
            # zlib's usual level, as every other contender; Python's gzip would take 9.
            files[name] = gzip.open(path, "wb", compresslevel=6)
        files[name].write(orjson.dumps(message.record.data) + b"\n")
        records += 1
    for file in files.values():
        file.close()
    return records


measure(work)
