"""Stands in for a console script: asks the server of preloaded commands for it and ends with its code.

It is started with no site packages, so that it takes some 20 ms.
"""

import json
import os
import socket
import sys

words = [sys.argv[2], *sys.argv[3:]]
asked = json.dumps({"words": words, "folder": os.getcwd(), "environment": dict(os.environ)}).encode()
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    message = b"%d\n" % len(asked) + asked
    sent = socket.send_fds(connection, [message[: 1 << 15]], [0, 1, 2])
    connection.sendall(message[sent:])
    code = int(connection.recv(16) or b"1")
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
