"""Speed and memory of an upload, compared with curl.

    python tests/benchmarks/bench_upload.py [--megabytes 400] [--rounds 5]

Both send the same file over loopback to the same sink, which drops the body and answers with a job id, in alternating
rounds. curl is timed as a whole process; the client as `Client.upload` in a new process, which also prints its peak
memory beyond that after its imports. Exits with 1 if a target is missed: at least 0.9 of curl's throughput, at most 64
MB beyond the idle process.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAST_RATIO, MOST_MEGABYTES = 0.9, 64.0
RECORD = b"Jo,Doe,jo.doe@example.com,01/25/2023,Webinar: how to send a file,asked for the slides\r\n"
ANSWER = b'{"jobId": "1", "status": "success"}'
FIELDS = {"destination": "Webinars", "filename": "events.csv"}

SEND = """
import sys, time
from pathlib import Path
from uploader.delivery.client import Client

def peak():  # KiB; unlike ru_maxrss it does not start with the parent's
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

client = Client("made-up", base_url=sys.argv[1])
idle = peak()
start = time.perf_counter()
client.upload({"destination": "Webinars", "filename": "events.csv"}, sys.argv[2])
seconds = time.perf_counter() - start
print(seconds, (peak() - idle) / 1024)
"""

SINK = """
import sys
sys.path.insert(0, sys.argv[1])
from bench_upload import sink
sink()
"""


def sink() -> None:
    """Accept uploads for ever, storing nothing; prints the port first."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    buffer = bytearray(1024 * 1024)
    while True:
        connection, _address = listener.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            head, _, body = head.partition(b"\r\n\r\n")
            if b"100-continue" in head:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            if head.startswith(b"GET"):  # the custom events, of which it has no list
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            left = int(head.lower().partition(b"content-length:")[2].split()[0]) - len(body)
            while left > 0 and (size := connection.recv_into(buffer)):
                left -= size
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)


@contextmanager
def sink_process() -> Iterator[str]:
    """The sink in a new process, so that it shares no interpreter with the client; yields its base URL."""
    command = [sys.executable, "-c", SINK, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def by_curl(url: str, file: Path) -> float:
    """The seconds of curl."""
    form = [f"-F{name}={value}" for name, value in FIELDS.items()]
    start = time.perf_counter()
    command = ["curl", "-sSf", "-o", "/dev/null", *form, "-F", f"file=@{file}", f"{url}/api/1/customevents"]
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def by_client(url: str, file: Path) -> tuple[float, float]:
    """The seconds of the client, and MiB of memory beyond the idle process."""
    command = [sys.executable, "-c", SEND, url, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def main() -> int:
    """Run the rounds and print the figures; returns 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sink_process() as url:
        file = Path(folder) / "events.csv"
        with file.open("wb") as stream:
            block = RECORD * 10_000
            while stream.tell() < args.megabytes * 1_000_000:
                stream.write(block)
            stream.truncate(args.megabytes * 1_000_000)
        by_curl(url, file)  # the file is in the page cache from here on
        rounds = [(by_curl(url, file), *by_client(url, file)) for _ in range(args.rounds)]
    for curl, client, memory in rounds:
        print(
            f"curl {curl:.3f} s   client {client:.3f} s   ratio {curl / client:.2f}   memory over idle {memory:.1f} MiB"
        )
    ratio = statistics.median(curl / client for curl, client, _memory in rounds)
    most = max(memory for _curl, _client, memory in rounds)
    print(f"throughput: {ratio:.2f} of curl's (median; target: at least {LEAST_RATIO})")
    print(f"memory over idle: {most:.1f} MiB (highest; target: at most {MOST_MEGABYTES:.0f})")
    return 0 if ratio >= LEAST_RATIO and most <= MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
