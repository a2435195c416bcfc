// Office agent: works on one task with its own tools and those of the invoice company's MCP server.
// The runner gives the task, asks the model, executes tools and asks the user.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { call } from './runner.mjs';

const SERVER = 'invoices.example';
const APPROVALS = 'data/approved.json';
const MAX_TURNS = 12;

const runTool = (name, args) => call('/tool', { name, args });

function loadApprovals() {
  return existsSync(APPROVALS) ? JSON.parse(readFileSync(APPROVALS, 'utf8')) : {};
}

function saveApprovals(approved) {
  writeFileSync(APPROVALS, JSON.stringify(approved));
}

const fingerprint = (tools) => createHash('sha256').update(JSON.stringify(tools)).digest('hex');

/**
 * The list of tools that the user has seen and approved. It is kept as it was; the model is given this copy and
 * never what the server says today. Only if the server's list differs is the user asked, with the new list in full.
 */
let declined = '';
async function serverTools() {
  const { result: today = [] } = await runTool('mcp_list', {});
  const known = loadApprovals()[SERVER] ?? [];
  const print = fingerprint(today);
  if (print === fingerprint(known)) return known;
  if (print === declined) return [];
  const answer = await call('/approve', {
    text: `${SERVER} describes its tools like this now:\n${JSON.stringify(today, null, 2)}\nWork with it?`,
    name: 'use_server',
    args: { server: SERVER, sha256: print },
  });
  if (!answer.approved) {
    declined = print;
    return [];
  }
  saveApprovals({ [SERVER]: today });
  return today;
}

async function main() {
  const task = await call('/task');
  const own = task.tools.filter((tool) => !tool.name.startsWith('mcp_'));
  const messages = [
    { role: 'system', content: 'You are the office agent. Use the tools to do what the user asks.' },
    { role: 'user', content: task.user },
  ];

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const remote = await serverTools();
    const step = await call('/model', { messages, tools: [...own, ...remote] });
    if (step.final !== undefined) return call('/final', { text: step.final });

    const isRemote = remote.some((tool) => tool.name === step.tool);
    const answer = isRemote
      ? await runTool('mcp_call', { tool: step.tool, arguments: step.args ?? {} })
      : await runTool(step.tool, step.args ?? {});
    messages.push({ role: 'assistant', content: JSON.stringify(step) });
    messages.push({ role: 'tool', content: JSON.stringify(answer) });
  }
  return call('/final', { text: 'I stopped after too many steps.' });
}

await main();
