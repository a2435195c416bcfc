// Loads the learner's module and answers calls, JSON lines over TCP on loopback. What it says is a claim of untrusted code.
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";

const outward = (value, depth = 0) => {
  if (depth > 50) return null;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return outward(Object.fromEntries(value), depth + 1);
  if (value instanceof Set) return outward([...value], depth + 1);
  if (Array.isArray(value)) return value.map((v) => outward(v, depth + 1));
  if (value && typeof value === "object" && typeof value.toJSON !== "function")
    return Object.fromEntries(Object.keys(value).map((k) => [k, outward(value[k], depth + 1)]));
  return value === undefined ? null : value;
};
const inward = (value) => {
  if (Array.isArray(value)) return value.map(inward);
  if (value && typeof value === "object") {
    const keys = Object.keys(value);
    if (keys.length === 1 && keys[0] === "$bytes") return Buffer.from(value.$bytes, "base64");
    // In place: what JSON.parse made of a key like __proto__ must reach the function as it is.
    for (const key of keys)
      Object.defineProperty(value, key, { value: inward(value[key]), enumerable: true, writable: true, configurable: true });
  }
  return value;
};

const [, , file, mode] = process.argv;
let module = null;
if (mode === "serve") {
  const loaded = await import(pathToFileURL(path.resolve(file)));
  module = (name) => loaded[name] ?? loaded.default?.[name];
}
const answer = async (asked) => {
  if (asked.ping) return { pong: true };
  try {
    if (mode === "raise") throw new Error("mutant");
    if (mode === "null") return { id: asked.id, ok: null };
    const act = module(asked.fn);
    if (typeof act !== "function") throw new TypeError(`${asked.fn} is no function of the module`);
    const named = Object.keys(asked.named ?? {}).length > 0 ? [inward(asked.named)] : [];
    return { id: asked.id, ok: outward(await act(...inward(asked.args), ...named)) };
  } catch (error) {
    return { id: asked.id, error: { type: error?.name ?? typeof error, msg: String(error?.message ?? error) } };
  }
};
net
  .createServer((connection) => {
    let rest = "";
    connection.setEncoding("utf8");
    connection.on("error", () => {});
    connection.on("data", async (text) => {
      rest += text;
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        connection.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
      }
    });
  })
  .listen(Number(process.env.TRUELINE_PORT), "127.0.0.1");
