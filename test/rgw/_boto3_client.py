"""Does one thing with boto3 and prints what it learnt as JSON: _boto3_client.py ENDPOINT STYLE BUCKET ACTION ARGUMENT..."""

import base64
import hashlib
import json
import os
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.config import Config

endpoint, style, bucket, action, *arguments = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    # One attempt only: a fault must not hide behind a second one.
    config=Config(
        signature_version="s3v4" if os.environ["AWS_ACCESS_KEY_ID"] else UNSIGNED,
        s3={"addressing_style": style},
        retries={"total_max_attempts": 1},
        read_timeout=20,
    ),
)
IN_PARTS = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)


def up(folder, prefix):
    for parent, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(parent, name)
            s3.upload_file(file, bucket, prefix + os.path.relpath(file, folder), Config=IN_PARTS)


def down(folder, prefix):
    keys = []
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 7}
    ):
        keys += [item["Key"] for item in page.get("Contents", [])]
    for key in keys:
        file = os.path.join(folder, key[len(prefix):])
        os.makedirs(os.path.dirname(file), exist_ok=True)
        s3.download_file(bucket, key, file, Config=IN_PARTS)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})


def get_range(key, span):
    got = s3.get_object(Bucket=bucket, Key=key, Range=span)
    return {"range": got["ContentRange"], "body": got["Body"].read().hex()}


def put_rules(rules):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=json.loads(rules))


def put_document(document, content_md5=None):
    """Sends bytes that boto3 itself would not send."""

    def replace(request, **_):
        request.data = document.encode()
        digest = base64.b64encode(hashlib.md5(request.data).digest()).decode()
        del request.headers["Content-MD5"]
        request.headers["Content-MD5"] = content_md5 or digest

    s3.meta.events.register("before-sign.s3.PutBucketCors", replace)
    put_rules('{"CORSRules": []}')


def get_rules():
    return {"CORSRules": s3.get_bucket_cors(Bucket=bucket)["CORSRules"]}


def delete_rules():
    s3.delete_bucket_cors(Bucket=bucket)


def presign(key):
    about = {"Bucket": bucket, "Key": key}
    return {
        "put": s3.generate_presigned_url("put_object", about),
        "get": s3.generate_presigned_url("get_object", about),
        "post": s3.generate_presigned_post(bucket, key),
    }


print(json.dumps(globals()[action](*arguments)))
