// Reception desk: look up a visitor in the day's log.
import { createServer } from 'node:http';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const LOG = 'data/visitors.log';
const MAX_RESULTS = 50;

/**
 * Searches the visitor log for a name or company, ignoring case.
 * The file is streamed, so its size does not matter, and no other program is involved.
 */
async function findVisitors(term) {
  const wanted = term.toLowerCase();
  const found = [];
  for await (const line of createInterface({ input: createReadStream(LOG), crlfDelay: Infinity })) {
    if (line.toLowerCase().includes(wanted)) found.push(line);
    if (found.length === MAX_RESULTS) break;
  }
  return found;
}

/** "09:10;Ann Chovy;Fishworks" -> { time, name, company } */
function parseLine(line) {
  const [time, name, company] = line.split(';');
  return { time, name, company };
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (request.method !== 'GET' || url.pathname !== '/visitors') {
    return sendJson(response, 404, { error: 'not found' });
  }

  const term = (url.searchParams.get('q') ?? '').trim();
  if (term.length < 2) return sendJson(response, 400, { error: 'type at least two letters' });
  if (term.length > 200) return sendJson(response, 400, { error: 'that is a long name' });

  try {
    const lines = await findVisitors(term);
    return sendJson(response, 200, { count: lines.length, visitors: lines.map(parseLine) });
  } catch (error) {
    console.error('search failed:', error.message);
    return sendJson(response, 500, { error: 'search failed' });
  }
});

server.listen(5000, '127.0.0.1');
