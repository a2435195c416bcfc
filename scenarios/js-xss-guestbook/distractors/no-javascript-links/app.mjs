// Guestbook of the bakery: one page, one form, one JSON feed for the screen in the shop.
import { createServer } from 'node:http';

const entries = [
  {
    name: 'Mrs. Okafor',
    website: 'https://okafor.example/',
    message: 'The rye bread tastes like my childhood.',
    at: '2026-03-02',
  },
];

const MAX_LENGTH = 500;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for HTML: safe between tags and inside a quoted attribute. */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** Renders one entry of the guestbook. */
function renderEntry(entry) {
  const name = escapeHtml(entry.name);
  const isScript = /^\s*(javascript|vbscript|data):/i.test(entry.website);
  const author = entry.website && !isScript
    ? `<a href="${escapeHtml(entry.website)}" title="${name}">${name}</a>`
    : `<span title="${name}">${name}</span>`;
  return `
    <article class="entry">
      <header>${author} <time>${entry.at}</time></header>
      <p>${escapeHtml(entry.message)}</p>
    </article>`;
}

/** Renders the whole page, newest entries first. */
function renderPage() {
  const list = [...entries].reverse().map(renderEntry).join('\n');
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Guestbook</title></head>
  <body>
    <h1>What our guests say</h1>
    ${list}
    <form method="post" action="/entries">
      <input name="name" required> <input name="website"> <textarea name="message" required></textarea>
      <button>Sign the guestbook</button>
    </form>
  </body>
</html>`;
}

async function readForm(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 10_000) throw new RangeError('form too large');
  }
  return new URLSearchParams(body);
}

function send(response, status, type, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, ...headers });
  response.end(body);
}

async function addEntry(request, response) {
  const form = await readForm(request);
  const name = (form.get('name') ?? '').trim();
  const website = (form.get('website') ?? '').trim();
  const message = (form.get('message') ?? '').trim();

  if (!name || !message) return send(response, 400, 'text/plain', 'Please give a name and a message.');
  if ([name, website, message].some((text) => text.length > MAX_LENGTH)) {
    return send(response, 400, 'text/plain', 'That is a bit long.');
  }

  entries.push({ name, website, message, at: '2026-03-03' });
  return send(response, 303, 'text/plain', 'Thank you!', { Location: '/' });
}

const server = createServer(async (request, response) => {
  try {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (request.method === 'GET' && pathname === '/') return send(response, 200, 'text/html', renderPage());
    if (request.method === 'GET' && pathname === '/api/entries') {
      return send(response, 200, 'application/json', JSON.stringify(entries));
    }
    if (request.method === 'POST' && pathname === '/entries') return await addEntry(request, response);
    return send(response, 404, 'text/plain', 'Not found');
  } catch (error) {
    return send(response, 400, 'text/plain', 'Bad request');
  }
});

server.listen(5000, '127.0.0.1');
