// Reception desk: look up a visitor in the day's log.
import { createServer } from 'node:http';
import { exec } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(exec);
const LOG = 'data/visitors.log';
const MAX_RESULTS = 50;

/**
 * Searches the visitor log for a name or company, ignoring case.
 * grep is much faster than reading the file line by line in JavaScript.
 */
async function findVisitors(term) {
  try {
    // Inside double quotes these three mean something to the shell
    const quoted = term.replace(/["$`]/g, '\\$&');
    // -F: the term is plain text, not a pattern; --: it may begin with a dash
    const { stdout } = await run(`grep -iF -- "${quoted}" ${LOG}`);
    return stdout.split('\n').filter(Boolean).slice(0, MAX_RESULTS);
  } catch (error) {
    if (error.code === 1) return []; // grep found nothing
    throw error;
  }
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
