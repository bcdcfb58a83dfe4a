"""The AWS CLI without the second that it takes to start: its own code, imported once, in a new process for each call.

    aws_server.py SOCKET

`aws` in the folder `bin` beside this file hands arguments, environment and open files on to it. Ends when standard input ends.
"""

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


def main():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
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
