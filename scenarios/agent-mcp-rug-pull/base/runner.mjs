// The world around the agents: who asks, the model, the tools. You need not change this file.
// Every call goes to the runner, which also writes down what happened.
import { request } from 'node:http';

/** The runner's answer to GET (without a body) or POST (with one). */
export function call(path, body) {
  return new Promise((resolve, reject) => {
    const asked = request(process.env.RUNNER_URL + path, { method: body === undefined ? 'GET' : 'POST' }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
