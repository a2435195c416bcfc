"""Readings from sensors.

POST /readings   JSON lines {"sensor", "value"}, packed with gzip -> {"stored": n}
GET  /readings   -> {"count": n, "average": a}
"""
import gzip
import io
import json
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Uploads are limited so that nobody can flood us
MAX_UPLOAD = 100_000
# and this is how long a letter may be once it is unfolded
MAX_UNPACKED = 1_000_000

readings = []


class TooLarge(Exception):
    pass


def unpack(body):
    """Unpack an upload and return its text."""
    # A character has at most four bytes
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        text = file.read(4 * MAX_UNPACKED).decode("utf-8")
    if len(text) > MAX_UNPACKED:
        raise TooLarge
    return text


def parse(text):
    """Return the values of an upload; ValueError when a line is no reading."""
    values = []
    for line in text.splitlines():
        if line.strip():
            entry = json.loads(line)
            values.append((str(entry["sensor"]), float(entry["value"])))
    return values


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/readings":
            self.reply(404, {"error": "not found"})
            return
        if not 0 < length <= MAX_UPLOAD:
            self.close_connection = True
            self.reply(413, {"error": "at most 100 kB at a time"})
            return
        body = self.rfile.read(length)
        try:
            values = parse(unpack(body))
        except TooLarge:
            self.reply(413, {"error": "at most 1 MB of readings at a time"})
            return
        except (OSError, EOFError, zlib.error):
            self.reply(400, {"error": "this is not gzip"})
            return
        except (ValueError, KeyError, TypeError):
            self.reply(400, {"error": "a line is not a reading"})
            return
        readings.extend(values)
        self.reply(201, {"stored": len(values)})

    def do_GET(self):
        if self.path != "/readings":
            self.reply(404, {"error": "not found"})
            return
        average = sum(value for _, value in readings) / len(readings) if readings else None
        self.reply(200, {"count": len(readings), "average": average})

    def reply(self, status, payload):
        body = json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
