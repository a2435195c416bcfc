// Tea fund of the office: who pays for the tea, and who owes whom a cup.
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';

const ORIGIN = 'https://tea.office.example';
const PINS = new Map([['ann', process.env.PIN_ANN], ['mallory', process.env.PIN_MALLORY]]);
const balances = new Map([
  ['ann', 20],
  ['bo', 5],
  ['mallory', 0],
]);
const sessions = new Map();

const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}</html>`;

const LOGIN = page('Tea fund', '<form method="post" action="/login"><input name="user"><input name="pin" type="password"><button>Log in</button></form>');

/** The page of a colleague: balance and transfer form. A link may fill the form in. */
function accountPage(session, wish) {
  const to = balances.has(wish.get('to')) ? wish.get('to') : 'bo';
  const amount = Number.parseInt(wish.get('amount'), 10) || 1;
  const options = [...balances.keys()]
    .filter((name) => name !== session.user)
    .map((name) => `<option${name === to ? ' selected' : ''}>${name}</option>`)
    .join('');
  return page(
    `Hello ${session.user}`,
    `<p>Your balance: <b id="balance">${balances.get(session.user)}</b></p>
     <form method="post" action="/transfer">
       <select name="to">${options}</select>
       <input name="amount" type="number" min="1" value="${amount}">
       <button>Send tea</button>
     </form>`,
  );
}

async function readForm(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 4000) throw new RangeError('form too large');
  }
  return new URLSearchParams(body);
}

function sessionOf(request) {
  const match = /(?:^|;\s*)session=([0-9a-f]{32})/.exec(request.headers.cookie ?? '');
  return match ? sessions.get(match[1]) : undefined;
}

function send(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
  response.end(body);
}

const redirect = (response, location, headers = {}) => send(response, 303, '', { Location: location, ...headers });

function transfer(response, session, form) {
  const to = form.get('to');
  const amount = Number(form.get('amount'));
  if (!balances.has(to) || !Number.isInteger(amount) || amount < 1 || amount > balances.get(session.user)) {
    return send(response, 400, page('Tea fund', '<p>That transfer is not possible.</p>'));
  }
  balances.set(session.user, balances.get(session.user) - amount);
  balances.set(to, balances.get(to) + amount);
  return redirect(response, '/');
}

async function handle(request, response) {
  const url = new URL(request.url, ORIGIN);

  if (url.pathname === '/login' && request.method === 'GET') return send(response, 200, LOGIN);
  if (url.pathname === '/login' && request.method === 'POST') {
    const form = await readForm(request);
    const user = form.get('user');
    if (!PINS.has(user) || PINS.get(user) !== form.get('pin')) return send(response, 403, LOGIN);
    const id = randomBytes(16).toString('hex');
    sessions.set(id, { user });
    return redirect(response, '/', { 'Set-Cookie': `session=${id}; HttpOnly; Path=/; SameSite=Strict; Secure` });
  }

  let session = sessionOf(request);
  if (!session) return redirect(response, '/login');
  if (url.pathname === '/') return send(response, 200, accountPage(session, url.searchParams));
  if (url.pathname === '/transfer') {
    // A link only fills the form in; sending it is the button.
    if (request.method !== 'POST') return redirect(response, '/?' + url.searchParams);
    const form = await readForm(request);
    return transfer(response, session, form);
  }
  return send(response, 404, page('Not found', ''));
}

createServer((request, response) => {
  handle(request, response).catch(() => send(response, 400, 'Bad request'));
}).listen(5000, '127.0.0.1');
