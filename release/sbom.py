"""The software bill of materials, CycloneDX 1.6, from `cargo metadata` on standard input.

Every crate that is compiled into the binary for one target, with version, licence, checksum and what it depends on. No
serial number and no time stamp: the same lock file gives the same bytes.
"""

import json
import sys
import tomllib


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def reached(metadata):
    """Ids of the packages that the root needs to be built or run, dev-dependencies aside, with what each needs."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    needs, open_ = {}, [metadata["resolve"]["root"]]
    while open_:
        package = open_.pop()
        if package in needs:
            continue
        deps = nodes[package]["deps"]
        needs[package] = sorted(d["pkg"] for d in deps if any(kind["kind"] != "dev" for kind in d["dep_kinds"]))
        open_.extend(needs[package])
    return needs


def main():
    metadata = json.load(sys.stdin)
    with open("Cargo.lock", "rb") as lock:
        locked = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.load(lock)["package"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    needs = reached(metadata)
    components = []
    for identity in needs:
        package = packages[identity]
        component = {"type": "library", "bom-ref": purl(package), "name": package["name"],
                     "version": package["version"], "purl": purl(package)}
        if package.get("license"):
            # Older crates write `/` for OR, which SPDX does not know.
            component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        checksum = locked.get((package["name"], package["version"]))
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(component)
    root = next(c for c in components if c["bom-ref"] == purl(packages[metadata["resolve"]["root"]]))
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**root, "type": "application"}},
        "components": sorted((c for c in components if c is not root), key=lambda c: c["purl"]),
        "dependencies": sorted(({"ref": purl(packages[i]), "dependsOn": [purl(packages[d]) for d in needs[i]]}
                                for i in needs), key=lambda d: d["ref"]),
    }
    json.dump(bom, sys.stdout, indent=2, sort_keys=False)
    print()


main()
