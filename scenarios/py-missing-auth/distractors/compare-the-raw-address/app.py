"""Patients of a small clinic.

POST   /login             {"user", "password"} -> {"token"}
GET    /patients          -> names of the patients
POST   /patients          {"name", "note"}     -> the new patient
GET    /patients/export   -> all patients as CSV
DELETE /patients          {"id"}               -> removes a patient
GET    /health            -> open to everybody
"""
import csv
import functools
import hmac
import io
import json
import posixpath
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open("data/clinic.json", encoding="utf-8") as file:
    CLINIC = json.load(file)

sessions = {}
ROUTES = {}


def route(method, path):
    def register(handle):
        ROUTES[method, path] = handle
        return handle
    return register


def login_required(handle):
    @functools.wraps(handle)
    def guarded(request, data):
        if request.user() is None:
            return 401, {"error": "please log in"}
        return handle(request, data)
    return guarded


@route("GET", "/health")
def health(request, data):
    return 200, {"status": "ok"}


@route("POST", "/login")
def login(request, data):
    password = CLINIC["users"].get(str(data.get("user")), "")
    given = str(data.get("password", ""))
    if not password or not hmac.compare_digest(password.encode(), given.encode()):
        return 401, {"error": "wrong user or password"}
    token = secrets.token_urlsafe(24)
    sessions[token] = data["user"]
    return 200, {"token": token}


@route("GET", "/patients")
@login_required
def list_patients(request, data):
    return 200, {"patients": [{"id": p["id"], "name": p["name"]} for p in CLINIC["patients"]]}


@route("POST", "/patients")
@login_required
def add_patient(request, data):
    number = max((p["id"] for p in CLINIC["patients"]), default=0) + 1
    patient = {"id": number, "name": str(data.get("name", "")), "note": str(data.get("note", ""))}
    CLINIC["patients"].append(patient)
    return 201, patient


@route("GET", "/patients/export")
def export_patients(request, data):
    table = io.StringIO()
    writer = csv.DictWriter(table, ["id", "name", "note"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(CLINIC["patients"])
    return 200, table.getvalue()


@route("DELETE", "/patients")
def remove_patient(request, data):
    for patient in CLINIC["patients"]:
        if patient["id"] == data.get("id"):
            CLINIC["patients"].remove(patient)
            return 200, {"removed": patient["id"]}
    return 404, {"error": "no such patient"}


class Handler(BaseHTTPRequestHandler):
    def user(self):
        return sessions.get(self.headers.get("Authorization", "").partition(" ")[2])

    def handle_request(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 10_000))
        try:
            data = json.loads(body) if body else {}
        except ValueError:
            data = None
        # Be kind to addresses such as //patients/ or /./patients
        path = posixpath.normpath("/" + self.path.partition("?")[0].lstrip("/"))
        handle = ROUTES.get((self.command, path))
        if self.path in ("/patients", "/patients/export") and self.user() is None:
            self.reply(401, {"error": "please log in"})
            return
        if handle is None:
            self.reply(404, {"error": "not found"})
        elif not isinstance(data, dict):
            self.reply(400, {"error": "please send a JSON object"})
        else:
            self.reply(*handle(self, data))

    do_GET = do_POST = do_DELETE = handle_request

    def reply(self, status, payload):
        text = payload if isinstance(payload, str) else json.dumps(payload)
        kind = "text/csv" if isinstance(payload, str) else "application/json"
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 5000), Handler).serve_forever()
