"""moto's server with what it lacks: accounts by access key, CloudWatch's CBOR protocol, that PutMetricFilter replaces, that
StartLogging and StopLogging take the ARN of a trail as well as its name, and the account's ListRegions, which is answered by
moto's own DescribeRegions of EC2.

moto speaks JSON where the Rust SDK speaks rpc-v2-cbor; both carry the same members, so a body is turned from one into
the other. An access key of twelve digits is taken for the account id; the keys that moto's AssumeRole hands out keep
their own meaning.
"""

import datetime
import io
import json
import logging
import re
from xml.etree import ElementTree

import cbor2
from moto.cloudtrail.models import CloudTrailBackend
from moto.logs.metric_filters import MetricFilters
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

RPC = re.compile(r"^/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)$")
SCOPE = re.compile(r"(Credential=[^/]+/[^/]+)/[^/]+/[^/]+/aws4_request")
#: What EC2 calls the state of a Region, as the account service calls it.
OPT_IN = {"opt-in-not-required": "ENABLED_BY_DEFAULT", "opted-in": "ENABLED", "not-opted-in": "DISABLED"}
ACCESS_KEY = re.compile(r"Credential=(?P<account>\d{12})/")


def replacing(add):
    """A metric filter of a name that is there is replaced, as AWS does; moto would keep both."""

    def add_filter(self, filter_name, filter_pattern, log_group_name, metric_transformations):
        self.delete_filter(filter_name, log_group_name)
        add(self, filter_name, filter_pattern, log_group_name, metric_transformations)

    return add_filter


MetricFilters.add_filter = replacing(MetricFilters.add_filter)


def by_name_or_arn(act):
    """A trail is found by its ARN too, as moto finds it for the other calls."""

    def act_on(self, name):
        act(self, self.get_trail(name).trail_name)

    return act_on


CloudTrailBackend.start_logging = by_name_or_arn(CloudTrailBackend.start_logging)
CloudTrailBackend.stop_logging = by_name_or_arn(CloudTrailBackend.stop_logging)


def to_json(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    raise TypeError(type(value).__name__)


def with_times(value, name=""):
    """Epoch seconds of members that are times, as CBOR writes them."""
    if isinstance(value, dict):
        return {key: with_times(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [with_times(item, name) for item in value]
    if isinstance(value, (int, float)) and name.endswith(("Timestamp", "Date")):
        return cbor2.CBORTag(1, float(value))
    return value


class Front:
    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ, start_response):
        account = ACCESS_KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        if account:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account["account"]
        call = RPC.match(environ.get("PATH_INFO", ""))
        if call:
            return self.rpc(call, environ, start_response)
        if environ.get("PATH_INFO") == "/listRegions":
            return self.list_regions(environ, start_response)
        as_json = "HTTP_X_AMZ_TARGET" in environ
        status, headers, body = self.ask(environ)
        if as_json:
            headers = with_type(headers, "application/x-amz-json-1.1")
        elif body.lstrip().startswith(b"<"):
            headers = with_type(headers, "text/xml")
        start_response(status, headers)
        return [body]

    def ask(self, environ):
        """Status, headers and body of moto's answer; what it does not have is an error as AWS would word it."""
        answer = {}

        def keep(status, headers, _error=None):
            answer.update(status=status, headers=headers)

        try:
            body = b"".join(self.moto(environ, keep))
        except NotImplementedError as error:
            text = json.dumps({"__type": "UnknownOperationException", "message": str(error)})
            return "400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")], text.encode()
        return answer["status"], answer["headers"], body

    def list_regions(self, environ, start_response):
        """ListRegions of the account, on one page."""
        form = b"Action=DescribeRegions&Version=2016-11-15&AllRegions=true"
        scope = SCOPE.sub(r"\1/us-east-1/ec2/aws4_request", environ["HTTP_AUTHORIZATION"])
        asked = {
            **environ,
            "PATH_INFO": "/",
            "REQUEST_URI": "/",
            "RAW_URI": "/",
            "HTTP_HOST": "ec2.us-east-1.amazonaws.com",
            "HTTP_AUTHORIZATION": scope,
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(form)),
            "wsgi.input": io.BytesIO(form),
        }
        status, headers, body = self.ask(asked)
        if status.startswith("2"):
            items = ElementTree.fromstring(body).iterfind(".//{*}regionInfo/{*}item")
            regions = [
                {
                    "RegionName": item.findtext("{*}regionName"),
                    "RegionOptStatus": OPT_IN[item.findtext("{*}optInStatus")],
                }
                for item in items
                if not item.findtext("{*}regionName").startswith(("cn-", "us-gov-"))
            ]
            body = json.dumps({"Regions": regions}).encode()
            headers = with_type([("Content-Length", str(len(body)))], "application/json")
        start_response(status, headers)
        return [body]

    def rpc(self, call, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = environ["wsgi.input"].read(length)
        members = cbor2.loads(sent) if sent else {}
        body = json.dumps(members, default=to_json).encode()
        environ.update(
            {
                "PATH_INFO": "/",
                "REQUEST_URI": "/",
                "RAW_URI": "/",
                "CONTENT_TYPE": "application/x-amz-json-1.0",
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_X_AMZ_TARGET": f"{call['service']}.{call['operation']}",
                "wsgi.input": io.BytesIO(body),
            }
        )
        for header in ("HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT"):
            environ.pop(header, None)
        status, headers, text = self.ask(environ)
        try:
            members = with_times(json.loads(text or b"{}"))
        except ValueError:
            members = {"__type": "InternalFailure", "message": text.decode(errors="replace")}
        if not status.startswith("2") and "__type" not in members:
            error = members.get("Error", members)
            members = {"__type": error.get("Code", "InternalFailure"), "message": error.get("Message", "")}
        packed = cbor2.dumps(members)
        headers = [(name, value) for name, value in headers if name.lower() == "x-amzn-requestid"]
        headers += [("smithy-protocol", "rpc-v2-cbor"), ("Content-Length", str(len(packed)))]
        start_response(status, with_type(headers, "application/cbor"))
        return [packed]


def with_type(headers, media_type):
    """moto calls most of its answers text/html; AWS does not."""
    kept = [(name, value) for name, value in headers if name.lower() != "content-type"]
    return [*kept, ("Content-Type", media_type)]


def serve():
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    return make_server("127.0.0.1", 0, Front(), threaded=True)
