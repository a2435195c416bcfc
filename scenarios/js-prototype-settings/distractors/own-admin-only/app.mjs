// Settings service: every user has a nested settings object, and may change a part of it.
import { createServer } from 'node:http';

// Sessions come from the login service; here they are a table.
const accounts = new Map([
  [process.env.ANN_TOKEN, { name: 'ann' }],
  [process.env.MALLORY_TOKEN, { name: 'mallory' }],
  [process.env.ROOT_TOKEN, { name: 'root', admin: true }],
]);

const DEFAULTS = {
  theme: { mode: 'light', colours: { accent: 'blue' } },
  mail: { digest: 'weekly' },
};

const settings = new Map();

function settingsOf(account) {
  if (!settings.has(account.name)) settings.set(account.name, structuredClone(DEFAULTS));
  return settings.get(account.name);
}

function isObject(value) {
  return value !== null && (typeof value === 'object' || typeof value === 'function') && !Array.isArray(value);
}

/** Deep-merges `patch` into `target`: objects are merged, everything else replaces. */
function merge(target, patch) {
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (isObject(value)) {
      if (!isObject(target[key])) target[key] = {};
      merge(target[key], value);
    } else {
      target[key] = value;
    }
  }
  return target;
}

async function readJson(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 20_000) throw new RangeError('too large');
  }
  return JSON.parse(body);
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

async function handle(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const account = accounts.get(token);
  if (!account) return sendJson(response, 401, { error: 'please log in' });

  if (pathname === '/settings' && request.method === 'GET') {
    return sendJson(response, 200, settingsOf(account));
  }

  if (pathname === '/settings' && request.method === 'PATCH') {
    const patch = await readJson(request);
    if (!isObject(patch)) return sendJson(response, 400, { error: 'send an object' });
    return sendJson(response, 200, merge(settingsOf(account), patch));
  }

  if (pathname === '/admin/export' && request.method === 'GET') {
    if (!Object.hasOwn(account, 'admin')) return sendJson(response, 403, { error: 'administrators only' });
    return sendJson(response, 200, { apiKey: process.env.API_KEY, users: [...settings.keys()] });
  }

  return sendJson(response, 404, { error: 'not found' });
}

const server = createServer((request, response) => {
  handle(request, response).catch(() => sendJson(response, 400, { error: 'bad request' }));
});

server.listen(5000, '127.0.0.1');
