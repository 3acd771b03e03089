// A server of its own that is restarted in order: clients are asked to go and come back.

import assert from 'node:assert/strict';
import test from 'node:test';

import { calls, next } from '../support/events.mjs';
import { Parlor } from '../support/parlor.mjs';
import { Stage, fence, startConversation } from '../support/stage.mjs';

test('W54 clients leave when the server says goaway, come back, and lose nothing', { timeout: 300_000 }, async () => {
  const parlor = await Parlor.start();
  const stage = new Stage();
  try {
    const device = stage.device({ server: parlor.url });
    const [alice, carol] = [await device.login('alice'), await device.login('carol')];
    const bob = await stage.login('bob', { server: parlor.url });
    const conversation = await startConversation(alice, [bob, carol]);
    await fence(alice, conversation, bob, carol);
    const revokes = [alice, bob, carol].map(({ client }) => calls(client._sessionManager, 'revoke'));
    const { CommandType } = alice.sdk.Protocols;
    const frames = device.frames();
    const routes = calls(device.realtime.constructor, '_fetchRTMServers');
    const reconnected = [alice, bob, carol].map(({ client, sdk }) => next(client, sdk.Event.RECONNECT));

    const terminated = parlor.terminate();
    const [goaway] = await frames.first(({ cmd }) => cmd === CommandType.goaway);
    assert.equal(goaway.i, null);
    assert.equal(goaway.peerId, alice.id, 'the first client of the socket');
    await routes.first();
    await terminated;
    await parlor.restart();
    await Promise.all(reconnected);

    for (const log of revokes) assert.deepEqual(log.entries, [], 'tokens hold');
    const everybody = [alice.id, bob.id, carol.id];
    assert.deepEqual(new Set(await bob.client.ping(everybody)), new Set(everybody));
    await fence(alice, conversation, bob, carol);
    const theirs = await bob.client.getConversation(conversation.id);
    assert.equal((await theirs.queryMessages()).length, 2);
  } finally {
    await stage.close();
    await parlor.stop();
  }
});
