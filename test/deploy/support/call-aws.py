"""One call of an AWS API: python call-aws.py SERVICE OPERATION < input.json; the answer is JSON on stdout.

SERVICE and OPERATION as in botocore (`lambda invoke`, `cloudformation describe_stacks`). Bytes and streams come out as
text, times in ISO 8601. A refused call prints {"error": {"code", "message"}}. Everything else comes by environment."""

import json
import sys

import botocore.config
import botocore.session
from botocore.exceptions import ClientError


def plain(value):
    if hasattr(value, "read"):
        value = value.read()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value.isoformat()


service, operation = sys.argv[1:]
config = botocore.config.Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
client = botocore.session.Session().create_client(service, config=config)
try:
    answer = getattr(client, operation)(**json.load(sys.stdin))
    answer.pop("ResponseMetadata", None)
except ClientError as refused:
    error = refused.response["Error"]
    answer = {"error": {"code": error["Code"], "message": error["Message"]}}
json.dump(answer, sys.stdout, default=plain)
