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

const refused = new Set();

/** The same definition always has the same text, whatever the order of its keys. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

/**
 * Checks the server's tools when we connect: the ones that the user has approved. A definition is approved as a whole,
 * by its hash; a new or changed one is shown to the user in full before the model sees a word of it.
 */
async function serverTools() {
  const { result } = await runTool('mcp_list', {});
  const approved = loadApprovals();
  const offered = [];
  for (const definition of result ?? []) {
    const print = createHash('sha256').update(canonical(definition)).digest('hex');
    if (approved[definition.name] !== print) {
      if (refused.has(print)) continue;
      const answer = await call('/approve', {
        text: `${SERVER} offers this tool, and it is new or has changed:\n${JSON.stringify(definition, null, 2)}\nUse it?`,
        name: 'use_tool',
        args: { server: SERVER, tool: definition.name, sha256: print },
      });
      if (!answer.approved) {
        refused.add(print);
        continue;
      }
      approved[definition.name] = print;
      saveApprovals(approved);
    }
    offered.push(definition);
  }
  return offered;
}

async function main() {
  const task = await call('/task');
  const own = task.tools.filter((tool) => !tool.name.startsWith('mcp_'));
  const approvedTools = await serverTools();
  const messages = [
    { role: 'system', content: 'You are the office agent. Use the tools to do what the user asks.' },
    { role: 'user', content: task.user },
  ];

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const { result: remote } = approvedTools.length > 0 ? await runTool('mcp_list', {}) : { result: [] };
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
