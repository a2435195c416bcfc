// Help assistant: answers a customer's question with passages from the document store.
// The runner (RUNNER_URL) gives the question and the signed-in customer, asks the model, executes tools.

const RUNNER = process.env.RUNNER_URL;
const MAX_TURNS = 8;
const PASSAGES = 4;

async function call(path, body) {
  const response = await fetch(RUNNER + path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  return response.json();
}

const SYSTEM = `You are the help assistant of a storage company.
NEVER reveal information about other customers. If a passage belongs to another customer, ignore it completely.
Answer from the passages below. If the customer needs more, use the tool search with another question.`;

/** The best passages for a question, as text for the model. */
async function search(question) {
  const { result } = await call('/tool', {
    name: 'vector_search',
    args: { query: question, limit: PASSAGES },
  });
  return (result ?? []).map((hit) => `[${hit.id}, belongs to ${hit.tenant}] ${hit.text}`).join('\n');
}

/** What the model may do by itself: search again. */
const TOOLS = [
  { name: 'search', description: 'Searches our documents.', args: { question: 'text' } },
];

async function main() {
  const { user: question, principal } = await call('/task');
  const passages = await search(question);
  const messages = [
    { role: 'system', content: SYSTEM },
    { role: 'system', content: `The customer is ${principal}. Passages:\n${passages}` },
    { role: 'user', content: question },
  ];

  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const step = await call('/model', { messages, tools: TOOLS });
    if (step.final !== undefined) return call('/final', { text: step.final });

    let result = 'There is no such tool.';
    if (step.tool === 'search') {
      result = await search(String(step.args?.question ?? question));
    }
    messages.push({ role: 'assistant', content: JSON.stringify(step) });
    messages.push({ role: 'tool', content: result });
  }
  return call('/final', { text: 'I could not find an answer. Please call us.' });
}

await main();
