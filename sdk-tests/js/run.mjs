// Runs the suite: one fresh server for all test files, started and stopped here.
//
// `node run.mjs [test file…]`; fails when a test fails or when the server reports a fault of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Certificate } from './support/certificate.mjs';
import { CREDENTIALS, Parlor, findBinary } from './support/parlor.mjs';

/** Files that run side by side; more than cores, because they mostly wait for the server. */
const CONCURRENCY = 4;

// The options of Node's test runner came one by one, and to two majors.
const node = process.versions.node.split('.').map(Number);
const since = (major, minor) => node[0] > major || (node[0] === major && node[1] >= minor);
const options = [
  ...(since(18, 15) ? ['--test-reporter=spec'] : []),
  ...((node[0] === 18 ? since(18, 19) : since(20, 10)) ? [`--test-concurrency=${CONCURRENCY}`] : []),
];

const here = fileURLToPath(new URL('.', import.meta.url));
const named = process.argv.slice(2);
const files = named.length
  ? named
  : readdirSync(new URL('test/', import.meta.url))
      .filter((name) => name.endsWith('.test.mjs'))
      .sort()
      .map((name) => `test/${name}`);

const certificate = await Certificate.make();
const parlor = await Parlor.start({ certificate });
console.log(`parlor ${findBinary()} is ready at ${parlor.url}`);

const tests = spawn(process.execPath, ['--test', ...options, ...files], {
  cwd: here,
  stdio: 'inherit',
  env: {
    ...process.env,
    SUITE_SERVER: parlor.url,
    SUITE_ENCRYPTED_SERVER: parlor.encryptedUrl,
    NODE_EXTRA_CA_CERTS: certificate.file,
    SUITE_APP_ID: CREDENTIALS.appId,
    SUITE_APP_KEY: CREDENTIALS.appKey,
  },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tests.kill(signal));

const [code] = await once(tests, 'exit');
process.exitCode = code ?? 1;
// What clients do wrong is theirs; the server reports faults of its own as errors.
const faults = parlor.output.split('\n').filter((line) => / ERROR |panicked at/.test(line));
if (faults.length) {
  console.log('the server reported faults of its own:');
  console.log(faults.join('\n'));
  process.exitCode = 1;
} else if (process.exitCode !== 0) {
  console.log('last lines of the server:');
  console.log(parlor.output.split('\n').slice(-40).join('\n'));
}
await parlor.stop();
await certificate.remove();
