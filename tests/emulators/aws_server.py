"""The AWS CLI without the second that it takes to start: its own code, imported once, in a new process for each call.

    aws_server.py SOCKET

`aws` in the folder `bin` beside this file hands arguments, environment and open files on to it. Ends when standard input ends.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import traceback

import awscli.clidriver


def serve_one(connection):
    """Runs one call in this process, which was forked for it."""
    message, files, _, _ = socket.recv_fds(connection, 8, 3)
    length = int.from_bytes(message, "big")
    parts = b""
    while len(parts) < length:
        parts += connection.recv(length - len(parts))
    call = json.loads(parts)
    for target, source in enumerate(files):
        os.dup2(source, target)
    # Where its own data are, the AWS CLI says by a variable.
    data = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update({**call["environment"], "AWS_DATA_PATH": data})
    os.chdir(call["folder"])
    sys.argv = ["aws", *call["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(os.dup(fd), mode) for fd, mode in [(0, "r"), (1, "w"), (2, "w")])
    try:
        code = awscli.clidriver.main()
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(code).encode())


#: A call of each service that scripts use.
WARM = [
    "cloudtrail describe-trails",
    "cloudwatch describe-alarms",
    "events list-rules",
    "iam list-roles",
    "kms list-keys",
    "logs describe-log-groups",
    "s3api list-buckets",
    "sns list-topics",
    "sts get-caller-identity",
]


def warm():
    """Calls nobody, so that what a first call loads and compiles is there in every process forked later."""
    probe = socket.socket()
    probe.bind(("127.0.0.1", 0))
    nobody = f"--endpoint-url=http://127.0.0.1:{probe.getsockname()[1]}"
    own = {"AWS_ACCESS_KEY_ID": "0", "AWS_SECRET_ACCESS_KEY": "0", "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""}
    known = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    with open(os.devnull, "w") as silent, contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent):
        for call in WARM:
            sys.argv = ["aws", *call.split(), "--region=eu-west-1", "--output=json", "--query=[0]", nobody]
            with contextlib.suppress(SystemExit):
                awscli.clidriver.main()
    probe.close()
    for name, value in known.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


def main():
    path = sys.argv[1]
    warm()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                try:
                    serve_one(connection)
                except BaseException:  # the caller sees that there was no answer
                    traceback.print_exc()
                    sys.stderr.flush()
                finally:
                    os._exit(0)
            connection.close()


if __name__ == "__main__":
    main()
