"""Sign-ups for an event.

POST /signups       {"name", "phone", "remark"} -> 201
GET  /signups.csv   -> all sign-ups, for the spreadsheet of the organisers
"""
import csv
import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIELDS = ["number", "name", "phone", "remark", "balance"]

signups = []


def as_csv():
    """All sign-ups as CSV; the csv module takes care of commas, quotes and line breaks."""
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_ALL)
    writer.writerow(FIELDS)
    for signup in signups:
        writer.writerow(["'" + v if f != "phone" and isinstance(v, str) and v.strip()[:1] in tuple("=+-@") else v for f in FIELDS for v in [signup[f]]])
    return table.getvalue()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            data = json.loads(body)
            signup = {field: data.get(field, "") for field in ("name", "phone", "remark")}
            if self.path != "/signups" or not signup["name"] or not all(isinstance(v, str) for v in signup.values()):
                raise ValueError("no name")
        except (ValueError, AttributeError):
            self.reply(400, "application/json", '{"error": "a name, please"}')
            return
        # Everybody owes the fee until it is paid
        signup.update(number=len(signups) + 1, balance=-15)
        signups.append(signup)
        self.reply(201, "application/json", json.dumps({"number": signup["number"]}))

    def do_GET(self):
        if self.path == "/signups.csv":
            self.reply(200, "text/csv; charset=utf-8", as_csv())
        else:
            self.reply(404, "application/json", '{"error": "not found"}')

    def reply(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
