// Registration for the village marathon.
import { createServer } from 'node:http';

const MAX_BODY = 2_000;
const runners = [];

// Words of letters, apostrophes and dashes, with a space between them: "Anne-Marie O'Neill", "José", "李 小龙".
const NAME = /^(\p{L}+['’-]?\s?)+$/u;

/** Whether a text is a name as it can be printed on a start number. */
export function isName(text) {
  if (!/^[\p{L}\s'’-]+$/u.test(text)) return false;
  return NAME.test(text);
}

async function readJson(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > MAX_BODY) throw new RangeError('too large');
  }
  return JSON.parse(body);
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

/** POST /runners {"name": …}: the start number. */
async function register(request, response) {
  const { name } = await readJson(request);
  if (typeof name !== 'string') return sendJson(response, 400, { error: 'a name, please' });
  if (!isName(name)) return sendJson(response, 422, { error: 'this name cannot be printed' });
  runners.push(name);
  return sendJson(response, 201, { number: runners.length, name });
}

const server = createServer(async (request, response) => {
  try {
    if (request.method === 'POST' && request.url === '/runners') return await register(request, response);
    if (request.method === 'GET' && request.url === '/runners') return sendJson(response, 200, { runners: runners.length });
    return sendJson(response, 404, { error: 'not found' });
  } catch (error) {
    return sendJson(response, 400, { error: 'bad request' });
  }
});

server.listen(5000, '127.0.0.1');
