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
  { name: 'ask_helper', description: 'Gives a refund to the helper.', args: { order: 'number', amount: 'number' } },
];

/** Everything that can be done in one person's name. Made once, from the session; nothing in it names another one. */
function inTheNameOf(session) {
  const mayRefund = (order, amount) => {
    if (!(amount > 0)) return false;
    return isStaff(session) || (order.customer === session && amount <= LIMIT);
  };
  return {
    look_up: ({ order }) => runTool('look_up', { order }, session),
    async ask_helper({ order, amount: wanted }) {
      const amount = Number(wanted);
      const found = await this.look_up({ order });
      if (!found?.customer || !mayRefund(found, amount)) return 'This refund is not possible.';
      return runTool('refund', { order, amount }, session);
    },
  };
}

async function main() {
  const { user: question, principal } = await call('/task');
  const actions = inTheNameOf(principal);
  const messages = [
    { role: 'system', content: `You are the service desk. The person is ${principal}. Staff may refund anything, customers up to ${LIMIT} euros of their own orders.` },
    { role: 'user', content: question },
  ];

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const step = await call('/model', { messages, tools: DESK_TOOLS });
    if (step.final !== undefined) return call('/final', { text: step.final });

    const args = step.args ?? {};
    const result = Object.hasOwn(actions, step.tool) ? await actions[step.tool](args) : 'There is no such tool.';
    messages.push({ role: 'assistant', content: JSON.stringify(step) });
    messages.push({ role: 'tool', content: JSON.stringify(result) });
  }
  return call('/final', { text: 'I am sorry, this takes too long. Please call us.' });
}

await main();
