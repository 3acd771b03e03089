// The newcomer's script of the README, byte for byte, in a folder as the README tells to make it.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { SUITE } from '../support/stage.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the two clients of the README chat and the script ends', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parlor-hello-'));
  try {
    await copyFile(at('../../../docs/examples/two-clients.mjs'), join(folder, 'two-clients.mjs'));
    await symlink(at('../node_modules'), join(folder, 'node_modules'));
    const run = () =>
      promisify(execFile)(process.execPath, ['two-clients.mjs'], {
        cwd: folder,
        env: { ...process.env, SERVER: SUITE.server, APP_ID: SUITE.appId, APP_KEY: SUITE.appKey },
      });

    const first = await run();
    // The SDK looks up a new conversation once for two notifications and says so.
    const complaints = first.stderr.split('\n').filter((line) => line && !line.startsWith('Duplicated command'));
    assert.deepEqual(complaints, []);
    assert.match(first.stdout, /^Bob is invited to "Tea at five" by Alice$/m);
    assert.match(first.stdout, /^Alice sent message [\w-]{22} to conversation [0-9a-f]{24}$/m);
    assert.match(first.stdout, /^Bob reads from Alice: Hello, Bob!$/m);
    assert.match(first.stdout, /^Alice reads from Bob: Hello, Alice!$/m);
    assert.match(first.stdout, / {2}history \| Alice: Hello, Bob!\n {2}history \| Bob: Hello, Alice!\n$/);

    const second = await run();
    assert.equal(second.stdout.match(/history \|/g).length, 4, 'a second run goes on in the same conversation');
  } finally {
    await rm(folder, { recursive: true });
  }
});
