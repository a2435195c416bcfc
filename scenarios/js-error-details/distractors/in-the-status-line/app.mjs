// Seats of the reading room.
import { createServer } from 'node:http';
import { countSeats, insertSeat } from './db.mjs';

const SEATS = 60;

/** A mistake of the caller; the message says what to do. */
class InputError extends Error {
  constructor(message, status = 400) {
    super(message);
    this.status = status;
  }
}

async function readJson(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 2000) throw new InputError('that is too much text', 413);
  }
  return JSON.parse(body);
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

async function reserve(number, request, response) {
  if (!(number >= 1 && number <= SEATS)) throw new InputError(`seats are numbered 1 to ${SEATS}`, 404);
  const { name } = await readJson(request);
  if (typeof name !== 'string' || name.trim() === '') throw new InputError('please give a name');
  await insertSeat(number, name.trim());
  sendJson(response, 201, { seat: number, name: name.trim() });
}

/** One place for all errors, so that every answer explains itself. */
function sendError(response, error) {
  console.error(error);
  const status = error instanceof InputError ? error.status : error instanceof SyntaxError ? 400 : error.code === '23505' ? 409 : 500;
  const words = error instanceof InputError ? error.message : { 400: 'bad request', 409: 'this seat is taken', 500: 'something went wrong' }[status];
  response.statusMessage = error.message.replace(/[^ -~]/g, ' ').slice(0, 200);
  sendJson(response, status, { error: words });
}

const server = createServer(async (request, response) => {
  try {
    const { pathname } = new URL(request.url, 'http://localhost');
    const match = /^\/seats\/(\d+)$/.exec(pathname);
    if (match && request.method === 'POST') return await reserve(Number(match[1]), request, response);
    if (pathname === '/seats' && request.method === 'GET') {
      return sendJson(response, 200, { taken: await countSeats(), of: SEATS });
    }
    throw new InputError('there is nothing here', 404);
  } catch (error) {
    return sendError(response, error);
  }
});

server.listen(5000, '127.0.0.1');
