# A mutant of any HTTP program: answers every request with one status. Functional tests must reject it.
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, STATUS = int(sys.argv[1]), int(sys.argv[2])


class Handler(BaseHTTPRequestHandler):
    def serve(self):
        self.send_response(STATUS)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = serve

    def log_message(self, *ignored):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
