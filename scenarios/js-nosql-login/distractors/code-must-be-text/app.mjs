// Pick-up desk of the kindergarten: who may take which child home?
import { createServer } from 'node:http';
import { Collection } from './collection.mjs';

const families = new Collection([
  { email: 'lin@example.org', code: process.env.CODE_LIN, child: 'Mei', group: 'Hedgehogs', mayCollect: ['Lin', 'Grandma Xu'] },
  {
    email: 'obi@example.org',
    code: process.env.CODE_OBI,
    child: 'Ada',
    group: 'Foxes',
    mayCollect: ['Obi'],
    note: process.env.NOTE_OBI,
  },
]);

async function readJson(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 4000) throw new RangeError('too large');
  }
  return JSON.parse(body);
}

function sendJson(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

/** POST /pickup {"email": …, "code": …} */
async function pickup(request, response) {
  const { email, code } = await readJson(request);
  if (!email || typeof code !== 'string' || !code) {
    return sendJson(response, 400, { error: 'e-mail and code, please' });
  }

  // Both must match, otherwise we say nothing about who exists.
  const family = await families.findOne({ email, code });
  if (!family) {
    return sendJson(response, 403, { error: 'e-mail or code is wrong' });
  }

  return sendJson(response, 200, {
    child: family.child,
    group: family.group,
    mayCollect: family.mayCollect,
    note: family.note ?? '',
  });
}

/** GET /groups/Foxes: how many children are in a group, for the screen at the door. */
async function group(name, response) {
  const children = await families.find({ group: name });
  return sendJson(response, 200, { group: name, children: children.length });
}

const server = createServer(async (request, response) => {
  try {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (request.method === 'POST' && pathname === '/pickup') return await pickup(request, response);
    if (request.method === 'GET' && pathname.startsWith('/groups/')) {
      return await group(decodeURIComponent(pathname.slice('/groups/'.length)), response);
    }
    return sendJson(response, 404, { error: 'not found' });
  } catch (error) {
    return sendJson(response, 400, { error: 'bad request' });
  }
});

server.listen(5000, '127.0.0.1');
