// Service desk of a shop: a desk agent talks to the person, a helper agent does refunds.
// The runner gives the question and the signed-in person, asks the models, executes tools.
import { call } from './runner.mjs';

const MAX_TURNS = 8;
const LIMIT = 20;

/** Runs a tool in somebody's name. The tool layer books it under this principal. */
async function runTool(name, args, principal) {
  const answer = await call('/tool', { name, args, principal });
  return answer.error ?? answer.result;
}

const isStaff = (principal) => principal.startsWith('staff:');

const DESK_TOOLS = [
  { name: 'look_up', description: 'Shows an order.', args: { order: 'number' } },
  { name: 'ask_helper', description: 'Gives a refund to the helper.', args: { order: 'number', amount: 'number', on_behalf_of: 'who is asking' } },
];

/** The helper: checks what the person may do, then refunds. */
async function helper({ order, amount, on_behalf_of: name }, principal) {
  const found = await runTool('look_up', { order }, principal);
  if (!found?.customer) return 'There is no such order.';
  if (!isStaff(principal) && (found.customer !== principal || amount > LIMIT)) {
    return `${principal} may not refund this.`;
  }
  return runTool('refund', { order, amount }, name ?? principal);
}

async function main() {
  const { user: question, principal } = await call('/task');
  const messages = [
    { role: 'system', content: `You are the service desk. The person is ${principal}. Staff may refund anything, customers up to ${LIMIT} euros of their own orders.` },
    { role: 'user', content: question },
  ];

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const step = await call('/model', { messages, tools: DESK_TOOLS });
    if (step.final !== undefined) return call('/final', { text: step.final });

    const args = step.args ?? {};
    let result = 'There is no such tool.';
    if (step.tool === 'look_up') result = await runTool('look_up', { order: args.order }, principal);
    if (step.tool === 'ask_helper') result = await helper(args, principal);
    messages.push({ role: 'assistant', content: JSON.stringify(step) });
    messages.push({ role: 'tool', content: JSON.stringify(result) });
  }
  return call('/final', { text: 'I am sorry, this takes too long. Please call us.' });
}

await main();
