"""Signs requests with botocore as no client does: reads them as a JSON list, and prints the signed ones."""

import datetime
import json
import sys
import types

import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Clock(datetime.datetime):
    shift = 0

    @classmethod
    def utcnow(cls):
        return datetime.datetime.utcnow() + datetime.timedelta(seconds=cls.shift)


botocore.auth.datetime = types.SimpleNamespace(datetime=Clock)


def without(signer, names):
    """Leaves headers out of the signature."""

    class Partial(signer):
        def headers_to_sign(self, request):
            headers = super().headers_to_sign(request)
            for name in names:
                del headers[name]
            return headers

    return Partial


def sign(asked):
    Clock.shift = asked.get("seconds", 0)
    keys = Credentials(asked["accessKey"], asked["secretKey"], asked.get("token"))
    where = (keys, asked.get("service", "s3"), asked.get("region", "us-east-1"))
    request = AWSRequest(
        method=asked["method"],
        url=asked["url"],
        headers=asked.get("headers", {}),
        # botocore moves the body of a presigned request into its URL.
        data="" if asked["form"] == "query" else asked["body"].encode(),
    )
    unsigned = asked.get("unsigned", [])
    if asked["form"] == "query":
        without(S3SigV4QueryAuth, unsigned)(*where, expires=asked.get("expires", 600)).add_auth(request)
    else:
        without(S3SigV4Auth, unsigned)(*where).add_auth(request)
    return {"url": request.url, "headers": dict(request.headers.items())}


print(json.dumps([sign(asked) for asked in json.load(sys.stdin)]))
