// Members' area of the rowing club: login with the member code, then back to the page one wanted.
import { createServer } from 'node:http';
import { randomBytes, timingSafeEqual } from 'node:crypto';

const MEMBER_CODE = process.env.MEMBER_CODE;
const HOME = '/club';
const sessions = new Set();

const PAGES = new Map([
  ['/club', 'Welcome back, rower!'],
  ['/club/boats', 'Eights, fours, and one very old single.'],
  ['/club/calendar', 'The regatta is in June.'],
]);

/** Where to send a member after the login. */
function landing(next) {
  return next?.startsWith('/') ? next : HOME;
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`;
}

function loginForm(next) {
  return page(
    'Members only',
    `<form method="post" action="/login">
       <input type="password" name="code" required>
       <input type="hidden" name="next" value="${escapeHtml(next)}">
       <button>Enter</button>
     </form>`,
  );
}

function codeIsRight(given) {
  return given.length === MEMBER_CODE.length && timingSafeEqual(Buffer.from(given), Buffer.from(MEMBER_CODE));
}

function sessionOf(request) {
  const match = /(?:^|;\s*)session=([0-9a-f]{32})/.exec(request.headers.cookie ?? '');
  return match !== null && sessions.has(match[1]);
}

async function readForm(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 4000) throw new RangeError('form too large');
  }
  return new URLSearchParams(body);
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://localhost');

  if (url.pathname === '/login' && request.method === 'GET') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    return response.end(loginForm(url.searchParams.get('next') ?? HOME));
  }

  if (url.pathname === '/login' && request.method === 'POST') {
    const form = await readForm(request);
    if (!codeIsRight(form.get('code') ?? '')) {
      response.writeHead(403, { 'Content-Type': 'text/html; charset=utf-8' });
      return response.end(loginForm(form.get('next') ?? HOME));
    }
    const session = randomBytes(16).toString('hex');
    sessions.add(session);
    response.writeHead(303, { Location: landing(form.get('next')), 'Set-Cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/` });
    return response.end();
  }

  if (PAGES.has(url.pathname)) {
    if (!sessionOf(request)) {
      response.writeHead(303, { Location: `/login?next=${encodeURIComponent(url.pathname + url.search)}` });
      return response.end();
    }
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    return response.end(page(PAGES.get(url.pathname), ''));
  }

  response.writeHead(404);
  return response.end('Not found');
}

const server = createServer((request, response) => {
  handle(request, response).catch(() => response.writeHead(400).end('Bad request'));
});

server.listen(5000, '127.0.0.1');
