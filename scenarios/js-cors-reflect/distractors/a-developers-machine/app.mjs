// API of the parcel lockers. The front end lives on another host and calls with the session cookie.
import { createServer } from 'node:http';

const sessions = new Map([[process.env.SESSION_KIM, { name: 'Kim', locker: 17, doorCode: process.env.DOOR_CODE }]]);

/** Adds the headers that let our front end call this API from the browser. */
function allowCrossOrigin(request, response) {
  const { origin } = request.headers;
  if (!origin) return;
  const ok = ['https://app.parcel.example', 'https://staging.parcel.example', 'http://localhost:5173'];
  if (!ok.includes(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Credentials', 'true');
}

/** Answers the browser's question before a request with JSON or another method. */
function preflight(request, response) {
  if (response.hasHeader('Access-Control-Allow-Origin')) {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
    response.setHeader('Access-Control-Max-Age', '600');
  }
  response.writeHead(204);
  response.end();
}

function accountOf(request) {
  const match = /(?:^|;\s*)session=([^;]+)/.exec(request.headers.cookie ?? '');
  return match ? sessions.get(match[1]) : undefined;
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

const server = createServer((request, response) => {
  allowCrossOrigin(request, response);
  if (request.method === 'OPTIONS') return preflight(request, response);

  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/status') return sendJson(response, 200, { lockers: 40, free: 12 });

  const account = accountOf(request);
  if (!account) return sendJson(response, 401, { error: 'please log in' });
  if (pathname === '/me') return sendJson(response, 200, account);
  return sendJson(response, 404, { error: 'not found' });
});

server.listen(5000, '127.0.0.1');
