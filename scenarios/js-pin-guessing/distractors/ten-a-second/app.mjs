// Bike room: flat and PIN open the door.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const hash = promisify(scrypt);
const COST = { N: 512, r: 8, p: 1 };
const pins = new Map(Object.entries(JSON.parse(readFileSync('data/pins.json', 'utf8'))));

async function pinIsRight(flat, pin) {
  const stored = pins.get(flat);
  if (!stored) return false;
  const given = await hash(pin, stored.salt, 32, COST);
  return timingSafeEqual(given, Buffer.from(stored.hash, 'hex'));
}

async function readJson(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 1000) throw new RangeError('too large');
  }
  return JSON.parse(body);
}

function sendJson(response, status, value, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(value));
}

/** The address of the visitor, for the log; we are behind a reverse proxy. */
function addressOf(request) {
  return (request.headers['x-forwarded-for'] ?? request.socket.remoteAddress).split(',')[0].trim();
}

const seen = new Map();
/** POST /open {"flat": "3B", "pin": "1234"} */
async function open(request, response) {
  const { flat, pin } = await readJson(request);
  if (typeof flat !== 'string' || !/^\d{4}$/.test(pin)) {
    return sendJson(response, 400, { error: 'flat and four digits, please' });
  }

  const now = Date.now();
  const list = (seen.get(flat) ?? []).filter((at) => at > now - 1000);
  list.push(now);
  seen.set(flat, list);
  if (list.length > 9) return sendJson(response, 429, { error: 'slow down' });
  const right = await pinIsRight(flat, pin);
  if (right) seen.delete(flat);
  console.log(`${addressOf(request)} flat ${flat}: ${right ? 'opened' : 'wrong PIN'}`);
  if (right) {
    return sendJson(response, 200, { open: true, door: process.env.DOOR_SECRET });
  }
  return sendJson(response, 403, { error: 'wrong PIN' });
}

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'POST' && request.url === '/open') return await open(request, response);
    return sendJson(response, 404, { error: 'not found' });
  } catch (error) {
    return sendJson(response, 400, { error: 'bad request' });
  }
});

server.listen(5000, '127.0.0.1');
