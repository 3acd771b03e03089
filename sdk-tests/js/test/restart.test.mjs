// A server of its own that is killed: clients come back by themselves, nothing acked is lost.

import assert from 'node:assert/strict';
import test from 'node:test';

import { EventLog, calls } from '../support/events.mjs';
import { Parlor } from '../support/parlor.mjs';
import { Stage, startConversation } from '../support/stage.mjs';

test('clients survive kill -9 of the server and every acked message is kept once', { timeout: 300_000 }, async () => {
  const parlor = await Parlor.start();
  const stage = new Stage();
  try {
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map((name) => stage.login(name, { server: parlor.url })),
    );
    const revokes = [alice, bob].map(({ client }) => calls(client._sessionManager, 'revoke'));
    const reconnects = [alice, bob].map(({ client, sdk }) => EventLog.of(client, sdk.Event.RECONNECT));
    const conversation = await startConversation(alice, [bob], { name: 'durable' });
    const acked = [];
    const { messages } = bob;

    for (let round = 1; round <= 2; round += 1) {
      for (let count = 0; count < 5; count += 1) {
        acked.push((await conversation.send(alice.text(`round ${round}, message ${count}`))).id);
      }
      await parlor.kill();
      await parlor.restart();
      await Promise.all(reconnects.map((log) => log.atLeast(round)));
    }

    for (const log of revokes) assert.deepEqual(log.entries, [], 'tokens hold across restarts');
    assert.deepEqual(new Set(await alice.client.ping([alice.id, bob.id])), new Set([alice.id, bob.id]));
    const last = await conversation.send(alice.text('after'));
    acked.push(last.id);
    await messages.first(({ id }) => id === last.id);

    const theirs = await bob.client.getConversation(conversation.id, true);
    assert.equal(theirs.name, 'durable');
    assert.deepEqual(new Set(theirs.members), new Set([alice.id, bob.id]));
    const history = await theirs.queryMessages({ limit: 100 });
    assert.deepEqual(history.map(({ id }) => id), acked);
  } finally {
    await stage.close();
    await parlor.stop();
  }
});
