"""Emulated AWS for tests and sample snapshots.

Starts an emulator (ministack or moto) on a free port of the loopback interface, optionally with the fault proxy
microburst in front, says where as one line of JSON, and then obeys requests: one JSON object a line on standard
input, one answer a line on standard output. Ends, with all it started, when standard input ends.

    {"build": "complete", "account": "111122223333", "region": "eu-west-1"}
    {"faults": [{"service": "sns", "operation": "GetTopicAttributes", "error": {"code": "AccessDenied"}}]}

The account id is the access key: both emulators keep accounts apart by it (moto through the front in moto_front.py).
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import accounts


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, child):
    for _ in range(600):
        if child is not None and child.poll() is not None:
            raise SystemExit(f"the server ended with {child.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def clean_environment():
    """Without the caller's credentials, proxies and endpoints: an emulator must not reach out."""
    drop = ("AWS_", "MOTO_", "MINISTACK_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        environment.pop(name, None)
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    return environment


def start(command, **environment):
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**clean_environment(), **environment},
    )


def start_ministack(children, scratch):
    port = free_port()
    child = start(
        [sys.executable, "-m", "ministack"],
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        LOG_LEVEL="ERROR",
        TMPDIR=scratch,
        S3_DATA_DIR=scratch,
    )
    children.append(child)
    wait_for(port, child)
    return port


def start_moto():
    import moto_front

    server = moto_front.serve()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def start_fault_proxy(children, upstream):
    port = free_port()
    child = start(
        [
            sys.executable,
            "-m",
            "microburst",
            "--upstream",
            f"http://127.0.0.1:{upstream}",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
    )
    children.append(child)
    wait_for(port, child)
    return port


def ask_fault_proxy(port, path, method="GET", data=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/_microburst/{path}",
        data=None if data is None else json.dumps(data).encode(),
        headers={"content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def set_faults(port, rules):
    """Replaces all rules of the fault proxy; gives what the rules before them did."""
    fired = ask_fault_proxy(port, "fired?limit=1000")
    ask_fault_proxy(port, "fired", "DELETE")
    ask_fault_proxy(port, "rules", "POST", rules)
    return {"fired": fired}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("emulator", choices=["ministack", "moto"])
    parser.add_argument("--faults", action="store_true", help="put the fault proxy in front")
    arguments = parser.parse_args()

    # The caller's own settings must not lead boto3 anywhere else.
    keep = clean_environment()
    os.environ.clear()
    os.environ.update(keep)

    # What an emulator prints in this process, as moto does of a service that it lacks, is not an answer to the caller.
    answers = sys.stdout
    children = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        try:
            port = start_ministack(children, scratch) if arguments.emulator == "ministack" else start_moto()
            proxy = start_fault_proxy(children, port) if arguments.faults else None
            upstream = f"http://127.0.0.1:{port}"
            endpoint = upstream if proxy is None else f"http://127.0.0.1:{proxy}"
            print(json.dumps({"endpoint": endpoint}), file=answers, flush=True)
            for line in sys.stdin:
                try:
                    order = json.loads(line)
                    if "build" in order:
                        answer = accounts.build(upstream, **order)
                    else:
                        answer = set_faults(proxy, order["faults"])
                except Exception as error:  # told to the test, which fails with it
                    answer = {"error": f"{type(error).__name__}: {error}"}
                print(json.dumps(answer), file=answers, flush=True)
        finally:
            for child in reversed(children):
                child.terminate()
            for child in children:
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    child.kill()


if __name__ == "__main__":
    main()
