// What the scripts share: steps that are reported to the Go test, one JSON
// object a line on standard output, and acts of people and of the world, which
// the Go test carries out.
import assert from 'node:assert/strict';

export const env = process.env;

let failed = false;

// step runs one named check. A failed one is reported and the next still runs,
// so that one disagreement does not hide another.
export async function step(name, check) {
  let error;
  try {
    await within(Promise.resolve().then(check), name, 30_000);
  } catch (e) {
    failed = true;
    error = `${e.stack ?? e}${e.data ? ` ${JSON.stringify(e.data)}` : ''}`;
  }
  process.stdout.write(`${JSON.stringify({ step: name, error })}\n`);
}

// done ends the script, whatever the clients still keep open.
export function done() {
  process.exitCode = failed ? 1 : 0;
  process.stdout.write('', () => process.exit());
}

// act makes the Go test do something and returns what came of it.
export async function act(name, input = {}) {
  const answer = await fetch(`${env.CONTROL}/${name}`, { method: 'POST', body: JSON.stringify(input) });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${name}: ${text}`);
  return JSON.parse(text);
}

// within fails when a promise is not settled in time. The time is there so that
// a lost message fails its own step; nothing is measured by it.
export function within(promise, what, ms = 10_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// once resolves with the next event of that name.
export function once(emitter, name) {
  return within(new Promise((resolve) => emitter.once(name, resolve)), name);
}

// silent keeps a client's own log out of the report. What it says is checked by
// what it does.
export const silent = {
  debug() {}, info() {}, warn() {}, error() {},
  setLevel() {}, getLevel: () => 'error', setName() {},
};
