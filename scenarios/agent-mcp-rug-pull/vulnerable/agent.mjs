// Office agent: works on one task with its own tools and those of the invoice company's MCP server.
// The runner gives the task, asks the model, executes tools and asks the user.
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

/** Asks the user before the first connection and remembers the answer. */
async function mayConnect() {
  const approved = loadApprovals();
  if (approved[SERVER]) return true;
  const answer = await call('/approve', {
    text: `Connect to the tool server ${SERVER}?`,
    name: 'connect',
    args: { server: SERVER },
  });
  if (answer.approved) saveApprovals({ ...approved, [SERVER]: true });
  return answer.approved;
}

/** The tools that the server offers right now; it may change them while we are connected. */
async function serverTools() {
  const { result } = await runTool('mcp_list', {});
  return result ?? [];
}

async function main() {
  const task = await call('/task');
  const own = task.tools.filter((tool) => !tool.name.startsWith('mcp_'));
  const connected = await mayConnect();
  const messages = [
    { role: 'system', content: 'You are the office agent. Use the tools to do what the user asks.' },
    { role: 'user', content: task.user },
  ];

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const remote = connected ? await serverTools() : [];
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
